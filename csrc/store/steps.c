/* steps.c: runs and steps of C programs (vbo.h). The Lua module writes the same rows itself.
 *
 * Each function that changes something is one transaction: with the intent it returns only when
 * that survives a power cut. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/system.h"
#include "save/digest.h"
#include "store/issue.h"
#include "store/lock.h"
#include "store/open.h"
#include "store/statement.h"

enum { MOST_VALUES = 12 };

static vbo_value text(const char *value) {
  if (value == NULL) return (vbo_value){.kind = VBO_NULL};
  return (vbo_value){.kind = VBO_TEXT, .text = value, .size = strlen(value)};
}

static vbo_value integer(int64_t value) {
  return (vbo_value){.kind = VBO_INTEGER, .integer = value};
}

static int64_t now(void) {
  struct timespec time;
  if (timespec_get(&time, TIME_UTC) != TIME_UTC) return vbo_wall_seconds() * 1000;
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------ statements */

static bool open_with(vbo_statement *statement, vbo_journal *journal, const char *sql, bool writes,
                      const vbo_value *values, vbo_error *err) {
  if (!vbo_statement_open(statement, journal, sql, strlen(sql), writes, err)) return false;
  for (int i = 0; i < vbo_statement_parameters(statement); i++)
    if (!vbo_statement_bind(statement, i + 1, &values[i], err)) {
      vbo_statement_close(statement);
      return false;
    }
  return true;
}

/* Runs a statement within the transaction; `values` as many as its parameters. */
static bool write_row(vbo_journal *journal, const char *sql, const vbo_value *values, int64_t *row,
                      vbo_error *err) {
  vbo_statement statement;
  int64_t changes = 0;
  int64_t id = 0;
  if (!open_with(&statement, journal, sql, true, values, err)) return false;
  bool good = vbo_statement_next(&statement, err) == 0;
  if (good) vbo_statement_result(&statement, &id, &changes);
  vbo_statement_close(&statement);
  if (good && row != NULL) *row = id;
  return good;
}

/* Commits what was written (`good`), or takes it back. */
static bool end_transaction(vbo_journal *journal, bool good, vbo_error *err) {
  if (good) return vbo_journal_commit(journal, err);
  (void)vbo_journal_rollback(journal, NULL);
  return false;
}

static bool write_alone(vbo_journal *journal, const char *sql, const vbo_value *values,
                        vbo_error *err) {
  return vbo_journal_begin(journal, err) &&
         end_transaction(journal, write_row(journal, sql, values, NULL, err), err);
}

/* ------------------------------------------------------------------------ runs */

vbo_journal *vbo_journal_open(const char *path, vbo_error *err) {
  vbo_journal *journal = vbo_journal_new(err);
  if (journal == NULL || vbo_journal_start(journal, path, false, err)) return journal;
  vbo_journal_release(journal);
  return NULL;
}

void vbo_journal_free(vbo_journal *journal) {
  if (journal != NULL) vbo_journal_stop(journal);
  vbo_journal_release(journal);
}

const char *vbo_run_name(const vbo_journal *journal) {
  return journal->run_name;
}

static bool new_name(char name[VBO_RUN_NAME], int64_t started, vbo_error *err) {
  unsigned char random[3];
  struct tm utc;
  time_t seconds = (time_t)(started / 1000);
  if (!vbo_random_bytes(random, sizeof random, err)) return false;
  if (gmtime_r(&seconds, &utc) == NULL || strftime(name, VBO_RUN_NAME, "%Y%m%d-%H%M%S", &utc) == 0)
    return vbo_error_set(err, VBO_ERROR_JOURNAL, "the clock has no date");
  size_t used = strlen(name);
  (void)snprintf(name + used, VBO_RUN_NAME - used, "-%02x%02x%02x", random[0], random[1],
                 random[2]);
  return true;
}

/* Says where and by whom the program runs. */
typedef struct whereabouts {
  char host[256];
  char user[256];
  char folder[4096];
  char boot[64];
} whereabouts;

