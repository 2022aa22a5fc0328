#include "cli/help.h"

/* ---- bash -------------------------------------------------------------------------------------------------------- */

static void put_words(struct strbuf *b, const char *choices)
{
    for (; *choices; choices++)
        strbuf_addc(b, *choices == '|' ? ' ' : *choices);
}

static void put_command_names(struct strbuf *b)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        strbuf_addf(b, "%s%s", c > COMMAND_NONE + 1 ? " " : "", command_table[c].name);
}

static void put_option_names(struct strbuf *b, enum command command, bool global)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (option_is_global(&option_table[i]) == global && (global || option_serves(&option_table[i], command)))
            strbuf_addf(b, " --%s", option_table[i].name);
}

/* What follows an option: a file, one of some words, or anything. */
static void put_bash_values(struct strbuf *b)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct option_info *info = &option_table[i];
        if (info->type == OPTION_FLAG)
            continue;
        strbuf_addf(b, "    --%s", info->name);
        if (info->letter)
            strbuf_addf(b, " | -%c", info->letter);
        strbuf_addz(b, ") COMPREPLY=(");
        if (info->type == OPTION_CHOICE) {
            strbuf_addz(b, "$(compgen -W '");
            put_words(b, info->argument);
            strbuf_addz(b, "' -- \"$word\")");
        } else if (info->type == OPTION_PATH)
            strbuf_addz(b, "$(compgen -f -- \"$word\")");
        strbuf_addz(b, "); return ;;\n");
    }
}

static void put_bash(struct strbuf *b)
{
    strbuf_addz(b, "# bash completion for pawl, made by `pawl completion bash`\n_pawl()\n{\n"
                   "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
                   "    COMPREPLY=()\n    case $before in\n");
    put_bash_values(b);
    strbuf_addz(b, "    esac\n    for ((i = 1; i < COMP_CWORD; i++)); do\n        case ${COMP_WORDS[i]} in\n        ");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        strbuf_addf(b, "%s%s", c > COMMAND_NONE + 1 ? " | " : "", command_table[c].name);
    strbuf_addz(b, ") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n    local options='");
    put_option_names(b, COMMAND_NONE, true);
    strbuf_addz(b, "' words=\n    case $command in\n    '') words='");
    put_command_names(b);
    strbuf_addz(b, "' ;;\n");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "    %s) options+='", command_table[c].name);
        put_option_names(b, (enum command)c, false);
        strbuf_addz(b, "'");
        if (c == COMMAND_HELP) {
            strbuf_addz(b, "; words='");
            put_command_names(b);
            strbuf_addz(b, "'");
        }
        if (c == COMMAND_COMPLETION)
            strbuf_addz(b, "; words='bash zsh fish'");
        strbuf_addz(b, " ;;\n");
    }
    strbuf_addz(
        b, "    esac\n    if [[ $word == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
           "    else\n        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n    fi\n}\n"
           "complete -F _pawl pawl\n");
}

/* ---- zsh --------------------------------------------------------------------------------------------------------- */

/* Inside '...' of a shell, and inside zsh's [...] and :...: fields. */
static void put_quoted(struct strbuf *b, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_addz(b, "'\\''");
        else {
            if (strchr(special, *text))
                strbuf_addc(b, '\\');
            strbuf_addc(b, *text);
        }
    }
}

static void put_zsh_option(struct strbuf *b, const struct option_info *info)
{
    if (info->letter)
        strbuf_addf(b, " '(-%c --%s)'{-%c,--%s%s}'[", info->letter, info->name, info->letter, info->name,
                    info->type == OPTION_FLAG ? "" : "=");
    else
        strbuf_addf(b, " '--%s%s[", info->name, info->type == OPTION_FLAG ? "" : "=");
    put_quoted(b, info->help, "[]:");
    strbuf_addc(b, ']');
    if (info->type == OPTION_CHOICE) {
        strbuf_addf(b, ":%s:(", info->name);
        put_words(b, info->argument);
        strbuf_addc(b, ')');
    } else if (info->type == OPTION_PATH)
        strbuf_addf(b, ":%s:_files", info->name);
    else if (info->type != OPTION_FLAG)
        strbuf_addf(b, ":%s: ", info->name);
    strbuf_addz(b, "' \\\n   ");
}

