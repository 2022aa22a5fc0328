/*
 * process: other programs, and this one as the operating system sees it.
 *
 * Failures are PAWL_IO with the program in the message. A child gets /dev/null for whatever is not given to it, default
 * signal handling, an own session (so that Ctrl-C at the terminal does not reach it), and no other descriptor of ours
 * that is marked close-on-exec.
 */
#ifndef PAWL_SYS_PROCESS_H
#define PAWL_SYS_PROCESS_H

#include "base/arena.h"
#include "base/err.h"

struct process {
    int id;    /* 0 = none */
    int input; /* our end of a pipe to its standard input, or -1 */
    bool ended;
    int status; /* once it ended: exit status, or 128 + signal */
};

struct process_user {
    uint32_t uid, gid;
    struct slice name;
};

struct process_options {
    const char *const *argv;         /* argv[0] is looked for in PATH unless it has a slash; ends with NULL */
    const char *folder;              /* working folder; NULL = ours */
    const char *output;              /* file that gets standard output and error (appended); NULL = /dev/null */
    bool pipe_input;                 /* give `input` */
    const struct process_user *user; /* run as that user (we are root); NULL = as we are */
    const char *const *unset; /* prefixes of environment variables that it must not see; ends with NULL; or NULL */
};

int process_start(const struct process_options *options, struct process *out, struct pawl_error *e);
/* Waits up to `ms` for its end; true when it has ended. Never called for it again after that. */
bool process_wait(struct process *p, uint32_t ms);
/* Politely (SIGTERM) or not (SIGKILL). Nothing happens if it has ended. */
void process_kill(struct process *p, bool hard);
/* Writes to its standard input; false if it does not listen any more. */
bool process_tell(struct process *p, struct slice text);
/* Closes our end of its standard input, which tells it that we are done. */
void process_close_input(struct process *p);

/* Runs a program to its end and gives what it wrote to standard output, up to `max` bytes; for short answers. */
int process_output(struct arena *a, const char *const *argv, size_t max, struct slice *out, struct pawl_error *e);
/* Full path of a program in PATH, or .p NULL. */
struct slice process_find(struct arena *a, const char *name);

/*
 * Ends this program at once: the exit handlers of libraries have nothing left to write, and those of a TLS library take
 * milliseconds. Standard output must have been flushed. A build that looks for leaks ends as usual.
 */
_Noreturn void process_leave(int status);

int process_id(void);
bool process_is_root(void);
/* The first of these accounts that exists; PAWL_IO if none does. The name lives in `a`. */
int process_user_find(struct arena *a, const char *const *names, struct process_user *out, struct pawl_error *e);
/* An environment variable, or NULL. */
const char *process_env(const char *name);
/* 64 bits that nobody can guess. */
uint64_t process_random(void);

#endif