static void look_around(whereabouts *here) {
  char memory[1024];
  struct passwd entry;
  struct passwd *found = NULL;
  *here = (whereabouts){0};
  (void)gethostname(here->host, sizeof here->host - 1);
  if (getpwuid_r(geteuid(), &entry, memory, sizeof memory, &found) == 0 && found != NULL)
    (void)snprintf(here->user, sizeof here->user, "%s", found->pw_name);
  else
    (void)snprintf(here->user, sizeof here->user, "%lld", (long long)geteuid());
  if (getcwd(here->folder, sizeof here->folder) == NULL) here->folder[0] = '\0';
  vbo_system_boot(here->boot, sizeof here->boot);
}

static bool add_execution(vbo_journal *journal, int64_t number, int64_t started,
                          const whereabouts *here, vbo_error *err) {
  const vbo_value values[] = {integer(journal->run),
                              integer(number),
                              integer(started),
                              integer(vbo_process_id()),
                              text(here->boot[0] != '\0' ? here->boot : NULL),
                              text(here->host),
                              text(here->user)};
  return write_row(journal,
                   "INSERT INTO execution(run, number, started, pid, boot, host, operator, state)"
                   " VALUES(?, ?, ?, ?, ?, ?, ?, 'running')",
                   values, NULL, err);
}

static bool add_run(vbo_journal *journal, const vbo_run_settings *settings, vbo_error *err) {
  whereabouts here;
  int64_t started = now();
  if (!new_name(journal->run_name, started, err)) return false;
  look_around(&here);
  const vbo_value values[] = {text(journal->run_name), text(settings->program), text(here.folder),
                              text(settings->reason),  text(here.user),         text(here.host),
                              text(vbo_version()),     integer(started)};
  return write_row(journal,
                   "INSERT INTO run(name, kind, script, folder, reason, operator, host, version,"
                   " started, state, execution)"
                   " VALUES(?, 'library', ?, ?, ?, ?, ?, ?, ?, 'running', 1)",
                   values, &journal->run, err) &&
         add_execution(journal, 1, started, &here, err);
}

/* Finds the run of this name, and its execution; `*ended`: it ended well. */
static bool find_run(vbo_journal *journal, const char *name, int64_t *execution, bool *ended,
                     vbo_error *err) {
  vbo_statement statement;
  vbo_value value = text(name);
  if (!open_with(&statement, journal,
                 "SELECT id, execution, state IN ('ended', 'moved') FROM run WHERE name = ?", false,
                 &value, err))
    return false;
  int found = vbo_statement_next(&statement, err);
  if (found > 0) {
    vbo_statement_value(&statement, 0, &value);
    journal->run = value.integer;
    vbo_statement_value(&statement, 1, &value);
    *execution = value.integer;
    vbo_statement_value(&statement, 2, &value);
    *ended = value.integer != 0;
  }
  vbo_statement_close(&statement);
  if (found == 0) vbo_error_set(err, VBO_ERROR_NOT_FOUND, "the journal has no run %s", name);
  return found > 0;
}

static bool lock_run(vbo_journal *journal, vbo_error *err) {
  bool taken = false;
  if (!vbo_journal_lock(journal, journal->run, &taken, err)) return false;
  return taken || vbo_error_set(err, VBO_ERROR_BUSY, "the run %s is live: another program has it",
                                journal->run_name);
}

static bool continue_run(vbo_journal *journal, const char *name, vbo_error *err) {
  whereabouts here;
  int64_t execution = 0;
  bool ended = false;
  if (!find_run(journal, name, &execution, &ended, err)) return false;
  if (ended) return vbo_error_set(err, VBO_ERROR_CONFLICT, "the run %s has ended", name);
  (void)snprintf(journal->run_name, sizeof journal->run_name, "%s", name);
  look_around(&here);
  const vbo_value values[] = {integer(execution + 1), integer(journal->run)};
  return lock_run(journal, err) &&
         write_row(journal,
                   "UPDATE run SET execution = ?, state = 'running', ended = NULL, status = NULL,"
                   " error = NULL WHERE id = ?",
                   values, NULL, err) &&
         add_execution(journal, execution + 1, now(), &here, err);
}

