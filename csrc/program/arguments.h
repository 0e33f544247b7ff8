/* arguments.h: how vbolua was called. */
#ifndef VBO_ARGUMENTS_H
#define VBO_ARGUMENTS_H

#include <stdbool.h>

/* The options of a run, as core.program() names them; vbo.cli.program.own checks their values. X
 * takes a member, the option and whether a value follows. */
#define VBO_RUN_OPTIONS(X)                                                                         \
  X(journal, "--journal", true)                                                                    \
  X(no_journal, "--no-journal", false)                                                             \
  X(reason, "--reason", true)                                                                      \
  X(overlap, "--overlap", true)                                                                    \
  X(max_changes, "--max-changes", true)                                                            \
  X(max_items, "--max-items", true)                                                                \
  X(only, "--only", true)                                                                          \
  X(canary, "--canary", true)                                                                      \
  X(stop_after_failures, "--stop-after-failures", true)                                            \
  X(notify, "--notify", true)

#define VBO_RUN_MEMBER(name, option, value) VBO_RUN_##name,
enum { VBO_RUN_OPTIONS(VBO_RUN_MEMBER) VBO_RUN_OPTION_COUNT };
#undef VBO_RUN_MEMBER

typedef struct vbo_run_option {
  const char *name;   /* "max_changes" */
  const char *option; /* "--max-changes" */
  bool takes_value;
} vbo_run_option;

extern const vbo_run_option vbo_run_options[VBO_RUN_OPTION_COUNT];

typedef struct vbo_arguments {
  int script;       /* index of the script or command in argv; argc without one */
  bool plain_dash;  /* the script "-" stands for standard input */
  bool interactive; /* -i */
  bool version;     /* -v, -i, --version */
  bool only_version;
  bool help;
  bool execute; /* -e was given */
  bool no_environment;
  bool trace;
  bool quiet;
  bool strict;                           /* --strict */
  const char *progress;                  /* how it is shown; NULL: by itself */
  const char *rehearse;                  /* a world, "" for the usual one; NULL: in earnest */
  const char *run[VBO_RUN_OPTION_COUNT]; /* values, "" for a flag; NULL: not given */
} vbo_arguments;

extern const char vbo_usage[];

/* False when the command line is wrong; it was said why.  `found` is zeroed. */
bool vbo_arguments_parse(int argc, char **argv, vbo_arguments *found);
/* -e and -l: their value is the rest of the argument or the next one. */
bool vbo_argument_takes_value(const char *argument);
/* Returns that value and moves `*i` to it when it is the next argument. NULL when it is missing. */
const char *vbo_argument_value(int argc, char **argv, int *i);
/* Returns the pattern of an --only at argv[*i], and moves `*i` to it likewise; NULL for another
 * argument. */
const char *vbo_argument_only(int argc, char **argv, int *i);

#endif
