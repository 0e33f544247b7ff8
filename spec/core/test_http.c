/* Requests and answers, proper and not, over real TLS. */
#include "peer_run.h"

#define TOKEN "token tok 3600\n"

static void fetches_json_with_one_token(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/Jobs*\nheader X-Thing:  some  \njson 200 {\"a\":[1]}\n");
  vbo_request request = {.method = "GET", .path = "/v8/Jobs?limit=30"};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  assert_non_null(t);
  size_t size = 0;
  assert_string_equal(vbo_transfer_body(t, &size), "{\"a\":[1]}");
  assert_int_equal(size, 9);
  assert_int_equal(vbo_transfer_status(t), 200);
  assert_string_equal(vbo_transfer_header(t, "x-thing"), "some");
  assert_null(vbo_transfer_header(t, "x-other"));
  assert_null(vbo_transfer_error(t));
  vbo_progress progress;
  vbo_transfer_progress(t, &progress);
  assert_int_equal(progress.phase, VBO_PHASE_DONE);
  assert_int_equal(progress.received, 9);
  assert_int_equal(progress.expected, 9);
  assert_int_equal(progress.attempts, 1);
  vbo_transfer_free(t);
  get_is(&s, "/v8/Jobs", "{\"a\":[1]}");
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 1);
  assert_int_equal(peer_count(s.peer, "auth=Bearer tok-1"), 2);
  assert_int_equal(peer_count(s.peer, "connect "), 1); /* reads share a connection */
  assert_int_equal(
      peer_count(s.peer, "grant_type=password&username=operator&password=pass%20word%261"), 1);
  end(&s);
}

static void sends_bodies_and_changes_on_their_own_connection(void **state) {
  (void)state;
  session s = begin(TOKEN "on POST /v8/x\njson 200 {}\non DELETE /v8/y\nempty 204\n");
  for (int i = 0; i < 2; i++) {
    vbo_request request = {
        .method = "POST", .path = "/v8/x", .body = "{\"b\":1}", .body_size = 7, .change = true};
    vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
    if (t == NULL) fail_msg("%s", s.err.message);
    vbo_transfer_free(t);
  }
  vbo_request request = {.method = "DELETE", .path = "/v8/y", .change = true};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  assert_int_equal(vbo_transfer_status(t), 204);
  vbo_transfer_free(t);
  assert_int_equal(peer_count(s.peer, "POST /v8/x auth=Bearer tok-1 body={\"b\":1}"), 2);
  assert_int_equal(peer_count(s.peer, "connect "), 4); /* token, and one a change */
  end(&s);
}

static void repeats_a_read_whose_answer_is_lost(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/x times 2\ncut\non GET /v8/x\njson 200 [1]\n");
  get_is(&s, "/v8/x", "[1]");
  assert_true(peer_count(s.peer, "GET /v8/x") == 3);
  end(&s);
}

static void never_repeats_a_change_whose_answer_is_lost(void **state) {
  (void)state;
  static const char *const losses[] = {
      "cut\n",
      "reset\n",
      "close\n",
      "send HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n{}\ncut\n",
      "send garbage\\r\\n\\r\\n\nclose\n",
      "send HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\n\ncut\n",
      "json 504 {}\n"};
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    char script[512];
    snprintf(script, sizeof script, TOKEN "on GET /v8/a\njson 200 1\non POST /v8/x\n%s", losses[i]);
    session s = begin(script);
    get_is(&s, "/v8/a", "1"); /* so that there is a connection to reuse */
    call_fails(&s, "POST", "/v8/x", true, NULL);
    assert_kind(s.err, UNKNOWN_OUTCOME);
    assert_true(s.err.sent);
    assert_false(s.err.retryable);
    assert_string_equal(s.err.request, "POST /v8/x");
    assert_string_equal(s.err.server, s.peer->url);
    assert_int_equal(peer_count(s.peer, "POST /v8/x"), 1);
    end(&s);
  }
}

