/* The head of an answer, and the pause that it asks for. */
#include <time.h>

#include "harness.h"

#include "http/headers.h"
#include "client/retry.h"

static bool feed(vbo_headers *headers, const char *text, vbo_error *err) {
  while (*text != '\0') {
    size_t size = strcspn(text, "\n");
    size += text[size] == '\n';
    if (!vbo_headers_line(headers, text, size, err)) return false;
    text += size;
  }
  return true;
}

static void reads_a_proper_head(void **state) {
  (void)state;
  vbo_headers h;
  vbo_error err = {0};
  vbo_headers_init(&h);
  assert_true(feed(&h, "HTTP/1.1 100 Continue\r\nX: first\r\n\r\n", &err));
  assert_false(h.complete);
  assert_true(feed(
      &h, "HTTP/1.1 200\r\nA:b\r\nContent-Length:  12 \r\nX-Long: \t a b \t\r\nEmpty:\r\n", &err));
  assert_false(h.complete);
  assert_true(feed(&h, "\r\n", &err));
  assert_true(h.complete);
  assert_int_equal(h.status, 200);
  assert_int_equal(h.length, 12);
  assert_string_equal(vbo_headers_get(&h, "a"), "b");
  assert_string_equal(vbo_headers_get(&h, "X-LONG"), "a b");
  assert_string_equal(vbo_headers_get(&h, "empty"), "");
  assert_null(vbo_headers_get(&h, "x"));
  assert_null(vbo_headers_get(&h, "b"));
  assert_true(feed(&h, "Trailer: x\r\nContent-Length: 99\r\n\r\n", &err)); /* passed over */
  assert_int_equal(h.length, 12);
  vbo_headers_free(&h);
}

static void knows_how_the_body_ends(void **state) {
  (void)state;
  static const struct {
    const char *head;
    vbo_framing framing;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", VBO_FRAMING_LENGTH},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", VBO_FRAMING_LENGTH},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", VBO_FRAMING_LENGTH},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", VBO_FRAMING_CHUNKS},
      {"HTTP/1.0 200 OK\r\n\r\n", VBO_FRAMING_CLOSE},
      {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", VBO_FRAMING_NONE},
      {"HTTP/1.1 304 No\r\n\r\n", VBO_FRAMING_NONE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    vbo_headers h;
    vbo_error err = {0};
    vbo_headers_init(&h);
    if (!feed(&h, cases[i].head, &err)) fail_msg("%s: %s", cases[i].head, err.message);
    assert_true(h.complete);
    assert_int_equal(vbo_headers_framing(&h), cases[i].framing);
    vbo_headers_free(&h);
  }
}

static void refuses_improper_heads(void **state) {
  (void)state;
  static const char *const bad[] = {
      "HTTP/2 200\r\n",
      "HTTP/1.2 200 OK\r\n",
      "HTTP/1.1  200 OK\r\n",
      "HTTP/1.1 20 OK\r\n",
      "HTTP/1.1 2000 OK\r\n",
      "HTTP/1.1 099 OK\r\n",
      "HTTP/1.1 700 OK\r\n",
      "ICY 200 OK\r\n",
      "A: b\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n",
      "HTTP/1.1 200 OK\r\n: empty\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1 2\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    vbo_headers h;
    vbo_error err = {0};
    vbo_headers_init(&h);
    if (feed(&h, bad[i], &err)) fail_msg("taken: %s", bad[i]);
    assert_kind(err, PROTOCOL);
    vbo_headers_free(&h);
  }
}

static void has_bounds(void **state) {
  (void)state;
  vbo_headers h;
  vbo_error err = {0};
  vbo_headers_init(&h);
  assert_true(feed(&h, "HTTP/1.1 200 OK\r\n", &err));
  for (int i = 0; i < VBO_HEADERS_MOST; i++)
    assert_true(feed(&h, "A: b\r\n", &err));
  assert_false(feed(&h, "A: b\r\n", &err));
  assert_kind(err, LIMIT);
  vbo_headers_free(&h);
  static char large[VBO_HEADERS_SIZE + 16];
  memset(large, 'x', sizeof large);
  memcpy(large, "A: ", 3);
  assert_true(feed(&h, "HTTP/1.1 200 OK\r\n", &err));
  assert_false(vbo_headers_line(&h, large, sizeof large, &err));
  assert_kind(err, LIMIT);
  vbo_headers_free(&h);
}

