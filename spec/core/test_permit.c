/* Changes of a journaled client: what is one, and the permit that it needs. */
#include "client/effect.h"
#include "peer_run.h"
#include "store/permit.h"

#define TOKEN "token tok 3600\n"
#define ID "1c0ee2f4-8f3c-4d3d-9d4f-8d4a4a0d0b5e"

static bool changes(const char *method, const char *path, const char *body) {
  return vbo_effect_changes(method, path, body, body != NULL ? strlen(body) : 0);
}

static void knows_reads_and_housekeeping_among_posts(void **state) {
  (void)state;
  assert_false(changes("GET", "/v8/Jobs", NULL));
  assert_false(changes("GET", "/anything", NULL));
  assert_false(changes("POST", "/v8/Jobs/" ID "/explore", "{\"datetime\":null}"));
  assert_false(changes("POST", "/v6/RestoreSessions/" ID "/Stop", NULL));
  assert_false(changes("POST", "/v6/restoresessions/" ID "/stop/", NULL));
  assert_false(changes("POST", "/v7/RestoreSessions/" ID "/Stop?x=1", NULL));
  assert_false(
      changes("POST", "/v8/RestoreSessions/" ID "/organization/mailboxes/AQ==/search", "{}"));
  assert_false(changes(
      "POST", "/v6/RestoreSessions/" ID "/organization/mailboxes/a%2Fb%2Bc/items/x/save", "{}"));
  assert_false(changes("POST", "/v5/RestoreSessions/" ID "/action", "{\"stop\":null}"));
  assert_false(changes("POST", "/v2/RestoreSessions/" ID "/Action", " {\"Stop\" : {} } "));
  assert_false(changes("POST", "/v5/Jobs/" ID "/action", "{\"explore\":{\"stop\":1}}"));
  /* A server that is newer than this library. */
  assert_false(changes("POST", "/v9/Jobs/" ID "/explore", "{}"));
}

static void takes_all_else_for_a_change(void **state) {
  (void)state;
  assert_true(changes("DELETE", "/v8/Jobs/" ID, NULL));
  assert_true(changes("PUT", "/v8/Jobs/" ID "/explore", NULL));
  assert_true(changes("PATCH", "/v8/RestoreSessions/" ID "/Stop", NULL));
  assert_true(changes("get", "/v8/Jobs", NULL));
  assert_true(changes("POST", "/v8/Jobs/" ID "/stop", NULL));
  assert_true(changes("POST", "/v8/Jobs", "{}"));
  assert_true(changes("POST", "/v8", "{}"));
  assert_true(changes("POST", "/v0/Jobs/" ID "/explore", "{}"));
  assert_true(changes("POST", "/Jobs/" ID "/explore", "{}"));
  assert_true(changes("POST", "/v5/Jobs/" ID "/explore", "{}")); /* no such path in v5 */
  assert_true(changes("POST", "/v1/Jobs/" ID "/Action", "{\"explore\":{}}")); /* nor in v1 */
  assert_true(changes("POST", "/v8/Jobs/" ID "/action", "{\"explore\":{}}"));
  assert_true(changes(
      "POST", "/v8/RestoreSessions/" ID "/organization/onedrives/x/documents/restoreTo", "{}"));
  assert_true(changes("POST", "/v8/something/new", "{}"));
}

static void takes_what_is_ambiguous_for_a_change(void **state) {
  (void)state;
  static const char path[] = "/v5/RestoreSessions/" ID "/Organization/OneDrives/x/action";
  assert_false(changes("POST", path, "{\"save\":{}}"));
  assert_true(changes("POST", path, "{\"restoreTo\":{}}"));
  assert_true(changes("POST", path, "{\"save\":{},\"restoreTo\":{}}"));
  assert_true(changes("POST", path, "{\"restoreTo\":{},\"save\":{}}"));
  assert_true(changes("POST", path, "{\"save\":{},\"save\":{}}"));
  assert_true(changes("POST", path, "{\"s\\u0061ve\":{}}"));
  assert_true(changes("POST", path, "{\"save\":{}"));
  assert_true(changes("POST", path, "[\"save\"]"));
  assert_true(changes("POST", path, "\"save\""));
  assert_true(changes("POST", path, "{}"));
  assert_true(changes("POST", path, ""));
  assert_true(changes("POST", path, NULL));
  assert_false(changes("POST", "/v8/RestoreSessions/" ID "/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions//Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/../Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/%2e%2e/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/..%2F..%2Fv8%2FJobs%2F" ID "/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/x%2f%2E.%5cJobs/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/x%252f../Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/x%00/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/x%zz/Stop", NULL));
  assert_true(changes("POST", "/v8/RestoreSessions/" ID "/Stop//", NULL));
  assert_true(changes("POST", "/v8/x/../RestoreSessions/" ID "/Stop", NULL));
}

