/* change.c: a change that no crash makes happen twice, without Lua.
 *
 *   cc change.c $(pkg-config --cflags --libs vbolua) -o change
 *   ./change journal.db POST /v8/Jobs/ID/start
 *   ./change --resume=20261130-182152-3f9c7a journal.db POST /v8/Jobs/ID/start
 *
 * The connection is that of save.c: VBO_HOST, VBO_USER, VBO_PASSWORD, VBO_PIN, VBO_CA.  Killed at
 * any moment and resumed, it sends the change only if it knows that no earlier execution did. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vbo.h>

static int fail(const vbo_error *err) {
  fprintf(stderr, "change: %s [%s]", err->message, vbo_error_kind_name(err->kind));
  if (err->hint[0] != '\0') fprintf(stderr, "; hint: %s", err->hint);
  fputc('\n', stderr);
  return vbo_error_exit_status(err->kind);
}

static vbo_client *open_client(vbo_engine *engine, vbo_secret *password, const char *path,
                               vbo_error *err) {
  char version[16] = "";
  sscanf(path, "/%15[^/?]", version);
  vbo_client_options options = {.url = getenv("VBO_HOST"),
                                .api_version = version,
                                .user = getenv("VBO_USER"),
                                .password = password,
                                .token_parameters = strtol(version + 1, NULL, 10) >= 7
                                                        ? "disable_antiforgery_token=true"
                                                        : NULL,
                                .pin = getenv("VBO_PIN"),
                                .ca_file = getenv("VBO_CA"),
                                .journaled = true}; /* no change without a permit */
  return vbo_client_open(engine, &options, err);
}

/* Intent, request, outcome: the intent is on the disk before the first byte leaves. */
static bool send_change(vbo_journal *journal, vbo_client *client, const char *method,
                        const char *path, vbo_error *err) {
  char key[1024];
  vbo_step step;
  vbo_error journal_error = {0};
  snprintf(key, sizeof key, "%s %s %s", vbo_client_origin(client), method, path);
  vbo_intent intent = {.key = key, .effect = "starts", .server = vbo_client_origin(client)};
  bool has_body = strcmp(method, "DELETE") != 0;
  vbo_request request = {.method = method,
                         .path = path,
                         .body = has_body ? "{}" : NULL,
                         .body_size = has_body ? 2 : 0,
                         .change = true};
  request.permit = vbo_step_intend(journal, &intent, &request, &step, err);
  if (request.permit == NULL) return false;
  vbo_transfer *transfer = vbo_call(client, &request, NULL, err);
  bool done = transfer != NULL;
  if (!vbo_step_finish(journal, &step, done ? NULL : err, &journal_error) && done) {
    *err = journal_error;
    done = false;
  }
  printf("%s %s: %s\n", method, path, vbo_step_state_name(step.state));
  vbo_transfer_free(transfer);
  vbo_permit_free(request.permit);
  return done;
}

static bool connect_and_send(vbo_journal *journal, const char *method, const char *path,
                             vbo_error *err) {
  vbo_secret *password = vbo_secret_from_env("VBO_PASSWORD", err);
  vbo_engine *engine = password != NULL ? vbo_engine_new(err) : NULL;
  vbo_client *client = engine != NULL ? open_client(engine, password, path, err) : NULL;
  bool done = client != NULL && vbo_client_login(client, err) &&
              send_change(journal, client, method, path, err);
  vbo_client_free(client);
  vbo_engine_free(engine);
  vbo_secret_free(password);
  return done;
}

int main(int argc, char **argv) {
  vbo_run_settings settings = {.program = argv[0]};
  if (argc > 1 && strncmp(argv[1], "--resume=", 9) == 0) {
    settings.resume = argv[1] + 9;
    argc--;
    argv++;
  }
  if (argc != 4) {
    fputs("usage: change [--resume=RUN] JOURNAL METHOD /VERSION/PATH\n", stderr);
    return 2;
  }
  vbo_error err = {0};
  vbo_error closing = {0};
  vbo_journal *journal = vbo_journal_open(argv[1], &err);
  if (journal == NULL) return fail(&err);
  int status = 0;
  if (!vbo_run_begin(journal, &settings, &err)) {
    status = fail(&err);
  } else {
    printf("run %s\n", vbo_run_name(journal));
    bool done = connect_and_send(journal, argv[2], argv[3], &err);
    if (!done) status = fail(&err);
    if (!vbo_run_end(journal, done ? NULL : &err, &closing) && done) status = fail(&closing);
  }
  vbo_journal_free(journal);
  return status;
}
