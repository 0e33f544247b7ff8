/* arguments.c: parses the command line of vbolua; see arguments.h.
 *
 * The options of `lua` keep their meaning and their order, so that vbolua can replace it in a
 * script's first line. Parsing only notes: -e and -l are carried out later by vbolua.c, which walks
 * argv once more. */
#include "program/arguments.h"

#include <stdio.h>
#include <string.h>

#include "program/program.h"

const char vbo_usage[] =
    "usage: " VBOLUA
    " [options] [script [args]]\n"
    "       " VBOLUA
    " command [args]\n"
    "options:\n"
    "  -e stat     execute string 'stat'\n"
    "  -i          enter interactive mode after executing 'script'\n"
    "  -l mod      require library 'mod' into global 'mod'\n"
    "  -l g=mod    require library 'mod' into global 'g'\n"
    "  -v          show version information\n"
    "  -E          ignore environment variables\n"
    "  -W          turn warnings on\n"
    "  --          stop handling options\n"
    "  -           stop handling options and execute stdin\n"
    "  --rehearse[=WORLD]\n"
    "              connect to a rehearsal server, whatever server is named, and\n"
    "              report what production would have lost and gained\n"
    "  --progress[=auto|bar|plain|json|none]\n"
    "              show how transfers stand on standard error; plain:FILE and\n"
    "              json:FILE write to a file (without this: bars on a terminal\n"
    "              for transfers that take longer than a second)\n"
    "  --quiet     show no progress\n"
    "  --strict    refuse what is a warning otherwise (a date without a time zone)\n"
    "  --trace     show where an error came from (also VBO_TRACE=1)\n"
    "  --journal FILE, --no-journal\n"
    "              keep the journal of this run there, or none (default: the user's\n"
    "              state folder; also VBO_JOURNAL=FILE)\n"
    "  --reason TEXT\n"
    "              why this run is made; kept with it\n"
    "  --max-changes N, --max-items N\n"
    "              stop before the change that would be one too many\n"
    "  --only PATTERN\n"
    "              stop before a change of anything else ('mailbox:*@contoso.com')\n"
    "  --canary N  stop after N changes and saves for a look; " VBOLUA
    " resume goes on\n"
    "  --stop-after-failures N|P%\n"
    "              stop once so many changes, or such a part of them, failed\n"
    "  --overlap=allow\n"
    "              change also what an unfinished run has changed\n"
    "  --notify COMMAND\n"
    "              run a command when the run ends or stops\n"
    "  --version   show version information and stop\n"
    "  -h, --help  show this and stop; " VBOLUA " help COMMAND shows that of a command\n";

#define REHEARSE "--rehearse"

/* Returns the world of --rehearse=WORLD, "" of --rehearse; NULL for another argument. */
static const char *rehearsed_world(const char *argument) {
  size_t size = sizeof REHEARSE - 1;
  if (strncmp(argument, REHEARSE, size) != 0) return NULL;
  if (argument[size] == '\0') return "";
  return argument[size] == '=' ? argument + size + 1 : NULL;
}

#define PROGRESS "--progress"

/* Returns the value of --progress=…, "auto" of --progress; NULL for another argument. */
static const char *told_progress(const char *argument) {
  size_t size = sizeof PROGRESS - 1;
  if (strcmp(argument, "--quiet") == 0) return "none";
  if (strncmp(argument, PROGRESS, size) != 0) return NULL;
  if (argument[size] == '\0') return "auto";
  return argument[size] == '=' ? argument + size + 1 : NULL;
}

static bool is_progress(const char *told) {
  static const char *const known[] = {"auto", "bar", "plain", "json", "none"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(told, known[i]) == 0) return true;
  return (strncmp(told, "plain:", 6) == 0 && told[6] != '\0') ||
         (strncmp(told, "json:", 5) == 0 && told[5] != '\0');
}

#define VBO_RUN_ROW(name, option, value) {#name, option, value},
const vbo_run_option vbo_run_options[VBO_RUN_OPTION_COUNT] = {VBO_RUN_OPTIONS(VBO_RUN_ROW)};
#undef VBO_RUN_ROW

/* Returns the number of a run's option, and what follows its "=" (NULL: nothing does); -1 for
 * another argument. */
static int find_run_option(const char *argument, const char **value) {
  size_t size = strcspn(argument, "=");
  for (int i = 0; i < VBO_RUN_OPTION_COUNT; i++) {
    const char *option = vbo_run_options[i].option;
    if (strlen(option) != size || strncmp(option, argument, size) != 0) continue;
    *value = argument[size] == '=' ? argument + size + 1 : NULL;
    return i;
  }
  return -1;
}

