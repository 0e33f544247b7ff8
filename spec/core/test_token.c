/* The token over the wire: requests of many transfers, both grants, 401s, odd answers. */
#include "peer_run.h"

enum { MANY = 60 };

/* Starts MANY reads at once and waits for them. */
static void run_many(session *s, bool succeed) {
  vbo_transfer *transfers[MANY];
  for (int i = 0; i < MANY; i++)
    transfers[i] = start(s, "GET", "/v8/x", false, NULL);
  int pending = MANY;
  while (pending > 0) {
    pending = vbo_engine_run(s->engine, -1, &s->err);
    assert_true(pending >= 0);
  }
  int reported = 0;
  while (vbo_engine_next(s->engine) != NULL)
    reported++;
  assert_int_equal(reported, MANY);
  for (int i = 0; i < MANY; i++) {
    const vbo_error *err = vbo_transfer_error(transfers[i]);
    if (succeed && err != NULL) fail_msg("%d: %s", i, err->message);
    if (!succeed) assert_non_null(err);
    vbo_transfer_free(transfers[i]);
  }
}

static void asks_once_for_many(void **state) {
  (void)state;
  session s = begin("token tok 3600\non GET /v8/x bearer tok-1\njson 200 1\n");
  run_many(&s, true);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 1);
  assert_int_equal(peer_count(s.peer, "GET /v8/x"), MANY);
  end(&s);
}

static void refreshes_once_after_many_401(void **state) {
  (void)state;
  session s = begin(
      "token tok 3600\non GET /v8/first\njson 200 0\n"
      "on GET /v8/x bearer tok-1\npause 20\njson 401 {\"message\":\"expired\"}\n"
      "on GET /v8/x bearer tok-2\njson 200 1\n");
  get_is(&s, "/v8/first", "0");
  run_many(&s, true);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 2);
  assert_int_equal(peer_count(s.peer, "grant_type=refresh_token&refresh_token=refresh-tok-1"), 1);
  assert_int_equal(peer_count(s.peer, "GET /v8/x"), 2 * MANY);
  end(&s);
}

static void a_second_401_is_final(void **state) {
  (void)state;
  session s = begin("token tok 3600\non * /v8/x\njson 401 {\"message\":\"not for you\"}\n");
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_kind(s.err, AUTH);
  assert_int_equal(s.err.status, 401);
  assert_contains(s.err.message, "not for you");
  assert_int_equal(peer_count(s.peer, "GET /v8/x"), 2);
  call_fails(&s, "POST", "/v8/x", true, NULL); /* a change, too: 401 says it was not done */
  assert_kind(s.err, AUTH);
  assert_int_equal(peer_count(s.peer, "POST /v8/x"), 2);
  end(&s);
}

static void falls_back_to_the_password_once(void **state) {
  (void)state;
  session s = begin(
      "on POST */token times 1 body grant_type=password\n"
      "json 200 {\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":900}\n"
      "on POST */token body grant_type=refresh\njson 400 {\"error\":\"invalid_grant\"}\n"
      "on POST */token times 1 body grant_type=password\n"
      "json 200 {\"access_token\":\"b\",\"expires_in\":900}\n"
      "on POST */token\njson 400 {\"error\":\"invalid_grant\",\"error_description\":\"Locked\"}\n"
      "on GET /v8/x bearer b times 1\njson 200 1\n"
      "on GET /v8/x\nempty 401\n");
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 3);
  /* And when the password is refused as well, everybody hears it. */
  run_many(&s, false);
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_kind(s.err, AUTH);
  assert_contains(s.err.message, "Locked");
  assert_false(s.err.sent);
  end(&s);
}

static void says_why_a_login_is_refused(void **state) {
  (void)state;
  session s = begin(
      "on POST */token\njson 400 {\"error\":\"invalid_grant\",\"error_description\":"
      "\"The user name or password is incorrect\"}\n");
  assert_false(vbo_client_login(s.client, &s.err));
  assert_kind(s.err, AUTH);
  assert_string_equal(s.err.code, "invalid_grant");
  assert_string_equal(s.err.message,
                      "the server refuses the login of operator: The user name or "
                      "password is incorrect");
  assert_int_equal(s.err.status, 400);
  assert_false(s.err.retryable);
  assert_string_equal(s.err.request, "POST /v8/token");
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 1);
  assert_false(vbo_client_login(s.client, &s.err));
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 2); /* a new call tries anew */
  end(&s);
}