static void a_permit_is_for_one_request(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_permit *p = vbo_permit_new(7, 2, "POST", "/v8/a", "{}", 2, &err);
  assert_non_null(p);
  assert_int_equal(vbo_permit_step(p), 7);
  assert_int_equal(vbo_permit_attempt(p), 2);
  assert_true(vbo_permit_check(p, "POST", "/v8/a", "{}", 2, &err));
  static const struct {
    const char *method, *path, *body;
  } others[] = {{"PUT", "/v8/a", "{}"},  {"POST", "/v8/b", "{}"}, {"POST", "/v8/a", "[]"},
                {"POST", "/v8/a{", "}"}, {"POST", "/v8/a", ""},   {"POST", "/v8/a", NULL},
                {"POST/v8", "/a", "{}"}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    size_t size = others[i].body != NULL ? strlen(others[i].body) : 0;
    assert_false(vbo_permit_check(p, others[i].method, others[i].path, others[i].body, size, &err));
    assert_kind(err, JOURNAL);
    assert_contains(err.message, "got another request");
  }
  vbo_permit_spend(p);
  assert_false(vbo_permit_check(p, "POST", "/v8/a", "{}", 2, &err));
  assert_kind(err, JOURNAL);
  assert_contains(err.message, "sent twice with one permit");
  vbo_permit_free(p);
  vbo_permit_free(NULL);
  /* No body is another request than an empty one. */
  p = vbo_permit_new(1, 1, "DELETE", "/v8/a", NULL, 0, &err);
  assert_true(vbo_permit_check(p, "DELETE", "/v8/a", NULL, 0, &err));
  assert_false(vbo_permit_check(p, "DELETE", "/v8/a", "", 0, &err));
  vbo_permit_free(p);
}

static session begin_journaled(const char *script) {
  session s = prepare(script);
  s.options.journaled = true;
  s.client = client_open(&s);
  return s;
}

static void refuse(session *s, const vbo_request *request, const char *message) {
  s->err = (vbo_error){0};
  assert_null(vbo_transfer_start(s->client, request, NULL, &s->err));
  assert_kind(s->err, JOURNAL);
  assert_contains(s->err.message, message);
  assert_contains(s->err.request, request->path);
  assert_false(s->err.sent);
  assert_false(s->err.retryable);
}

static void sends_no_change_without_a_permit(void **state) {
  (void)state;
  session s = begin_journaled(TOKEN
                              "on POST /v8/Jobs/x/start\njson 200 {}\n"
                              "on POST /v8/Jobs/x/explore\njson 201 {}\n"
                              "on GET /v8/Jobs\njson 200 [1]\n");
  vbo_request change = {.method = "POST", .path = "/v8/Jobs/x/start", .body = "{}", .body_size = 2};
  refuse(&s, &change, "without its intent in the journal"); /* `change` is false */
  change.change = true;
  refuse(&s, &change, "without its intent in the journal");
  get_is(&s, "/v8/Jobs", "[1]");
  vbo_request read = {.method = "GET", .path = "/v8/Jobs", .change = true};
  refuse(&s, &read, "without its intent in the journal"); /* the caller's word adds */
  vbo_request explore = {
      .method = "POST", .path = "/v8/Jobs/x/explore", .body = "{}", .body_size = 2, .once = true};
  vbo_transfer *t = vbo_call(s.client, &explore, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);

  vbo_permit *permit = vbo_permit_new(1, 1, "POST", "/v8/Jobs/x/stop", "{}", 2, &s.err);
  change.permit = permit;
  refuse(&s, &change, "got another request");
  vbo_permit_free(permit);
  assert_int_equal(peer_count(s.peer, "POST /v8/Jobs/x/start"), 0);
  change.permit = permit = vbo_permit_new(1, 1, "POST", "/v8/Jobs/x/start", "{}", 2, &s.err);
  t = vbo_call(s.client, &change, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  refuse(&s, &change, "sent twice with one permit");
  assert_int_equal(peer_count(s.peer, "POST /v8/Jobs/x/start"), 1);
  vbo_permit_free(permit);
  end(&s);
}

static void a_request_that_cannot_begin_spends_nothing(void **state) {
  (void)state;
  session s = begin_journaled(TOKEN "on POST /v8/x\njson 200 {}\n");
  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "taken"));
  fclose(fopen(path, "w"));
  vbo_sink_options file = {.kind = VBO_SINK_FILE, .path = path};
  vbo_permit *permit = vbo_permit_new(1, 1, "POST", "/v8/x", NULL, 0, &s.err);
  vbo_request request = {.method = "POST", .path = "/v8/x", .permit = permit};
  assert_null(vbo_transfer_start(s.client, &request, &file, &s.err));
  assert_kind(s.err, EXISTS);
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  vbo_permit_free(permit);
  end(&s);
}