/* Notes option `found` at argv[*i], and moves `*i` to its value where that is the next argument.
 * Returns what is wrong with it; NULL when nothing is. Twice is refused: which of two limits holds
 * must not depend on their order. Patterns of --only add up. */
static const char *note_run_option(vbo_arguments *arguments, int found, const char *value, int argc,
                                   char **argv, int *i) {
  const vbo_run_option *option = &vbo_run_options[found];
  if (arguments->run[found] != NULL && found != VBO_RUN_only) return "the option is given twice:";
  if (!option->takes_value && value != NULL) return "no value may follow";
  if (!option->takes_value) value = "";
  if (value == NULL && *i + 1 < argc && argv[*i + 1][0] != '-') value = argv[++*i];
  if (value == NULL || (option->takes_value && *value == '\0')) return "a value is missing after";
  arguments->run[found] = value;
  return NULL;
}

/* Returns what is wrong with an option; NULL when it is known. The tests for long options come
 * first, as their values may follow a "=". */
static const char *problem_with(const char *argument) {
  const char *progress = told_progress(argument);
  if (progress != NULL) return is_progress(progress) ? NULL : "there is no such progress as";
  const char *world = rehearsed_world(argument);
  if (world != NULL)
    return world[0] == '\0' && strchr(argument, '=') ? "a value is missing after" : NULL;
  static const char *const known[] = {"-i",       "-v",        "-E",     "-W", "--trace",
                                      "--strict", "--version", "--help", "-h"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(argument, known[i]) == 0) return NULL;
  return "unrecognized option";
}

const char *vbo_argument_only(int argc, char **argv, int *i) {
  const char *value = NULL;
  if (find_run_option(argv[*i], &value) != VBO_RUN_only) return NULL;
  return value != NULL || *i + 1 >= argc ? value : argv[++*i];
}

bool vbo_argument_takes_value(const char *argument) {
  return argument[0] == '-' && (argument[1] == 'e' || argument[1] == 'l');
}

/* As in `lua`, a next argument that begins with "-" is an option and not a value. */
const char *vbo_argument_value(int argc, char **argv, int *i) {
  if (argv[*i][2] != '\0') return argv[*i] + 2;
  return *i + 1 < argc && argv[*i + 1][0] != '-' ? argv[++*i] : NULL;
}

/* Notes an option. The last of several of a kind counts, as in `lua`. */
static void note(vbo_arguments *found, const char *argument) {
  if (strcmp(argument, "--trace") == 0) found->trace = true;
  if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) found->help = true;
  if (strcmp(argument, "--version") == 0) found->only_version = true;
  if (strcmp(argument, "-i") == 0) found->interactive = found->version = true;
  if (strcmp(argument, "-v") == 0) found->version = true;
  if (strcmp(argument, "-E") == 0) found->no_environment = true;
  const char *world = rehearsed_world(argument);
  if (world != NULL) found->rehearse = world;
  if (strcmp(argument, "--quiet") == 0) found->quiet = true;
  if (strcmp(argument, "--strict") == 0) found->strict = true;
  if (told_progress(argument) != NULL) found->progress = told_progress(argument);
}

/* `i` ends at the script: whatever follows is the script's, also what looks like an option. */
bool vbo_arguments_parse(int argc, char **argv, vbo_arguments *found) {
  int i = 1;
  found->plain_dash = true;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
    const char *problem = NULL;
    if (strcmp(argv[i], "--") == 0) {
      found->plain_dash = false;
      i++;
      break;
    }
    /* The message names the option, not the value that follows it. */
    int at = i;
    const char *value = NULL;
    int run_option = find_run_option(argv[i], &value);
    if (run_option >= 0) {
      problem = note_run_option(found, run_option, value, argc, argv, &i);
    } else if (vbo_argument_takes_value(argv[i])) {
      found->execute |= argv[i][1] == 'e';
      if (vbo_argument_value(argc, argv, &i) == NULL) {
        fprintf(stderr, VBOLUA ": '%s' needs argument\n%s", argv[at], vbo_usage);
        return false;
      }
    } else {
      note(found, argv[i]);
      problem = problem_with(argv[i]);
    }
    if (problem != NULL) {
      fprintf(stderr, VBOLUA ": %s '%s'\n%s", problem, argv[at], vbo_usage);
      return false;
    }
  }
  found->script = i;
  if (found->run[VBO_RUN_journal] != NULL && found->run[VBO_RUN_no_journal] != NULL) {
    fprintf(stderr, VBOLUA ": --journal and --no-journal exclude each other\n%s", vbo_usage);
    return false;
  }
  return true;
}
