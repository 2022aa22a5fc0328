#include "cli/cli.h"
#include "base/strbuf.h"
#include "sys/file.h"

static const char template[] =
    "# pawl.toml: settings of pawl; see pawl.toml(5). Flags, environment variables and .env are stronger.\n"
    "\n"
    "dir = \"%s\"\n"
    "\n"
    "# The database; ${NAME} stands for an environment variable. DATABASE_URL in the environment or in .env does too.\n"
    "# url = \"sqlite:app.db\"\n"
    "\n"
    "# Reverting is allowed only in an environment that was named dev, test or ci, here or with --env or PAWL_ENV.\n"
    "# default_env = \"dev\"\n"
    "\n"
    "# A protected database is never reverted, under whatever name it is reached.\n"
    "# [env.production]\n"
    "# url = \"${PRODUCTION_URL}\"\n"
    "# protected = true\n"
    "\n"
    "# Findings of `pawl verify` that are judged differently here: off, note, warning or error.\n"
    "# [findings]\n"
    "# gap = \"off\"\n";

/* A basic string of TOML. */
static void put_escaped(struct strbuf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            strbuf_addf(b, "\\%c", *text);
        else if ((unsigned char)*text < ' ' || *text == 0x7f)
            strbuf_addf(b, "\\u%04x", (unsigned)*text);
        else
            strbuf_addc(b, *text);
    }
}

int cmd_init(struct cli *c)
{
    const char *dir = c->o.value[OPT_DIR].text, *made[2];
    size_t n = 0;
    STRBUF(dir_text, 1u << 16);
    STRBUF(content, 1u << 17);
    bool had_folder = file_is_folder(dir);
    int rc = folder_make(dir, &c->error);
    if (rc)
        return rc;
    if (!had_folder)
        made[n++] = dir;
    if (!c->config.file) {
        put_escaped(&dir_text, dir);
        strbuf_addf(&content, template, strbuf_z(&dir_text));
        rc = strbuf_ok(&content) && strbuf_ok(&dir_text) ? file_create("pawl.toml", strbuf_slice(&content), &c->error)
                                                         : err_nomem(&c->error);
        if (rc)
            return rc;
        made[n++] = "pawl.toml";
    }
    c->out.kind->files(&c->out, 0, made, n);
    return PAWL_OK;
}