bool vbo_run_begin(vbo_journal *journal, const vbo_run_settings *settings, vbo_error *err) {
  static const vbo_run_settings none;
  const vbo_run_settings *how = settings != NULL ? settings : &none;
  if (journal->run != 0)
    return vbo_error_set(err, VBO_ERROR_USAGE, "the journal has the run %s", journal->run_name);
  if (!vbo_journal_begin(journal, err)) return false;
  bool good = how->resume != NULL ? continue_run(journal, how->resume, err)
                                  : add_run(journal, how, err) && lock_run(journal, err);
  if (end_transaction(journal, good, err)) return true;
  vbo_journal_unlock(journal, journal->run);
  journal->run = 0;
  journal->run_name[0] = '\0';
  return false;
}

/* Errors are kept as JSON, as the Lua module keeps them. */
#define ERROR_JSON "json_object('kind', ?, 'message', ?, 'hint', ?, 'status', ?)"

static void error_values(const vbo_error *failure, vbo_value values[4]) {
  values[0] = text(vbo_error_kind_name(failure->kind));
  values[1] = text(failure->message);
  values[2] = text(failure->hint[0] != '\0' ? failure->hint : NULL);
  values[3] = failure->status != 0 ? integer(failure->status) : text(NULL);
}

static bool has_run(const vbo_journal *journal, vbo_error *err) {
  if (!vbo_journal_is_open(journal, err)) return false;
  return journal->run != 0 || vbo_error_set(err, VBO_ERROR_USAGE, "no run was begun");
}

bool vbo_run_end(vbo_journal *journal, const vbo_error *failure, vbo_error *err) {
  vbo_value values[MOST_VALUES];
  if (!has_run(journal, err)) return false;
  const char *state = failure == NULL                        ? "ended"
                      : failure->kind == VBO_ERROR_STOPPED   ? "stopped"
                      : failure->kind == VBO_ERROR_CANCELLED ? "stopped"
                                                             : "failed";
  int64_t ended = now();
  int64_t status = failure != NULL ? vbo_error_exit_status(failure->kind) : 0;
  values[0] = text(state);
  values[1] = integer(ended);
  values[2] = integer(status);
  if (failure != NULL) error_values(failure, values + 3);
  values[failure != NULL ? 7 : 3] = integer(journal->run);
  const char *sql = failure != NULL
                        ? "UPDATE run SET state = ?, ended = ?, status = ?, error = " ERROR_JSON
                          " WHERE id = ?"
                        : "UPDATE run SET state = ?, ended = ?, status = ? WHERE id = ?";
  const vbo_value execution[] = {text(state), integer(ended), integer(status),
                                 integer(journal->run)};
  bool good = vbo_journal_begin(journal, err) &&
              end_transaction(journal,
                              write_row(journal, sql, values, NULL, err) &&
                                  write_row(journal,
                                            "UPDATE execution SET state = ?, ended = ?, status = ?"
                                            " WHERE run = ? AND number ="
                                            " (SELECT execution FROM run WHERE run.id = run)",
                                            execution, NULL, err),
                              err);
  if (good) {
    vbo_journal_unlock(journal, journal->run);
    journal->run = 0;
  }
  return good;
}

/* ----------------------------------------------------------------------- steps */

static const char *const state_names[] = {
#define STATE_NAME(id, name) name,
    VBO_STEP_STATES(STATE_NAME)
#undef STATE_NAME
};

const char *vbo_step_state_name(vbo_step_state state) {
  size_t at = (size_t)state;
  return at < sizeof state_names / sizeof *state_names ? state_names[at] : "none";
}

static vbo_step_state state_of(const vbo_value *name) {
  for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
    if (strlen(state_names[i]) == name->size && memcmp(state_names[i], name->text, name->size) == 0)
      return (vbo_step_state)i;
  return VBO_STEP_UNKNOWN;
}