static void attempts_of_one_transfer_need_one_permit(void **state) {
  (void)state;
  session s = begin_journaled(TOKEN
                              "on POST /v8/x bearer tok-1\njson 401 {\"message\":\"old\"}\n"
                              "on POST /v8/x\njson 200 {}\n");
  vbo_permit *permit = vbo_permit_new(1, 1, "POST", "/v8/x", NULL, 0, &s.err);
  vbo_request request = {.method = "POST", .path = "/v8/x", .permit = permit};
  vbo_transfer *t = vbo_transfer_start(s.client, &request, NULL, &s.err);
  vbo_permit_free(permit); /* the transfer does not need it any more */
  assert_true(vbo_transfer_wait(t, &s.err));
  assert_int_equal(peer_count(s.peer, "POST /v8/x"), 2);
  vbo_transfer_free(t);
  end(&s);
}

static void binds_the_body_before_secrets_are_put_in(void **state) {
  (void)state;
  session s = begin_journaled(TOKEN "on POST /v8/x body {\"p\":\"hidden-one\"}\njson 200 {}\n");
  vbo_secret *secret = vbo_secret_new("hidden-one", 10, NULL);
  vbo_secret_slot slot = {"\"@1@\"", secret};
  vbo_permit *permit = vbo_permit_new(1, 1, "POST", "/v8/x", "{\"p\":\"@1@\"}", 11, &s.err);
  vbo_request request = {.method = "POST",
                         .path = "/v8/x",
                         .body = "{\"p\":\"@1@\"}",
                         .body_size = 11,
                         .secrets = &slot,
                         .secret_count = 1,
                         .permit = permit};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  vbo_permit_free(permit);
  vbo_secret_free(secret);
  end(&s);
}

static void what_the_core_takes_for_a_change_is_sent_once(void **state) {
  (void)state;
  session s = begin_journaled(TOKEN "on POST /v8/x\nclose\n");
  vbo_permit *permit = vbo_permit_new(1, 1, "POST", "/v8/x", NULL, 0, &s.err);
  vbo_request request = {.method = "POST", .path = "/v8/x", .permit = permit}; /* "a read" */
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_kind(s.err, UNKNOWN_OUTCOME);
  assert_int_equal(peer_count(s.peer, "POST /v8/x"), 1);
  vbo_permit_free(permit);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(knows_reads_and_housekeeping_among_posts),
      cmocka_unit_test(takes_all_else_for_a_change),
      cmocka_unit_test(takes_what_is_ambiguous_for_a_change),
      cmocka_unit_test(a_permit_is_for_one_request),
      cmocka_unit_test(sends_no_change_without_a_permit),
      cmocka_unit_test(a_request_that_cannot_begin_spends_nothing),
      cmocka_unit_test(attempts_of_one_transfer_need_one_permit),
      cmocka_unit_test(binds_the_body_before_secrets_are_put_in),
      cmocka_unit_test(what_the_core_takes_for_a_change_is_sent_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