static void refuses_answers_that_hold_no_token(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    vbo_error_kind kind;
  } cases[] = {
      {"json 200 {}", VBO_ERROR_PROTOCOL},
      {"json 200 {\"access_token\":\"\"}", VBO_ERROR_PROTOCOL},
      {"json 200 {\"access_token\":7}", VBO_ERROR_PROTOCOL},
      {"json 200 {\"access_token\":\"a\\\\r\\\\nEvil: 1\"}", VBO_ERROR_PROTOCOL},
      {"json 200 {\"access_token\":\"a\"", VBO_ERROR_PROTOCOL},
      {"json 200 {\"access_token\":\"a\",\"token_type\":\"mac\"}", VBO_ERROR_PROTOCOL},
      {"text 200 text/html <html></html>", VBO_ERROR_PROTOCOL},
      {"file 200 200000", VBO_ERROR_LIMIT},
      {"json 404 {}", VBO_ERROR_UNSUPPORTED},
      {"header Location: https://127.0.0.1:1/\nempty 307", VBO_ERROR_PROTOCOL},
      {"text 500 text/html <title>Oops</title>", VBO_ERROR_SERVER},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char script[512];
    snprintf(script, sizeof script, "on POST */token\n%s\n", cases[i].answer);
    session s = begin(script);
    assert_false(vbo_client_login(s.client, &s.err));
    if (s.err.kind != cases[i].kind)
      fail_msg("%s: %s: %s", cases[i].answer, vbo_error_kind_name(s.err.kind), s.err.message);
    assert_int_equal(peer_count(s.peer, "request "), 1);
    end(&s);
  }
}

static void tries_the_token_route_again(void **state) {
  (void)state;
  session s = begin(
      "on POST */token times 1\ncut\non POST */token times 1\nempty 503\n"
      "token tok 60\non GET /v8/x\njson 200 1\n");
  run_many(&s, true);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 3);
  end(&s);
  s = prepare("on POST */token\nempty 503\n");
  s.options.retries = 1;
  s.client = client_open(&s);
  call_fails(&s, "POST", "/v8/x", true, NULL);
  assert_kind(s.err, BUSY);
  assert_false(s.err.sent); /* the change itself never left */
  assert_true(s.err.retryable);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 2);
  end(&s);
}

static void sends_no_token_where_none_belongs(void **state) {
  (void)state;
  session s = prepare("on GET /v8/x\njson 200 1\non GET /v8/secret\nempty 401\n");
  s.options.user = NULL;
  vbo_secret *password = s.options.password;
  s.options.password = NULL;
  s.client = client_open(&s);
  vbo_request request = {.method = "GET", .path = "/v8/x", .anonymous = true};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  assert_non_null(t);
  vbo_transfer_free(t);
  assert_int_equal(peer_count(s.peer, "GET /v8/x auth=- "), 1);
  request.path = "/v8/secret";
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_kind(s.err, AUTH);
  request.anonymous = false;
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_kind(s.err, USAGE);
  assert_false(vbo_client_login(s.client, &s.err));
  assert_kind(s.err, USAGE);
  s.options.password = password;
  end(&s);
}

static void adds_token_parameters_to_both_grants(void **state) {
  (void)state;
  session s =
      prepare("token tok 3600\non GET /v8/x bearer tok-1\nempty 401\non GET /v8/x\njson 200 1\n");
  s.options.token_parameters = "disable_antiforgery_token=true";
  s.client = client_open(&s);
  get_is(&s, "/v8/x", "1");
  assert_int_equal(peer_count(s.peer, "refresh_token=refresh-tok-1&disable_antiforgery_token=true"),
                   1);
  assert_int_equal(peer_count(s.peer, "password=pass%20word%261&disable_antiforgery_token=true"),
                   1);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(asks_once_for_many),
      cmocka_unit_test(refreshes_once_after_many_401),
      cmocka_unit_test(a_second_401_is_final),
      cmocka_unit_test(falls_back_to_the_password_once),
      cmocka_unit_test(says_why_a_login_is_refused),
      cmocka_unit_test(refuses_answers_that_hold_no_token),
      cmocka_unit_test(tries_the_token_route_again),
      cmocka_unit_test(sends_no_token_where_none_belongs),
      cmocka_unit_test(adds_token_parameters_to_both_grants),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