/* Keys of C programs are texts of their own: they share no digest with those of the Lua module. */
static bool digest_key(const char *key, char hex[VBO_DIGEST_HEX], vbo_error *err) {
  static const char prefix[] = "key of a C program\n";
  if (key == NULL || *key == '\0')
    return vbo_error_set(err, VBO_ERROR_USAGE, "a step must have a key");
  vbo_digest *digest = vbo_digest_new(err);
  if (digest == NULL) return false;
  bool good = vbo_digest_add(digest, prefix, sizeof prefix - 1, err) &&
              vbo_digest_add(digest, key, strlen(key), err) && vbo_digest_finish(digest, hex, err);
  vbo_digest_free(digest);
  return good;
}

static int64_t occurrence_of(int occurrence) {
  return occurrence > 0 ? occurrence : 1;
}

bool vbo_step_find(vbo_journal *journal, const char *key, int occurrence, vbo_step *step,
                   vbo_error *err) {
  char digest[VBO_DIGEST_HEX];
  vbo_statement statement;
  vbo_value value;
  *step = (vbo_step){.state = VBO_STEP_NONE};
  if (!has_run(journal, err) || !digest_key(key, digest, err)) return false;
  const vbo_value values[] = {integer(journal->run), text(digest),
                              integer(occurrence_of(occurrence))};
  if (!open_with(&statement, journal,
                 "SELECT id, state, attempt, accepted FROM step WHERE run = ? AND key = ? AND"
                 " occurrence = ?",
                 false, values, err))
    return false;
  int found = vbo_statement_next(&statement, err);
  if (found > 0) {
    vbo_statement_value(&statement, 0, &value);
    step->id = value.integer;
    vbo_statement_value(&statement, 1, &value);
    step->state = state_of(&value);
    vbo_statement_value(&statement, 2, &value);
    step->attempt = (int)value.integer;
    vbo_statement_value(&statement, 3, &value);
    if (value.kind == VBO_TEXT)
      (void)snprintf(step->session, sizeof step->session, "%.*s", (int)value.size, value.text);
  }
  vbo_statement_close(&statement);
  return found >= 0;
}

/* Returns whether the change may be sent (again). */
static bool may_intend(const vbo_intent *intent, const vbo_step *step, vbo_error *err) {
  switch (step->state) {
    case VBO_STEP_NONE:
    case VBO_STEP_REFUSED:
    case VBO_STEP_LOCAL:
    case VBO_STEP_SKIPPED:
      return true;
    case VBO_STEP_DONE:
    case VBO_STEP_PARTIAL:
    case VBO_STEP_FAILED:
      return vbo_error_set(err, VBO_ERROR_EXISTS, "%s was carried out before: %s", intent->key,
                           vbo_step_state_name(step->state));
    case VBO_STEP_INTENT:
    case VBO_STEP_UNKNOWN:
      if (intent->retry && strcmp(intent->effect, "converges") == 0) return true;
      break;
    default:
      break;
  }
  return vbo_error_set(err, VBO_ERROR_UNKNOWN_OUTCOME,
                       "%s may have been carried out before: its state is %s", intent->key,
                       vbo_step_state_name(step->state));
}

static bool add_step(vbo_journal *journal, const vbo_intent *intent, vbo_step *step,
                     vbo_error *err) {
  char digest[VBO_DIGEST_HEX];
  if (!digest_key(intent->key, digest, err)) return false;
  const vbo_value values[] = {integer(journal->run),
                              text(digest),
                              integer(occurrence_of(intent->occurrence)),
                              text(intent->effect),
                              text(intent->server),
                              text(intent->title != NULL ? intent->title : intent->key),
                              integer(now()),
                              integer(vbo_monotonic_ms()),
                              integer(journal->run)};
  return write_row(journal,
                   "INSERT INTO step(run, key, occurrence, algorithm, kind, effect, server, title,"
                   " state, attempt, asked, mono_asked, execution)"
                   " VALUES(?, ?, ?, 0, 'change', ?, ?, ?, 'intent', 1, ?, ?,"
                   " (SELECT execution FROM run WHERE id = ?))",
                   values, &step->id, err);
}