/* Tests the outcome of a change, by the program that refused it. */
static void knows_whether_the_server_itself_refused(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    vbo_error_kind kind;
    bool retried;
  } cases[] = {
      {"json 400 {\"message\":\"no\"}", VBO_ERROR_REFUSED, false},
      {"json 403 {\"message\":\"no\",\"errorCode\":null}", VBO_ERROR_REFUSED, false},
      {"json 404 {\"Message\":\"no\"}", VBO_ERROR_NOT_FOUND, false},
      {"json 405 {\"title\":\"no\",\"status\":405}", VBO_ERROR_REFUSED, false},
      {"json 409 {\"message\":\"no\"}", VBO_ERROR_CONFLICT, false},
      {"json 422 {\"errors\":{\"a\":[\"b\"]}}", VBO_ERROR_REFUSED, false},
      {"json 429 {\"message\":\"later\"}", VBO_ERROR_BUSY, true},
      {"json 429 {\"errorCode\":\"TooMany\"}", VBO_ERROR_BUSY, true},
      {"json 503 {\"error\":{\"message\":\"later\"}}", VBO_ERROR_BUSY, true},
      {"json 503 {\"Message\":\"later\",\"ExceptionMessage\":\"x\"}", VBO_ERROR_BUSY, true},
      {"json 503 {\"error\":\"temporarily_unavailable\",\"error_description\":\"x\"}",
       VBO_ERROR_BUSY, true},
      /* The same without words of the server's own, or with another status. */
      {"empty 400", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"empty 404", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 403 {}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 403 {\"message\":null}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 409 [{\"message\":\"no\"}]", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 409 {\"message\":\"no\"} and more", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 429 {\"message\":\"la", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"text 503 text/html <html><title>Busy</title>", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"text 503 text/plain upstream connect error", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 503 \"busy\"", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"empty 429", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"empty 503", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 504 {\"message\":\"no\"}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 408 {\"message\":\"no\"}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 410 {\"message\":\"no\"}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 500 {\"message\":\"it broke\"}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"json 502 {\"message\":\"no\"}", VBO_ERROR_UNKNOWN_OUTCOME, false},
      {"empty 307", VBO_ERROR_UNKNOWN_OUTCOME, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char script[512];
    snprintf(script, sizeof script, TOKEN "on POST /v8/x\n%s\n", cases[i].answer);
    session s = prepare(script);
    s.options.retries = 1;
    s.client = client_open(&s);
    call_fails(&s, "POST", "/v8/x", true, NULL);
    if (s.err.kind != cases[i].kind) fail_msg("%s: %s", cases[i].answer, s.err.message);
    assert_int_equal(s.err.retryable, cases[i].retried);
    assert_int_equal(s.err.refused, cases[i].kind != VBO_ERROR_UNKNOWN_OUTCOME);
    assert_true(s.err.sent);
    /* The error keeps the server's status in any case. */
    assert_int_equal(s.err.status, atoi(strchr(cases[i].answer, ' ') + 1));
    if (peer_count(s.peer, "POST /v8/x") != (cases[i].retried ? 2 : 1))
      fail_msg("%s: sent %d times", cases[i].answer, peer_count(s.peer, "POST /v8/x"));
    end(&s);
  }
}

/* Sends a change and an explore, which the server refuses for now, and then not. */
static void repeats_what_was_refused_for_now(void **state) {
  (void)state;
  static const char *const refusals[] = {"json 429 {\"message\":\"later\"}",
                                         "header Retry-After: 0\njson 503 {\"message\":\"later\"}"};
  for (size_t i = 0; i < 4; i++) {
    char script[512];
    snprintf(script, sizeof script,
             TOKEN "on POST /v5/x times 2\n%s\non POST /v5/x\njson 200 [7]\n", refusals[i % 2]);
    session s = begin(script);
    vbo_request request = {.method = "POST",
                           .path = "/v5/x",
                           .body = "{\"a\":null}",
                           .body_size = 10,
                           .change = i < 2,
                           .once = i >= 2};
    vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
    if (t == NULL) fail_msg("%s: %s", refusals[i % 2], s.err.message);
    assert_string_equal(vbo_transfer_body(t, NULL), "[7]");
    assert_true(vbo_transfer_lost(t, 1)->sent);
    assert_kind(*vbo_transfer_lost(t, 2), BUSY);
    vbo_transfer_free(t);
    assert_int_equal(peer_count(s.peer, "POST /v5/x"), 3);
    end(&s);
  }
}

/* The attempt that was refused says nothing about the one that follows it. */
static void loses_the_answer_after_a_refusal(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on POST /v8/x times 1\njson 503 {\"message\":\"later\"}\n"
                    "on POST /v8/x\nclose\n"
                    "on POST /v8/y times 1\njson 429 {\"message\":\"later\"}\n"
                    "on POST /v8/y\nempty 503\n");
  call_fails(&s, "POST", "/v8/x", true, NULL);
  assert_kind(s.err, UNKNOWN_OUTCOME);
  assert_false(s.err.refused);
  assert_int_equal(peer_count(s.peer, "POST /v8/x"), 2);
  call_fails(&s, "POST", "/v8/y", true, NULL);
  assert_kind(s.err, UNKNOWN_OUTCOME);
  assert_int_equal(peer_count(s.peer, "POST /v8/y"), 2);
  end(&s);
}

/* Cancelled, or at its deadline, between a refusal and the next attempt: nothing was done. */
static void ends_in_the_pause_after_a_refusal(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on POST /v8/x\nheader Retry-After: 30\njson 429 {\"message\":\"later\"}\n"
                    "on POST /v8/y\nheader Retry-After: 86400\njson 429 {\"message\":\"later\"}\n");
  vbo_transfer *t = start(&s, "POST", "/v8/x", true, NULL);
  vbo_progress progress = {0};
  while (progress.pause == 0) {
    assert_true(vbo_engine_run(s.engine, 100, &s.err) >= 0);
    vbo_transfer_progress(t, &progress);
  }
  vbo_transfer_cancel(t);
  assert_kind(*vbo_transfer_error(t), CANCELLED);
  assert_false(vbo_transfer_error(t)->sent);
  vbo_transfer_free(t);
  /* The pause holds the client's other requests, too: another one asks. */
  vbo_client_free(s.client);
  s.client = client_open(&s);
  vbo_request request = {.method = "POST", .path = "/v8/x", .change = true, .deadline = 10000};
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_kind(s.err, BUSY); /* at once: the pause would end behind the deadline */
  assert_true(s.err.refused);
  assert_int_equal(s.err.retry_after, 30000);
  call_fails(&s, "POST", "/v8/y", true, NULL);
  assert_kind(s.err, BUSY);
  assert_true(s.err.refused);
  assert_contains(s.err.message, "it asks to wait 86400 s, longer than the 600 s allowed");
  assert_int_equal(peer_count(s.peer, "POST /v8/y"), 1);
  end(&s);
}

static void a_read_is_refused_too(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/a\njson 404 {\"message\":\"no\"}\non GET /v8/b\nempty 404\n"
                    "on GET /v8/c\njson 500 {\"message\":\"no\"}\n");
  call_fails(&s, "GET", "/v8/a", false, NULL);
  assert_true(s.err.refused);
  call_fails(&s, "GET", "/v8/b", false, NULL);
  assert_false(s.err.refused);
  call_fails(&s, "GET", "/v8/c", false, NULL);
  assert_false(s.err.refused);
  end(&s);
}

/* A token that is refused by the server itself is renewed; anything else might have been done. */
static void renews_the_token_of_a_change_that_was_refused(void **state) {
  (void)state;
  static const char *const refusals[] = {"json 401 {\"message\":\"denied\"}",
                                         "header WWW-Authenticate: Bearer\nempty 401",
                                         "header WWW-Authenticate: bearer error=\"x\"\nempty 401"};
  static const char *const others[] = {"empty 401", "text 401 text/html <html>who are you?",
                                       "header WWW-Authenticate: BearerX\nempty 401",
                                       "header WWW-Authenticate: NTLM\nempty 401"};
  char script[512];
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    snprintf(script, sizeof script, TOKEN "on POST /v8/x times 1\n%s\non POST /v8/x\njson 200 1\n",
             refusals[i]);
    session s = begin(script);
    vbo_transfer *t = start(&s, "POST", "/v8/x", true, NULL);
    if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s: %s", refusals[i], s.err.message);
    vbo_transfer_free(t);
    assert_int_equal(peer_count(s.peer, "POST /v8/x"), 2);
    end(&s);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    snprintf(script, sizeof script, TOKEN "on POST /v8/x\n%s\n", others[i]);
    session s = begin(script);
    call_fails(&s, "POST", "/v8/x", true, NULL);
    assert_kind(s.err, UNKNOWN_OUTCOME);
    assert_int_equal(s.err.status, 401);
    assert_int_equal(peer_count(s.peer, "POST /v8/x"), 1);
    end(&s);
  }
}

static void repeats_a_change_that_never_left(void **state) {
  (void)state;
  session s = begin(TOKEN "connection 2 refuse\nconnection 3 tls\non POST /v8/x\njson 200 [2]\n");
  assert_true(vbo_client_login(s.client, &s.err));
  vbo_transfer *t = start(&s, "POST", "/v8/x", true, NULL);
  if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s", s.err.message);
  vbo_progress progress;
  vbo_transfer_progress(t, &progress);
  assert_int_equal(progress.attempts, 2);
  vbo_transfer_free(t);
  assert_int_equal(peer_count(s.peer, "POST /v8/x"), 1);
  end(&s);
}

static void takes_no_leftover_bytes_for_an_answer(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/a\njson 200 [1]\npause 50\n"
                    "send HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\n\"evil\"\n"
                    "on GET /v8/b\njson 200 [2]\n");
  get_is(&s, "/v8/a", "[1]");
  vbo_engine_run(s.engine, 300, NULL); /* until the left-over bytes are there */
  get_is(&s, "/v8/b", "[2]");
  vbo_transfer *t = start(&s, "GET", "/v8/b", false, NULL);
  assert_true(vbo_transfer_wait(t, &s.err));
  vbo_progress progress;
  vbo_transfer_progress(t, &progress);
  assert_int_equal(progress.attempts, 1);
  vbo_transfer_free(t);
  end(&s);
}

typedef struct answer_case {
  const char *answer; /* script lines */
  vbo_error_kind kind;
  const char *message;
} answer_case;

static void check_answers(const answer_case *cases, size_t count, const vbo_sink_options *sink) {
  for (size_t i = 0; i < count; i++) {
    char script[8192];
    snprintf(script, sizeof script, TOKEN "on GET /v8/x\n%s\n", cases[i].answer);
    session s = prepare(script);
    s.options.retries = -1;
    s.client = client_open(&s);
    call_fails(&s, "GET", "/v8/x", false, sink);
    if (s.err.kind != cases[i].kind || strstr(s.err.message, cases[i].message) == NULL)
      fail_msg("%s: %s: %s", cases[i].answer, vbo_error_kind_name(s.err.kind), s.err.message);
    end(&s);
  }
}

#define OK "send HTTP/1.1 200 OK\\r\\n"

static void refuses_improper_answers(void **state) {
  (void)state;
  static const answer_case cases[] = {
      {OK "Content-Length: 2\\r\\nContent-Length: 3\\r\\n\\r\\n[]]\nclose", VBO_ERROR_PROTOCOL,
       "differ"},
      {OK "Content-Length: 2, 3\\r\\n\\r\\n[]]\nclose", VBO_ERROR_PROTOCOL, "differ"},
      {OK "Content-Length: -2\\r\\n\\r\\n[]\nclose", VBO_ERROR_PROTOCOL, ""},
      {OK "Content-Length: 0x2\\r\\n\\r\\n[]\nclose", VBO_ERROR_PROTOCOL, "not a number"},
      {OK "Content-Length: 99999999999999999999\\r\\n\\r\\n[]\nclose", VBO_ERROR_PROTOCOL, ""},
      {OK "Content-Length: 2\\r\\nTransfer-Encoding: "
          "chunked\\r\\n\\r\\n2\\r\\n[]\\r\\n0\\r\\n\\r\\n\nclose",
       VBO_ERROR_PROTOCOL, "both"},
      {OK "Transfer-Encoding: gzip, chunked\\r\\n\\r\\n0\\r\\n\\r\\n\nclose", VBO_ERROR_PROTOCOL,
       ""},
      {OK "Content-Length: 2\\r\\nContent-Encoding: gzip\\r\\n\\r\\n[]\nclose", VBO_ERROR_PROTOCOL,
       "compressed"},
      {OK "Content-Length: 2\\r\\n folded\\r\\n\\r\\n[]\nclose", VBO_ERROR_PROTOCOL, ""},
      {OK "Transfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n[]\nclose", VBO_ERROR_PROTOCOL, "chunk"},
      {"send hello there\\r\\n\nclose", VBO_ERROR_PROTOCOL, "HTTP"},
      {"send HTTP/1.1 abc\\r\\n\\r\\n\nclose", VBO_ERROR_PROTOCOL, "HTTP"},
      {OK "Content-Length: 20\\r\\n\\r\\n[]\nclose", VBO_ERROR_INTEGRITY, "2 of 20"},
      {OK "Content-Length: 20\\r\\n\\r\\n[]\ncut", VBO_ERROR_INTEGRITY, "2 of 20"},
      {OK "Content-Length: 20\\r\\n\\r\\n[]\nreset", VBO_ERROR_INTEGRITY, "of 20"},
      {OK "Transfer-Encoding: chunked\\r\\n\\r\\n2\\r\\n[]\\r\\n\ncut", VBO_ERROR_INTEGRITY,
       "cut short"},
      {OK "\\r\\n[1,\nclose", VBO_ERROR_INTEGRITY, "no stated end"},
      {OK "\\r\\n\nclose", VBO_ERROR_INTEGRITY, "no stated end"},
      {"send HTTP/1.1 206 Part\\r\\nContent-Length: 2\\r\\n\\r\\n[]", VBO_ERROR_PROTOCOL, "206"},
      {"close", VBO_ERROR_NETWORK, "without an answer"},
  };
  check_answers(cases, sizeof cases / sizeof *cases, NULL);
}

static void takes_json_that_ends_with_the_connection(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/x\n" OK "\\r\\n[1, 2]\ncut\n");
  get_is(&s, "/v8/x", "[1, 2]");
  end(&s);
}

static void tells_statuses_apart(void **state) {
  (void)state;
  static const answer_case cases[] = {
      {"json 400 {\"message\":\"Bad\\\\u001b[2J thing\",\"errorCode\":\"E1\"}", VBO_ERROR_REFUSED,
       "400: Bad[2J thing"},
      {"json 403 {\"message\":\"no\"}", VBO_ERROR_REFUSED, "403: no"},
      {"json 404 {\"message\":\"gone\"}", VBO_ERROR_NOT_FOUND, "gone"},
      {"empty 410", VBO_ERROR_NOT_FOUND, "410"},
      {"empty 408", VBO_ERROR_TIMEOUT, "408"},
      {"json 409 {\"Message\":\"running\"}", VBO_ERROR_CONFLICT, "running"},
      {"empty 429", VBO_ERROR_BUSY, "429"},
      {"empty 503", VBO_ERROR_BUSY, "503"},
      {"text 500 text/html <html><TITLE>Runtime\\n Error</title><body>x", VBO_ERROR_SERVER,
       "an HTML page: Runtime Error"},
      {"text 500 text/html <html>oops", VBO_ERROR_SERVER, "an HTML page instead of JSON"},
      {"text 500 text/plain it broke", VBO_ERROR_SERVER, "500: it broke"},
      {"send HTTP/1.1 500 X\\r\\nContent-Length: 99\\r\\n\\r\\n{\ncut", VBO_ERROR_SERVER, "500"},
      {"header Location: https://evil.example/\nempty 302", VBO_ERROR_PROTOCOL, "302"},
      {"header Location: https://evil.example/\nempty 307", VBO_ERROR_PROTOCOL, "redirect"},
  };
  check_answers(cases, sizeof cases / sizeof *cases, NULL);
}

static void keeps_the_body_and_code_of_a_refusal(void **state) {
  (void)state;
  session s = begin(TOKEN
                    "on GET /v8/x\njson 404 {\"message\":\"m\",\"errorCode\":\"NoSuch\"}\n"
                    "on GET /v8/big\nheader A: b\nfile 500 2000000\n");
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  assert_false(vbo_transfer_wait(t, &s.err));
  assert_string_equal(s.err.code, "NoSuch");
  assert_int_equal(s.err.status, 404);
  assert_true(s.err.sent);
  assert_false(s.err.retryable);
  assert_string_equal(vbo_transfer_body(t, NULL), "{\"message\":\"m\",\"errorCode\":\"NoSuch\"}");
  assert_int_equal(vbo_transfer_status(t), 404);
  vbo_transfer_free(t);
  size_t size = 0;
  t = start(&s, "GET", "/v8/big", false, NULL);
  assert_false(vbo_transfer_wait(t, &s.err));
  assert_kind(s.err, SERVER);
  vbo_transfer_body(t, &size);
  assert_int_equal(size, 1024 * 1024);
  assert_string_equal(vbo_transfer_header(t, "a"), "b");
  vbo_transfer_free(t);
  end(&s);
}

static void bounds_heads_and_bodies(void **state) {
  (void)state;
  static char script[400000];
  char *at = script + sprintf(script, TOKEN "on GET /v8/many\nsend HTTP/1.1 200 OK\\r\\n\n");
  at += sprintf(at, "send ");
  for (int i = 0; i < 300; i++)
    at += sprintf(at, "H%d: x\\r\\n", i);
  at += sprintf(at, "\nsend Content-Length: 2\\r\\n\\r\\n[]\non GET /v8/large\n");
  at += sprintf(at, "send HTTP/1.1 200 OK\\r\\n\n");
  for (int line = 0; line < 20; line++) {
    at += sprintf(at, "send H: ");
    for (int i = 0; i < 5000; i++)
      *at++ = 'x';
    at += sprintf(at, "\\r\\n\n");
  }
  at += sprintf(at,
                "send Content-Length: 2\\r\\n\\r\\n[]\non GET /v8/stated\nfile 200 5000\n"
                "on GET /v8/chunked\n" OK
                "Transfer-Encoding: chunked\\r\\n\\r\\n1000\\r\\n\n"
                "bytes 4096\nsend \\r\\n1000\\r\\n\nbytes 4096\nsend \\r\\n0\\r\\n\\r\\n\n");
  session s = prepare(script);
  s.options.body_limit = 4999;
  s.client = client_open(&s);
  static const char *const paths[] = {"/v8/many", "/v8/large", "/v8/stated", "/v8/chunked"};
  for (int i = 0; i < 4; i++) {
    call_fails(&s, "GET", paths[i], false, NULL);
    if (s.err.kind != VBO_ERROR_LIMIT) fail_msg("%s: %s", paths[i], s.err.message);
  }
  vbo_sink_options roomy = {.limit = 8192};
  vbo_transfer *t = start(&s, "GET", "/v8/chunked", false, &roomy);
  assert_true(vbo_transfer_wait(t, &s.err));
  vbo_transfer_free(t);
  end(&s);
}

/* The script that answers /v8/x with what `fill` puts there. */
static char *long_answer(const char *before, size_t size, const char *after) {
  static char script[400000];
  char *at = script + sprintf(script, TOKEN "on GET /v8/x\n%s", before);
  for (size_t line = 0; line < size / 50000; line++) {
    at += sprintf(at, "send ");
    memset(at, 'x', 50000);
    at += 50000;
    *at++ = '\n';
  }
  sprintf(at, "%s", after);
  return script;
}

static void names_the_bound_of_a_header_line(void **state) {
  (void)state;
  session s = begin(long_answer("send HTTP/1.1 200 OK\\r\\nH: \n", 150000,
                                "send \\r\\nContent-Length: 2\\r\\n\\r\\n[]\n"));
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_kind(s.err, PROTOCOL);
  assert_contains(s.err.message, "a line of it has more than 100 KiB");
  end(&s);
}

static void reads_reasons_far_down(void **state) {
  (void)state;
  session s = begin(
      long_answer("send HTTP/1.1 400 Bad\\r\\nContent-Length: 200033\\r\\n\\r\\n{\"trace\":\"\n",
                  200000, "send \",\"message\":\"far down\"}\n"));
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_string_equal(s.err.message, "the server answered 400: far down");
  end(&s);
}

/* Repeats secrets of the request in every part of an answer. */
static void shows_no_secret_that_is_repeated(void **state) {
  (void)state;
  session s = begin(
      "on GET /v8/a\njson 400 {\"message\":\"operator, pass word&1, "
      "tok-1\",\"errorCode\":\"tok-1\"}\n"
      "on GET /v8/b\ntext 500 text/html <title>pass+word%261 for operator</title>\n"
      "on GET /v8/c\ntext 500 text/plain Basic b3BlcmF0b3I6cGFzcyB3b3JkJjE=, Bearer refresh-tok-1\n"
      "on GET /v8/d\njson 400 \"pass \\\\u0077ord&amp;1\"\n"
      "on POST /v8/e\njson 400 {\"message\":\"hunter22 is refused\"}\n"
      "on GET /v8/f\njson 500 {\"message\":\"hunter22, still\"}\n" TOKEN);
  s.options.retries = -1;
  static const char *const wanted[][2] = {
      {"/v8/a", "the server answered 400: operator, ***, ***"},
      {"/v8/b", "the server answered 500: an HTML page: *** for operator"},
      {"/v8/c", "the server answered 500: Basic ***, Bearer ***"},
      {"/v8/d", "the server answered 400: ***"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    vbo_transfer *t = start(&s, "GET", wanted[i][0], false, NULL);
    assert_false(vbo_transfer_wait(t, &s.err));
    assert_string_equal(s.err.message, wanted[i][1]);
    assert_null(strstr(vbo_transfer_body(t, NULL), "ord"));
    assert_null(strstr(vbo_transfer_body(t, NULL), "tok-1"));
    vbo_transfer_free(t);
  }
  call_fails(&s, "GET", "/v8/a", false, NULL);
  assert_string_equal(s.err.code, "***");
  /* A secret of a body, also when its owner is gone. */
  vbo_secret *hunter = vbo_secret_new("hunter22", 8, NULL);
  vbo_secret_slot slot = {.placeholder = "\"@1@\"", .secret = hunter};
  vbo_request request = {.method = "POST",
                         .path = "/v8/e",
                         .body = "{\"p\":\"@1@\"}",
                         .body_size = 11,
                         .change = true,
                         .secrets = &slot,
                         .secret_count = 1};
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_string_equal(s.err.message, "the server answered 400: *** is refused");
  vbo_secret_free(hunter);
  call_fails(&s, "GET", "/v8/f", false, NULL);
  assert_string_equal(s.err.message, "the server answered 500: ***, still");
  assert_int_equal(peer_count(s.peer, "POST /v8/e auth=Bearer tok-1 body={\"p\":\"hunter22\"}"), 1);
  end(&s);
}

static void names_tls_alerts(void **state) {
  (void)state;
  session s = prepare("connection 1 alert\n");
  s.options.retries = -1;
  s.client = client_open(&s);
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_kind(s.err, TRUST);
  assert_contains(s.err.message, "(TLS alert ");
  assert_null(strstr(s.err.message, "unknown"));
  end(&s);
}

static void names_the_proxy(void **state) {
  (void)state;
  static const struct {
    const char *script;
    vbo_error_kind kind;
    const char *says;
    const char *hint;
  } cases[] = {
      {"connection 1 plain\non CONNECT *\nheader Proxy-Authenticate: NTLM\nempty 407\n",
       VBO_ERROR_AUTH, "does not accept its user name and password (407)", "NTLM only"},
      {"connection 1 plain\non CONNECT *\nheader Proxy-Authenticate: Basic realm=\"x\"\nempty "
       "407\n",
       VBO_ERROR_AUTH, "does not accept its user name and password (407)", "http://user:password@"},
      {"connection 1 plain\non CONNECT *\nempty 502\n", VBO_ERROR_NETWORK,
       "cannot reach the server: it answers 502 to CONNECT", "NO_PROXY"},
      {"connection 1 plain\non CONNECT *\nempty 403\n", VBO_ERROR_NETWORK,
       "does not lead to the server: it answers 403 to CONNECT", "what the proxy allows"},
      {"connection 1 refuse\n", VBO_ERROR_NETWORK, "cannot be used", "check that the proxy runs"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char url[96];
    char name[96];
    session s = prepare(cases[i].script);
    snprintf(url, sizeof url, "http://svc:hunter22@127.0.0.1:%d", s.peer->port);
    snprintf(name, sizeof name, "the proxy 127.0.0.1:%d (the option 'proxy')", s.peer->port);
    s.options.proxy = url;
    s.options.url = "https://vbo.invalid:4443";
    s.options.retries = -1;
    s.client = client_open(&s);
    call_fails(&s, "GET", "/v8/x", false, NULL);
    if (s.err.kind != cases[i].kind) fail_msg("%zu: %s", i, s.err.message);
    assert_contains(s.err.message, name);
    assert_contains(s.err.message, cases[i].says);
    assert_contains(s.err.hint, cases[i].hint);
    assert_null(strstr(s.err.message, "hunter22"));
    assert_false(s.err.sent);
    end(&s);
  }
}

static void names_a_proxy_that_is_down(void **state) {
  (void)state;
  session s = prepare("connection 1 refuse\n");
  s.options.proxy = "http://127.0.0.1:1";
  s.options.retries = -1;
  s.client = client_open(&s);
  call_fails(&s, "GET", "/v8/x", false, NULL);
  assert_kind(s.err, NETWORK);
  assert_contains(s.err.message, "no connection to the proxy 127.0.0.1:1 (the option 'proxy')");
  end(&s);
}

static void waits_as_long_as_the_server_asks(void **state) {
  (void)state;
  session s =
      begin(TOKEN
            "on GET /v8/x times 1\nheader Retry-After: 1\nempty 503\n"
            "on GET /v8/x\njson 200 [3]\non GET /v8/y\nheader Retry-After: 500\nempty 429\n");
  vbo_transfer *t = start(&s, "GET", "/v8/x", false, NULL);
  assert_true(vbo_transfer_wait(t, &s.err));
  vbo_progress progress;
  vbo_transfer_progress(t, &progress);
  assert_int_equal(progress.attempts, 2);
  assert_true(progress.elapsed >= 990); /* a lower bound: never flaky */
  vbo_transfer_free(t);
  /* A pause that goes beyond the deadline is not waited for. */
  vbo_request request = {.method = "GET", .path = "/v8/y", .deadline = 60000};
  assert_null(vbo_call(s.client, &request, NULL, &s.err));
  assert_kind(s.err, BUSY);
  assert_true(s.err.retryable);
  end(&s);
}

static void times_out_silence_and_deadlines(void **state) {
  (void)state;
  session s = prepare(TOKEN "on GET /v8/silent\n" OK
                            "Content-Length: 5\\r\\n\\r\\n[1\nhang\n"
                            "on GET /v8/head\n" OK
                            "Content-\nhang\n"
                            "on * /v8/never\nhang\n");
  s.options.idle_timeout = 150;
  s.options.retries = -1;
  s.client = client_open(&s);
  call_fails(&s, "GET", "/v8/silent", false, NULL);
  assert_kind(s.err, TIMEOUT);
  assert_contains(s.err.message, "silent");
  call_fails(&s, "GET", "/v8/head", false, NULL);
  assert_kind(s.err, TIMEOUT);
  vbo_request request = {.method = "GET", .path = "/v8/never", .deadline = 600};
  vbo_transfer *t = vbo_transfer_start(s.client, &request, NULL, &s.err);
  vbo_progress progress = {0};
  do {
    assert_true(vbo_engine_run(s.engine, -1, &s.err) >= 0);
    vbo_transfer_progress(t, &progress);
  } while (progress.phase < VBO_PHASE_PREPARING);
  assert_int_equal(progress.phase, VBO_PHASE_PREPARING); /* no idle timeout here */
  assert_false(vbo_transfer_wait(t, &s.err));
  assert_kind(s.err, TIMEOUT);
  assert_contains(s.err.message, "deadline");
  vbo_transfer_free(t);
  vbo_request change = {.method = "POST", .path = "/v8/never", .deadline = 300, .change = true};
  assert_null(vbo_call(s.client, &change, NULL, &s.err));
  assert_kind(s.err, UNKNOWN_OUTCOME);
  end(&s);
}

/* libcurl shows a head line by line: less than a line shows in the records of TLS. */
static void bounds_a_head_that_comes_slowly(void **state) {
  (void)state;
  session s = prepare(TOKEN
                      "on GET /v8/part\nsend HTT\nhang\n"
                      "on GET /v8/drip\ndrip 30\nempty 200\n"
                      "on GET /v8/record\nwire 60 hang\njson 200 [1]\n"
                      "on GET /v8/late\npause 400\njson 200 [2]\n"
                      "on GET /v8/interim\nsend HTTP/1.1 100 Continue\\r\\n\\r\\n\npause 400\n"
                      "send HTTP/1.1 102 Processing\\r\\nA: b\\r\\n\\r\\n\npause 400\n"
                      "json 200 [3]\n");
  s.options.idle_timeout = 150;
  s.options.retries = -1;
  s.client = client_open(&s);
  static const char *const paths[] = {"/v8/part", "/v8/drip", "/v8/record"};
  for (int i = 0; i < 3; i++) {
    call_fails(&s, "GET", paths[i], false, NULL);
    assert_kind(s.err, TIMEOUT);
    assert_contains(s.err.message, "head was not complete");
  }
  /* The server may take as long as it likes before it begins, on a new connection (whose session
   * tickets are not an answer) and on one that is used again, and says so or not. */
  get_is(&s, "/v8/late", "[2]");
  get_is(&s, "/v8/late", "[2]");
  get_is(&s, "/v8/interim", "[3]");
  end(&s);
}

static void times_out_a_connection(void **state) {
  (void)state;
  session s = prepare("connection 1 hang\n");
  s.options.connect_timeout = 200;
  s.options.retries = 1;
  s.client = client_open(&s);
  call_fails(&s, "POST", "/v8/x", true, NULL);
  assert_kind(s.err, TIMEOUT);
  assert_false(s.err.sent);
  assert_true(s.err.retryable);
  peer_await(s.peer, "connect ", 2); /* a busy peer accepts a connection after it has timed out */
  end(&s);
}

static void joins_secrets_into_a_body(void **state) {
  (void)state;
  session s = begin(TOKEN "on POST /v8/x\njson 200 {}\n");
  vbo_secret *secret = vbo_secret_new("p\"w\xC3\xA9\n", 6, NULL);
  vbo_secret *binary = vbo_secret_new("\xFF\xFE", 2, NULL);
  vbo_secret_slot slots[] = {{"\"@1@\"", secret}, {"\"@2@\"", secret}};
  const char *body = "{\"a\":\"@1@\",\"b\":[\"@2@\",\"@1@\"],\"c\":\"@3@\"}";
  vbo_request request = {.method = "POST",
                         .path = "/v8/x",
                         .body = body,
                         .body_size = strlen(body),
                         .secrets = slots,
                         .secret_count = 2};
  vbo_transfer *t = vbo_call(s.client, &request, NULL, &s.err);
  if (t == NULL) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  assert_int_equal(peer_count(s.peer,
                              "body={\"a\":\"p\\\"w\\xc3\\xa9\\u000a\",\"b\":[\"p\\\"w\\xc3\\xa9"
                              "\\u000a\",\"p\\\"w\\xc3\\xa9\\u000a\"],\"c\":\"@3@\"}"),
                   1);
  slots[1].secret = binary;
  assert_null(vbo_transfer_start(s.client, &request, NULL, &s.err));
  assert_kind(s.err, USAGE);
  slots[1] = (vbo_secret_slot){"\"@9@\"", secret};
  assert_null(vbo_transfer_start(s.client, &request, NULL, &s.err));
  assert_kind(s.err, USAGE);
  vbo_secret_free(secret);
  vbo_secret_free(binary);
  end(&s);
}

static void refuses_what_must_not_be_sent(void **state) {
  (void)state;
  session s = begin("");
  static const char *const paths[] = {"v8/x",         "",        "/v8/a b", "/v8/x\r\nEvil: 1",
                                      "/v8/\xC3\xA9", "/v8/x#y", "/v8\\x"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    vbo_request request = {.method = "GET", .path = paths[i]};
    assert_null(vbo_transfer_start(s.client, &request, NULL, &s.err));
    assert_kind(s.err, USAGE);
  }
  vbo_request method = {.method = "TRACE", .path = "/"};
  assert_null(vbo_transfer_start(s.client, &method, NULL, &s.err));
  assert_kind(s.err, USAGE);
  vbo_request type = {.method = "POST", .path = "/", .content_type = "a\nb"};
  assert_null(vbo_transfer_start(s.client, &type, NULL, &s.err));
  assert_kind(s.err, USAGE);
  static const char *const urls[] = {"http://h",       "https://u:p@h",    "https://u:p@h/path",
                                     "https://h:0",    "https://h:99999",  "",
                                     "https://",       "https://h?x",      "h h",
                                     "https://[::1",   "ftp://h",          "https://h/path?x",
                                     "https://h/a#b",  "https://h/a/../b", "https://h/%2E%2e",
                                     "https://h/./a",  "https://h//a",     "https://h/a b",
                                     "https://h/a\\b", "https://h:1x/a",   "https://h/a\r\nX: y"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    s.options.url = urls[i];
    if (vbo_client_open(s.engine, &s.options, &s.err) != NULL) fail_msg("opened %s", urls[i]);
    assert_kind(s.err, USAGE);
    assert_null(strstr(s.err.message, "u:p"));
  }
  s.options.url = "HTTPS://Backup.Example.COM";
  vbo_client *client = client_open(&s);
  assert_string_equal(vbo_client_origin(client), "https://backup.example.com:4443");
  vbo_client_free(client);
  s.options.url = "https://Backup.Example.COM/Backup365/x%20y/";
  client = client_open(&s);
  assert_string_equal(vbo_client_origin(client), "https://backup.example.com:4443");
  assert_string_equal(vbo_client_prefix(client), "/Backup365/x%20y");
  vbo_client_free(client);
  s.options.url = "[::1]:8443/";
  client = client_open(&s);
  assert_string_equal(vbo_client_origin(client), "https://[::1]:8443");
  vbo_client_free(client);
  s.options.api_version = "8";
  assert_null(vbo_client_open(s.engine, &s.options, &s.err));
  assert_kind(s.err, USAGE);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fetches_json_with_one_token),
      cmocka_unit_test(sends_bodies_and_changes_on_their_own_connection),
      cmocka_unit_test(repeats_a_read_whose_answer_is_lost),
      cmocka_unit_test(never_repeats_a_change_whose_answer_is_lost),
      cmocka_unit_test(knows_whether_the_server_itself_refused),
      cmocka_unit_test(repeats_what_was_refused_for_now),
      cmocka_unit_test(loses_the_answer_after_a_refusal),
      cmocka_unit_test(ends_in_the_pause_after_a_refusal),
      cmocka_unit_test(a_read_is_refused_too),
      cmocka_unit_test(renews_the_token_of_a_change_that_was_refused),
      cmocka_unit_test(repeats_a_change_that_never_left),
      cmocka_unit_test(takes_no_leftover_bytes_for_an_answer),
      cmocka_unit_test(refuses_improper_answers),
      cmocka_unit_test(takes_json_that_ends_with_the_connection),
      cmocka_unit_test(tells_statuses_apart),
      cmocka_unit_test(keeps_the_body_and_code_of_a_refusal),
      cmocka_unit_test(bounds_heads_and_bodies),
      cmocka_unit_test(names_the_bound_of_a_header_line),
      cmocka_unit_test(reads_reasons_far_down),
      cmocka_unit_test(shows_no_secret_that_is_repeated),
      cmocka_unit_test(names_tls_alerts),
      cmocka_unit_test(names_the_proxy),
      cmocka_unit_test(names_a_proxy_that_is_down),
      cmocka_unit_test(waits_as_long_as_the_server_asks),
      cmocka_unit_test(times_out_silence_and_deadlines),
      cmocka_unit_test(bounds_a_head_that_comes_slowly),
      cmocka_unit_test(times_out_a_connection),
      cmocka_unit_test(joins_secrets_into_a_body),
      cmocka_unit_test(refuses_what_must_not_be_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
