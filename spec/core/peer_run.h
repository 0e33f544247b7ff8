/* peer_run.h: starts the scripted peer for a C test and reads its log. */
#ifndef VBO_PEER_RUN_H
#define VBO_PEER_RUN_H

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "harness.h"

typedef struct peer {
  pid_t pid;
  int port;
  char directory[64];
  char log[96];
  char ca[96];
  char url[64];
  char fingerprint[64];
  char other[64];
} peer;

static inline void peer_field(const char *line, const char *name, char *out, size_t capacity) {
  size_t size = strlen(name);
  if (strncmp(line, name, size) != 0) return;
  snprintf(out, capacity, "%.*s", (int)strcspn(line + size, "\n"), line + size);
}

/* The peer runs by the script until peer_stop. */
static inline peer *peer_start(const char *script) {
  const char *program = getenv("VBO_PEER");
  if (program == NULL) program = "build/peer";
  peer *p = calloc(1, sizeof *p);
  int in[2];
  int out[2];
  assert_non_null(p);
  snprintf(p->directory, sizeof p->directory, "/tmp/vbolua-test-XXXXXX");
  assert_non_null(mkdtemp(p->directory));
  snprintf(p->log, sizeof p->log, "%s/log", p->directory);
  snprintf(p->ca, sizeof p->ca, "%s/ca.pem", p->directory);
  assert_int_equal(pipe(in), 0);
  assert_int_equal(pipe(out), 0);
  p->pid = fork();
  if (p->pid == 0) {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves no peer behind */
#endif
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]), close(in[1]), close(out[0]), close(out[1]);
    execl(program, program, "--log", p->log, "--dir", p->directory, (char *)NULL);
    _exit(127);
  }
  close(in[0]), close(out[1]);
  assert_int_equal(write(in[1], script, strlen(script)), (ssize_t)strlen(script));
  close(in[1]);
  FILE *answers = fdopen(out[0], "r");
  char line[256] = "";
  while (strcmp(line, "ready\n") != 0) {
    if (fgets(line, sizeof line, answers) == NULL) fail_msg("the peer %s does not start", program);
    peer_field(line, "url: ", p->url, sizeof p->url);
    peer_field(line, "fingerprint: ", p->fingerprint, sizeof p->fingerprint);
    peer_field(line, "fingerprint-other: ", p->other, sizeof p->other);
  }
  fclose(answers);
  p->port = atoi(strrchr(p->url, ':') + 1);
  return p;
}

/* How many log lines hold the text. */
static inline int peer_count(const peer *p, const char *text) {
  FILE *log = fopen(p->log, "r");
  static char line[1 << 17];
  int count = 0;
  assert_non_null(log);
  while (fgets(line, sizeof line, log) != NULL)
    count += strstr(line, text) != NULL;
  fclose(log);
  return count;
}

/* Waits until so many log lines hold the text. */
static inline void peer_await(const peer *p, const char *text, int count) {
  for (int i = 0; i < 3000 && peer_count(p, text) < count; i++)
    usleep(10 * 1000);
  assert_int_equal(peer_count(p, text), count);
}

/* Removes the peer's folder with the files in it that tests make. */
static inline void peer_stop(peer *p) {
  char command[160];
  kill(p->pid, SIGTERM);
  waitpid(p->pid, NULL, 0);
  snprintf(command, sizeof command, "rm -rf '%s'", p->directory);
  if (system(command) != 0) print_message("could not remove %s\n", p->directory);
  free(p);
}

/* A file in the peer's folder. */
static inline const char *peer_path(const peer *p, const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", p->directory, name);
  return path;
}

/* ----------------------------------------------------- the client's side */

typedef struct session {
  peer *peer;
  vbo_engine *engine;
  vbo_client *client;
  vbo_client_options options;
  vbo_error err;
} session;

static inline vbo_client *client_open(session *s) {
  vbo_client *client = vbo_client_open(s->engine, &s->options, &s->err);
  if (client == NULL) fail_msg("open: %s", s->err.message);
  return client;
}

/* An engine, and the options of a client that pins the peer; the caller may
 * change them and then opens it. */
static inline session prepare(const char *script) {
  session s = {.peer = peer_start(script)};
  s.engine = vbo_engine_new(&s.err);
  assert_non_null(s.engine);
  s.options = (vbo_client_options){
      .url = s.peer->url,
      .api_version = "v8",
      .user = "operator",
      .password = vbo_secret_new("pass word&1", 11, NULL),
      .pin = s.peer->fingerprint,
      .proxy = "",
  };
  return s;
}

static inline session begin(const char *script) {
  session s = prepare(script);
  s.client = client_open(&s);
  return s;
}

static inline void end(session *s) {
  vbo_client_free(s->client);
  vbo_engine_free(s->engine);
  vbo_secret_free(s->options.password);
  peer_stop(s->peer);
}

static inline vbo_transfer *start(session *s, const char *method, const char *path, bool change,
                                  const vbo_sink_options *sink) {
  vbo_request request = {.method = method, .path = path, .change = change};
  if (strcmp(method, "GET") != 0) request.body = "{}", request.body_size = 2;
  vbo_transfer *transfer = vbo_transfer_start(s->client, &request, sink, &s->err);
  if (transfer == NULL) fail_msg("start: %s", s->err.message);
  return transfer;
}

/* A call that must succeed; its body, which the caller frees. */
static inline char *get(session *s, const char *path) {
  vbo_request request = {.method = "GET", .path = path};
  vbo_transfer *transfer = vbo_call(s->client, &request, NULL, &s->err);
  if (transfer == NULL) fail_msg("GET %s: %s", path, s->err.message);
  char *body = strdup(vbo_transfer_body(transfer, NULL));
  vbo_transfer_free(transfer);
  return body;
}

static inline void get_is(session *s, const char *path, const char *wanted) {
  char *body = get(s, path);
  assert_string_equal(body, wanted);
  free(body);
}

/* A call that must fail; the failure is in s->err. */
static inline void call_fails(session *s, const char *method, const char *path, bool change,
                              const vbo_sink_options *sink) {
  vbo_request request = {.method = method, .path = path, .change = change};
  if (strcmp(method, "GET") != 0) request.body = "{}", request.body_size = 2;
  s->err = (vbo_error){0};
  vbo_transfer *transfer = vbo_call(s->client, &request, sink, &s->err);
  if (transfer != NULL) fail_msg("%s %s succeeded", method, path);
}

#endif
