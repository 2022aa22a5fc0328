#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "sys/clock.h"

extern char **environ;

/* ---- the child --------------------------------------------------------------------------------------------------- */

/* Everything the child needs, made before fork: behind it only what is safe between fork and exec is called. */
struct start {
    const struct process_options *options;
    const char *program;
    char *const *argv;
    char **env;
    int input, output; /* descriptors for standard input and output */
    int report;        /* where to write errno when exec fails */
};

static void become(const struct process_user *user)
{
    if (setgroups(0, NULL) || setgid(user->gid) || setuid(user->uid))
        errno = errno ? errno : EPERM;
    else
        errno = 0;
}

static void default_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < 32; i++)
        sigaction(i, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(const struct start *s)
{
    default_signals();
    setsid();
    bool ok = dup2(s->input, 0) >= 0 && dup2(s->output, 1) >= 0 && dup2(s->output, 2) >= 0;
    if (ok && s->options->user) {
        become(s->options->user);
        ok = errno == 0;
    }
    if (ok && s->options->folder)
        ok = chdir(s->options->folder) == 0;
    if (ok)
        execve(s->program, s->argv, s->env);
    int error = errno;
    ssize_t written = write(s->report, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 127 : 126);
}

static bool is_unset(const char *const *prefixes, const char *entry)
{
    for (; prefixes && *prefixes; prefixes++)
        if (strncmp(entry, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

static char **environment(struct arena *a, const char *const *unset)
{
    size_t n = 0;
    while (environ && environ[n])
        n++;
    char **copy = arena_array(a, n + 1, sizeof *copy);
    size_t kept = 0;
    for (size_t i = 0; copy && i < n; i++)
        if (!is_unset(unset, environ[i]))
            copy[kept++] = environ[i];
    return copy;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* PAWL_OK when the child has got as far as exec: its end of the report pipe then closed without a word. */
static int await_exec(pid_t pid, int report, const char *program, struct pawl_error *e)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(report, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return PAWL_OK;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return err_set(e, PAWL_IO, "cannot run %s: %s", program, strerror(error));
}

static int fork_it(struct start *s, int report[2], struct process *out, struct pawl_error *e)
{
    pid_t pid = fork();
    if (pid < 0)
        return err_set(e, PAWL_IO, "cannot run %s: %s", s->program, strerror(errno));
    if (pid == 0)
        child(s);
    close_fd(&report[1]);
    int code = await_exec(pid, report[0], s->program, e);
    if (!code)
        out->id = (int)pid;
    return code;
}

static int open_output(const char *path)
{
    return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static const char *program_path(struct arena *a, const char *name)
{
    return strchr(name, '/') ? name : process_find(a, name).p;
}

/* argv without const, which execve does not change. */
static char *const *arguments(struct arena *a, const char *const *argv)
{
    size_t n = 0;
    while (argv[n])
        n++;
    char **copy = arena_array(a, n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        if (!(copy[i] = arena_strz(a, slice_of(argv[i]))))
            return NULL;
    return copy;
}

static int start(const struct process_options *options, int output, struct process *out, struct pawl_error *e)
{
    ARENA(tmp);
    int input[2] = {-1, -1};
    int report[2] = {-1, -1};
    struct start s = {.options = options, .output = output};
    s.program = program_path(&tmp, options->argv[0]);
    s.argv = arguments(&tmp, options->argv);
    s.env = environment(&tmp, options->unset);
    if (!s.program)
        return err_set(e, PAWL_IO, "cannot run %s: not found in PATH", options->argv[0]);
    if (!s.argv || !s.env)
        return err_nomem(e);
    int code = PAWL_OK;
    bool piped =
        options->pipe_input ? pipe2(input, O_CLOEXEC) == 0 : (input[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
    if (!piped || output < 0 || pipe2(report, O_CLOEXEC))
        code = err_set(e, PAWL_IO, "cannot run %s: %s", s.program, strerror(errno));
    s.input = input[0];
    s.report = report[1];
    if (!code)
        code = fork_it(&s, report, out, e);
    close_fd(&report[0]);
    close_fd(&report[1]);
    close_fd(&input[0]);
    if (code)
        close_fd(&input[1]);
    else
        out->input = input[1];
    return code;
}

int process_start(const struct process_options *options, struct process *out, struct pawl_error *e)
{
    *out = (struct process){.input = -1};
    int output = open_output(options->output);
    int code = start(options, output, out, e);
    close_fd(&output);
    return code;
}

/* ---- the parent -------------------------------------------------------------------------------------------------- */

static bool reap(struct process *p, int flags)
{
    int status = 0;
    pid_t got;
    do {
        got = waitpid((pid_t)p->id, &status, flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    p->ended = true;
    p->status = got < 0 ? 0 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

bool process_wait(struct process *p, uint32_t ms)
{
    if (!p->id || p->ended)
        return true;
    uint64_t end = clock_ms() + ms;
    for (uint32_t nap = 1; !reap(p, WNOHANG); nap = nap < 20 ? nap * 2 : nap) {
        if (clock_ms() >= end)
            return false;
        clock_sleep_ms(nap);
    }
    return true;
}

void process_kill(struct process *p, bool hard)
{
    if (p->id && !p->ended)
        kill((pid_t)p->id, hard ? SIGKILL : SIGTERM);
}

bool process_tell(struct process *p, struct slice text)
{
    /* A pipe without a reader raises SIGPIPE, which would end a program that has nothing to do with it. */
    sigset_t pipe_signal;
    sigset_t before;
    struct timespec now = {0, 0};
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t n = write(p->input, text.p, text.n);
    if (n < 0 && errno == EPIPE)
        sigtimedwait(&pipe_signal, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n == (ssize_t)text.n;
}

void process_close_input(struct process *p)
{
    close_fd(&p->input);
}

int process_output(struct arena *a, const char *const *argv, size_t max, struct slice *out, struct pawl_error *e)
{
    *out = (struct slice){NULL, 0};
    int answer[2];
    if (pipe2(answer, O_CLOEXEC))
        return err_set(e, PAWL_IO, "cannot run %s: %s", argv[0], strerror(errno));
    struct process p = {.input = -1};
    struct process_options options = {.argv = argv};
    int code = start(&options, answer[1], &p, e);
    close(answer[1]);
    char *text = code ? NULL : arena_alloc(a, max + 1);
    size_t n = 0;
    ssize_t got = 1;
    while (text && n < max && got > 0) {
        got = read(answer[0], text + n, max - n);
        if (got > 0)
            n += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    close(answer[0]);
    if (code)
        return code;
    reap(&p, 0);
    if (!text)
        return err_nomem(e);
    *out = (struct slice){text, n};
    return p.status ? err_set(e, PAWL_IO, "%s failed with status %d", argv[0], p.status) : PAWL_OK;
}

struct slice process_find(struct arena *a, const char *name)
{
    struct slice path = slice_of(getenv("PATH"));
    while (path.n) {
        size_t end = slice_find_byte(path, ':');
        struct slice folder = slice_sub(path, 0, end);
        struct slice full = arena_printf(a, SLICE_FMT "/%s", SLICE_ARG(folder), name);
        struct stat info;
        if (folder.n && full.p && stat(full.p, &info) == 0 && S_ISREG(info.st_mode) && access(full.p, X_OK) == 0)
            return full;
        path = end == SIZE_MAX ? SLICE("") : slice_sub(path, end + 1, path.n);
    }
    return (struct slice){NULL, 0};
}

/* ---- who we are -------------------------------------------------------------------------------------------------- */

int process_id(void)
{
    return (int)getpid();
}

bool process_is_root(void)
{
    return geteuid() == 0;
}

/* Looks an account up; 0, or errno (ENOENT: there is none). */
static int account(struct arena *a, const char *name, struct process_user *out)
{
    size_t size = 1024;
    struct passwd entry;
    struct passwd *found = NULL;
    int error = ERANGE;
    for (; error == ERANGE && size <= 1024 * 1024; size *= 4) {
        char *buffer = mem_alloc(size);
        if (!buffer)
            return ENOMEM;
        error = getpwnam_r(name, &entry, buffer, size, &found);
        if (!error && found) {
            *out = (struct process_user){found->pw_uid, found->pw_gid, arena_dup(a, slice_of(found->pw_name))};
            error = out->name.p ? 0 : ENOMEM;
        }
        mem_free(buffer);
    }
    return error ? error : found ? 0 : ENOENT;
}

int process_user_find(struct arena *a, const char *const *names, struct process_user *out, struct pawl_error *e)
{
    int error = ENOENT;
    for (size_t i = 0; names[i] && error; i++)
        error = account(a, names[i], out);
    if (error == ENOMEM)
        return err_nomem(e);
    return error ? err_set(e, PAWL_IO, "no account %s on this machine", names[0]) : PAWL_OK;
}

const char *process_env(const char *name)
{
    return getenv(name);
}

void process_leave(int status)
{
#ifdef __SANITIZE_ADDRESS__
    exit(status);
#else
    _exit(status);
#endif
}

uint64_t process_random(void)
{
    uint64_t n = 0;
    if (getrandom(&n, sizeof n, 0) != (ssize_t)sizeof n)
        n = clock_ns() ^ ((uint64_t)getpid() << 40);
    return n;
}
