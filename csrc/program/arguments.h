/* arguments.h: how vbolua was called. */
#ifndef VBO_ARGUMENTS_H
#define VBO_ARGUMENTS_H

#include <stdbool.h>

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
  bool strict;          /* --strict */
  const char *progress; /* how it is shown; NULL: by itself */
  const char *rehearse; /* a world, "" for the usual one; NULL: in earnest */
} vbo_arguments;

extern const char vbo_usage[];

/* False when the command line is wrong; it was said why.  `found` is zeroed. */
bool vbo_arguments_parse(int argc, char **argv, vbo_arguments *found);
/* -e and -l: their value is the rest of the argument or the next one. */
bool vbo_argument_takes_value(const char *argument);
/* Returns that value and moves `*i` to it when it is the next argument. NULL when it is missing. */
const char *vbo_argument_value(int argc, char **argv, int *i);

#endif
