/* save.c: vbolua's C interface without Lua.  Asks a server for a path and saves what it answers.
 *
 *   cc save.c $(pkg-config --cflags --libs vbolua) -o save
 *   VBO_HOST=https://backup.example.com VBO_USER=ops VBO_PASSWORD=… ./save GET /v8/Jobs jobs.json
 *
 * VBO_PIN pins the server's certificate, VBO_CA names a file of authorities.  The exit status is
 * the one that `vbolua` has for the same failure. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vbo.h>

static int fail(const vbo_error *err) {
  fprintf(stderr, "save: %s [%s]", err->message, vbo_error_kind_name(err->kind));
  if (err->hint[0] != '\0') fprintf(stderr, "; hint: %s", err->hint);
  fputc('\n', stderr);
  return vbo_error_exit_status(err->kind);
}

/* On a terminal: how far it is, in one line that is written over and over. */
static void show(void *owner, vbo_transfer *transfer, const vbo_event *event) {
  (void)owner;
  (void)transfer;
  if (event->kind == VBO_EVENT_PREPARING)
    fprintf(stderr, "\r%s: preparing, %lld s\033[K", event->name,
            (long long)event->progress.waited / 1000);
  else if (event->kind == VBO_EVENT_PROGRESS && event->progress.received > 0)
    fprintf(stderr, "\r%s: %lld bytes, %lld KiB/s\033[K", event->name,
            (long long)event->progress.received, (long long)event->rate / 1024);
  else
    fputs("\r\033[K", stderr);
}

/* The file is there, whole, under its final name; or not at all. */
static int save(vbo_client *client, const char *method, const char *path, const char *file) {
  vbo_error err = {0};
  vbo_request request = {.method = method, .path = path};
  vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = file};
  vbo_transfer *transfer = vbo_call(client, &request, &sink, &err);
  if (transfer == NULL) return fail(&err);
  vbo_progress progress;
  vbo_transfer_progress(transfer, &progress);
  printf("%s: %lld bytes, SHA-256 %s\n", file, (long long)progress.received,
         vbo_transfer_sha256(transfer));
  vbo_transfer_free(transfer);
  return 0;
}

static int connect_and_save(vbo_engine *engine, vbo_secret *password, char **argv) {
  vbo_error err = {0};
  /* The path's first segment is the API version, which also says where tokens come from. */
  char version[16] = "";
  sscanf(argv[2], "/%15[^/?]", version);
  /* From v7 on a token is bound to a cookie, unless it is asked for without. */
  bool has_cookies = version[0] == 'v' && strtol(version + 1, NULL, 10) >= 7;
  vbo_client_options options = {
      .url = getenv("VBO_HOST"),
      .api_version = version,
      .user = getenv("VBO_USER"),
      .password = password,
      .token_parameters = has_cookies ? "disable_antiforgery_token=true" : NULL,
      .pin = getenv("VBO_PIN"),
      .ca_file = getenv("VBO_CA")};
  vbo_client *client = vbo_client_open(engine, &options, &err);
  if (client == NULL) return fail(&err);
  int status = 0;
  if (!vbo_client_login(client, &err))
    status = fail(&err);
  else
    status = save(client, argv[1], argv[2], argv[3]);
  vbo_client_free(client);
  return status;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: save METHOD /VERSION/PATH FILE\n", stderr);
    return 2;
  }
  vbo_error err = {0};
  vbo_secret *password = vbo_secret_from_env("VBO_PASSWORD", &err);
  if (password == NULL) return fail(&err);
  vbo_engine *engine = vbo_engine_new(&err);
  if (engine == NULL) {
    vbo_secret_free(password);
    return fail(&err);
  }
  if (isatty(STDERR_FILENO)) vbo_engine_on_progress(engine, show, NULL);
  int status = connect_and_save(engine, password, argv);
  vbo_engine_free(engine);
  vbo_secret_free(password);
  return status;
}