static int64_t pause_for(const char *value) {
  vbo_headers h;
  vbo_headers_init(&h);
  char head[256];
  snprintf(head, sizeof head, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\n\r\n", value);
  assert_true(feed(&h, head, NULL));
  int64_t pause = vbo_retry_pause(1, &h);
  vbo_headers_free(&h);
  return pause;
}

static void obeys_retry_after(void **state) {
  (void)state;
  assert_in_range(pause_for("0"), 125, 250); /* our own pause is the least */
  assert_int_equal(pause_for("7"), 7000);
  assert_int_equal(pause_for("600"), 600000);
  assert_int_equal(pause_for("86400"), 86400000);
  assert_int_equal(pause_for("99999999999999999999999"), INT64_C(366) * 86400000);
  assert_in_range(pause_for("Sun, 06 Nov 1994 08:49:37 GMT"), 125, 250); /* long past */
  assert_int_equal(pause_for("Sun, 06 Nov 2094 08:49:37 GMT"), INT64_C(366) * 86400000);
  char date[64];
  time_t soon = time(NULL) + 100;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&soon));
  int64_t pause = pause_for(date);
  assert_in_range(pause, 90000, 100000);
  assert_true(pause_for("nonsense") <= 250);
  assert_true(pause_for("7x") <= 250);
}

static void grows_and_scatters_its_pauses(void **state) {
  (void)state;
  static const int64_t most[] = {250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
  for (int attempt = 1; attempt <= 9; attempt++) {
    int64_t longest = 0;
    int64_t shortest = INT64_MAX;
    for (int i = 0; i < 500; i++) {
      int64_t pause = vbo_retry_pause(attempt, NULL);
      if (pause < shortest) shortest = pause;
      if (pause > longest) longest = pause;
    }
    assert_in_range(longest, most[attempt - 1] / 2, most[attempt - 1]);
    assert_in_range(shortest, most[attempt - 1] / 2, most[attempt - 1] * 3 / 4);
  }
  assert_in_range(vbo_retry_pause(INT32_MAX, NULL), 15000, 30000);
}

static void says_which_pauses_are_too_long(void **state) {
  (void)state;
  static const char head[] = "HTTP/1.1 429 Busy\r\nRetry-After: 601\r\n\r\n";
  vbo_headers h;
  vbo_error err;
  vbo_headers_init(&h);
  assert_true(feed(&h, head, NULL));
  vbo_error_set(&err, VBO_ERROR_BUSY, "the server answered 429");
  assert_true(vbo_retry_note(&h, 601000, &err));
  assert_int_equal(err.retry_after, 601000);
  assert_string_equal(err.message, "the server answered 429");
  assert_false(vbo_retry_note(&h, 600000, &err));
  assert_string_equal(err.message,
                      "the server answered 429; it asks to wait 601 s, longer than "
                      "the 600 s allowed");
  assert_string_equal(err.hint, "try again when that time has passed, or raise 'longest_pause'");
  vbo_error_set(&err, VBO_ERROR_BUSY, "the server answered 503");
  assert_true(vbo_retry_note(NULL, 1000, &err));
  assert_int_equal(err.retry_after, 0);
  vbo_headers_free(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_a_proper_head),
      cmocka_unit_test(knows_how_the_body_ends),
      cmocka_unit_test(refuses_improper_heads),
      cmocka_unit_test(has_bounds),
      cmocka_unit_test(obeys_retry_after),
      cmocka_unit_test(grows_and_scatters_its_pauses),
      cmocka_unit_test(says_which_pauses_are_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