static bool try_again(vbo_journal *journal, const vbo_step *step, vbo_error *err) {
  const vbo_value values[] = {integer(now()), integer(vbo_monotonic_ms()), integer(step->id)};
  return write_row(
      journal,
      "UPDATE step SET state = 'intent', attempt = attempt + 1, asked = ?,"
      " mono_asked = ?, ended = NULL, mono_ended = NULL, error = NULL, accepted = NULL,"
      " status = NULL,"
      " execution = (SELECT execution FROM run WHERE run.id = step.run) WHERE id = ?",
      values, NULL, err);
}

static bool write_intent(vbo_journal *journal, const vbo_intent *intent, vbo_step *step,
                         vbo_error *err) {
  if (!vbo_step_find(journal, intent->key, intent->occurrence, step, err) ||
      !may_intend(intent, step, err))
    return false;
  bool fresh = step->state == VBO_STEP_NONE;
  if (!(fresh ? add_step(journal, intent, step, err) : try_again(journal, step, err))) return false;
  step->state = VBO_STEP_INTENT;
  step->attempt = fresh ? 1 : step->attempt + 1;
  return true;
}

vbo_permit *vbo_step_intend(vbo_journal *journal, const vbo_intent *intent,
                            const vbo_request *request, vbo_step *step, vbo_error *err) {
  vbo_intent how = *intent;
  if (how.effect == NULL) how.effect = "adds";
  *step = (vbo_step){.state = VBO_STEP_NONE};
  if (!vbo_journal_unlatched(journal, err) || !has_run(journal, err) ||
      !vbo_journal_begin(journal, err) ||
      !end_transaction(journal, write_intent(journal, &how, step, err), err))
    return NULL;
  return vbo_journal_permit(journal, step->id, request->method != NULL ? request->method : "GET",
                            request->path != NULL ? request->path : "", request->body,
                            request->body_size, err);
}

bool vbo_step_accept(vbo_journal *journal, vbo_step *step, const char *session, vbo_error *err) {
  const vbo_value values[] = {text(session), integer(step->id)};
  if (!has_run(journal, err) ||
      !write_alone(journal, "UPDATE step SET state = 'accepted', accepted = ? WHERE id = ?", values,
                   err))
    return false;
  step->state = VBO_STEP_ACCEPTED;
  (void)snprintf(step->session, sizeof step->session, "%s", session);
  return true;
}

static vbo_step_state outcome_of(const vbo_error *failure) {
  if (failure == NULL) return VBO_STEP_DONE;
  if (failure->kind == VBO_ERROR_PARTIAL) return VBO_STEP_PARTIAL;
  if (failure->refused) return VBO_STEP_REFUSED;
  return failure->sent || failure->kind == VBO_ERROR_UNKNOWN_OUTCOME ? VBO_STEP_UNKNOWN
                                                                     : VBO_STEP_LOCAL;
}

bool vbo_step_finish(vbo_journal *journal, vbo_step *step, const vbo_error *failure,
                     vbo_error *err) {
  vbo_value values[MOST_VALUES];
  vbo_step_state state = outcome_of(failure);
  if (!has_run(journal, err)) return false;
  values[0] = text(vbo_step_state_name(state));
  values[1] = integer(now());
  values[2] = integer(vbo_monotonic_ms());
  if (failure != NULL) error_values(failure, values + 3);
  values[failure != NULL ? 7 : 3] = integer(step->id);
  const char *sql =
      failure != NULL ? "UPDATE step SET state = ?, ended = ?, mono_ended = ?, error = " ERROR_JSON
                        " WHERE id = ?"
                      : "UPDATE step SET state = ?, ended = ?, mono_ended = ? WHERE id = ?";
  if (!write_alone(journal, sql, values, err)) return false;
  step->state = state;
  return true;
}