static void put_zsh_options(struct strbuf *b, enum command command, bool global)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (option_is_global(&option_table[i]) == global && (global || option_serves(&option_table[i], command)))
            put_zsh_option(b, &option_table[i]);
}

static void put_zsh(struct strbuf *b)
{
    strbuf_addz(b, "#compdef pawl\n# zsh completion for pawl, made by `pawl completion zsh`\n_pawl() {\n"
                   "    local curcontext=$curcontext state line\n    local -a commands\n    commands=(\n");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "        '%s:", command_table[c].name);
        put_quoted(b, command_table[c].summary, ":");
        strbuf_addz(b, "'\n");
    }
    strbuf_addz(b, "    )\n    _arguments -C -S \\\n   ");
    put_zsh_options(b, COMMAND_NONE, true);
    strbuf_addz(b, " '1:command:->command' '*::argument:->argument' && return\n    case $state in\n"
                   "    command) _describe command commands ;;\n    argument)\n        case $words[1] in\n");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "        %s) _arguments -S \\\n   ", command_table[c].name);
        put_zsh_options(b, COMMAND_NONE, true);
        put_zsh_options(b, (enum command)c, false);
        if (c == COMMAND_HELP) {
            strbuf_addz(b, " '1:command:(");
            put_command_names(b);
            strbuf_addz(b, ")'");
        } else if (c == COMMAND_COMPLETION)
            strbuf_addz(b, " '1:shell:(bash zsh fish)'");
        strbuf_addz(b, " ;;\n");
    }
    strbuf_addz(b, "        esac ;;\n    esac\n}\n_pawl \"$@\"\n");
}

/* ---- fish -------------------------------------------------------------------------------------------------------- */

static void put_fish_option(struct strbuf *b, const struct option_info *info, const char *command)
{
    strbuf_addz(b, "complete -c pawl");
    if (command)
        strbuf_addf(b, " -n '__fish_seen_subcommand_from %s'", command);
    strbuf_addf(b, " -l %s", info->name);
    if (info->letter)
        strbuf_addf(b, " -s %c", info->letter);
    if (info->type == OPTION_CHOICE) {
        strbuf_addz(b, " -x -a '");
        put_words(b, info->argument);
        strbuf_addc(b, '\'');
    } else if (info->type == OPTION_PATH)
        strbuf_addz(b, " -r -F");
    else if (info->type != OPTION_FLAG)
        strbuf_addz(b, " -x");
    strbuf_addz(b, " -d '");
    put_quoted(b, info->help, "\\");
    strbuf_addz(b, "'\n");
}

static void put_fish(struct strbuf *b)
{
    strbuf_addz(b, "# fish completion for pawl, made by `pawl completion fish`\ncomplete -c pawl -f\n");
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        strbuf_addf(b, "complete -c pawl -n __fish_use_subcommand -a %s -d '", command_table[c].name);
        put_quoted(b, command_table[c].summary, "\\");
        strbuf_addz(b, "'\n");
    }
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct option_info *info = &option_table[i];
        if (option_is_global(info))
            put_fish_option(b, info, NULL);
        for (int c = COMMAND_NONE + 1; !option_is_global(info) && c < COMMAND_COUNT; c++)
            if (option_serves(info, (enum command)c))
                put_fish_option(b, info, command_table[c].name);
    }
    strbuf_addz(b, "complete -c pawl -n '__fish_seen_subcommand_from help' -a '");
    put_command_names(b);
    strbuf_addz(b, "'\ncomplete -c pawl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
}

bool completion_script(struct strbuf *b, const char *shell)
{
    static const struct {
        const char *shell;
        void (*put)(struct strbuf *b);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].shell, shell) != 0)
            continue;
        shells[i].put(b);
        return true;
    }
    return false;
}
