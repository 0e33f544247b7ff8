/* The state machine of the token: its requests, its clock, its retries; without a network. */
#include "harness.h"

#include "base/secret.h"
#include "client/auth.h"

enum { WAITERS = 3 };

/* An auth whose events are counted and whose clock the tests turn. */
typedef struct desk {
  vbo_timers timers;
  vbo_endpoint endpoint;
  vbo_credentials credentials;
  vbo_auth auth;
  int sent;
  char form[256]; /* of the last request */
  bool under_way;
  bool broken; /* nothing can be sent */
  int asking;
  int outcomes;
  vbo_outcome outcome;
  vbo_auth_waiter waiters[WAITERS];
  int granted;
  int failed;
  vbo_error failure;
} desk;

static int64_t clock_ms;

static int64_t read_clock(void) {
  return clock_ms;
}

static bool on_send(void *owner, const vbo_buffer *form, vbo_error *err) {
  desk *d = owner;
  if (d->broken) return vbo_error_memory(err);
  assert_false(d->under_way);
  d->under_way = true;
  d->sent++;
  snprintf(d->form, sizeof d->form, "%s", form->data);
  return true;
}

static void on_drop(void *owner) {
  desk *d = owner;
  d->under_way = false;
}

static void on_asking(void *owner, bool begins) {
  desk *d = owner;
  d->asking += begins ? 1 : -1;
}

static void on_outcome(void *owner, vbo_outcome outcome) {
  desk *d = owner;
  d->outcomes++;
  d->outcome = outcome;
}

static const vbo_auth_events events = {on_send, on_drop, on_asking, on_outcome};

static void on_answered(void *owner, const vbo_error *failure) {
  desk *d = owner;
  if (failure == NULL) {
    d->granted++;
  } else {
    d->failed++;
    d->failure = *failure;
  }
}

static void open_desk(desk *d) {
  clock_ms = 5000;
  *d = (desk){.timers = {.clock = read_clock}};
  d->endpoint = (vbo_endpoint){.timers = &d->timers,
                               .origin = {.name = "https://h:1", .prefix = "/p"},
                               .connect_timeout = 30 * 1000,
                               .longest_pause = 600 * 1000,
                               .retries = 3};
  d->credentials = (vbo_credentials){
      .user = "op", .password = vbo_secret_new("pw&", 3, NULL), .path = "/v8/token"};
  vbo_auth_init(&d->auth, &d->endpoint, &d->credentials, &events, d);
  for (int i = 0; i < WAITERS; i++)
    d->waiters[i] = (vbo_auth_waiter){.answered = on_answered, .owner = d};
}

static void close_desk(desk *d) {
  vbo_auth_close(&d->auth);
  assert_int_equal(d->asking, 0);
  assert_false(d->under_way);
  vbo_secret_free(d->credentials.password);
  for (int i = 0; i < VBO_ENDPOINT_KEEPS; i++)
    vbo_secret_free(d->endpoint.kept[i]);
}

static void fire(desk *d) {
  vbo_timers_fire(&d->timers, clock_ms);
}

/* Turns the clock to the next timer, and fires it; returns how far. */
static int64_t fire_next(desk *d) {
  int64_t passed = vbo_timers_next(&d->timers) - clock_ms;
  assert_true(passed >= 0 && passed < INT64_MAX / 2);
  clock_ms += passed;
  fire(d);
  return passed;
}

/* Answers the request under way; `head` as on the wire, with "|" for line ends. */
static void answer(desk *d, const char *head, const char *body) {
  vbo_headers headers;
  vbo_error err = {0};
  char text[1024];
  assert_true(d->under_way);
  vbo_headers_init(&headers);
  for (const char *at = head; *at != '\0';) {
    size_t size = strcspn(at, "|");
    char line[256];
    int length = snprintf(line, sizeof line, "%.*s\r\n", (int)size, at);
    assert_true(vbo_headers_line(&headers, line, (size_t)length, &err));
    at += size + (at[size] == '|');
  }
  assert_true(vbo_headers_line(&headers, "\r\n", 2, &err));
  snprintf(text, sizeof text, "%s", body);
  vbo_auth_answered(
      &d->auth, &(vbo_token_answer){
                    .headers = &headers, .body = text, .size = strlen(text), .sent_at = clock_ms});
  vbo_headers_free(&headers);
}

static void lose(desk *d) {
  vbo_error lost;
  vbo_error_set(&lost, VBO_ERROR_NETWORK, "reset");
  vbo_auth_answered(&d->auth, &(vbo_token_answer){.failure = &lost});
}

static void wait_for(desk *d, int which) {
  vbo_auth_wait(&d->auth, &d->waiters[which]);
}

#define OK "HTTP/1.1 200 OK"
#define GRANT "{\"access_token\":\"a\",\"refresh_token\":\"r&\",\"expires_in\":100}"

static void asks_once_for_all_that_wait(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  for (int i = 0; i < WAITERS; i++)
    wait_for(&d, i);
  assert_int_equal(d.sent, 1);
  assert_int_equal(d.asking, 1);
  assert_string_equal(d.form, "grant_type=password&username=op&password=pw%26");
  assert_false(vbo_auth_ready(&d.auth));
  answer(&d, OK, GRANT);
  assert_int_equal(d.granted, WAITERS);
  assert_int_equal(d.outcomes, 1);
  assert_int_equal(d.outcome, VBO_OUTCOME_GOOD);
  assert_int_equal(d.asking, 0);
  assert_true(vbo_auth_ready(&d.auth));
  vbo_buffer lines = {.secure = true};
  assert_true(vbo_auth_header(&d.auth, &lines, NULL));
  assert_string_equal(lines.data, "Authorization: Bearer a");
  vbo_buffer_free(&lines);
  close_desk(&d);
}

static void refreshes_a_fifth_of_its_life_ahead_at_most_a_minute(void **state) {
  (void)state;
  static const struct {
    int seconds;
    int64_t ready; /* milliseconds */
  } lives[] = {{1, 800}, {100, 80000}, {3600, 3540000}, {86400, 86340000}};
  for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
    desk d;
    char grant[128];
    open_desk(&d);
    snprintf(grant, sizeof grant,
             "{\"access_token\":\"a\",\"refresh_token\":\"r&\",\"expires_in\":%d}",
             lives[i].seconds);
    wait_for(&d, 0);
    answer(&d, OK, grant);
    clock_ms += lives[i].ready - 1;
    assert_true(vbo_auth_ready(&d.auth));
    clock_ms += 1;
    assert_false(vbo_auth_ready(&d.auth));
    wait_for(&d, 0);
    assert_string_equal(d.form, "grant_type=refresh_token&refresh_token=r%26");
    answer(&d, OK, "{\"access_token\":\"b\",\"expires_in\":100}"); /* the refresh token stays */
    assert_int_equal(d.granted, 2);
    vbo_auth_refused(&d.auth, d.auth.serial);
    wait_for(&d, 0);
    assert_string_equal(d.form, "grant_type=refresh_token&refresh_token=r%26");
    answer(&d, OK, GRANT);
    close_desk(&d);
  }
}

static void a_token_older_than_its_request_is_asked_for_once_a_call(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  for (int i = 0; i < 3; i++) {
    wait_for(&d, 0);
    answer(&d, OK, "{\"access_token\":\"a\",\"expires_in\":1}");
    clock_ms += 1000;
  }
  assert_int_equal(d.sent, 3);
  assert_int_equal(d.granted, 3);
  close_desk(&d);
}

static void odd_lifetimes_become_a_quarter_of_an_hour(void **state) {
  (void)state;
  static const char *const lifetimes[] = {"",
                                          ",\"expires_in\":0",
                                          ",\"expires_in\":-5",
                                          ",\"expires_in\":99999999999999999999",
                                          ",\"expires_in\":\"soon\"",
                                          ",\"expires_in\":\"600\""};
  for (size_t i = 0; i < sizeof lifetimes / sizeof *lifetimes; i++) {
    desk d;
    char grant[128];
    open_desk(&d);
    snprintf(grant, sizeof grant, "{\"access_token\":\"a\"%s}", lifetimes[i]);
    wait_for(&d, 0);
    answer(&d, OK, grant);
    int64_t life = d.auth.expires_at - clock_ms;
    assert_int_equal(life, i == 5 ? 600 * 1000 : 900 * 1000);
    close_desk(&d);
  }
}

static void a_401_counts_for_the_token_that_it_was_sent_with(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  answer(&d, OK, GRANT);
  unsigned first = d.auth.serial;
  vbo_auth_refused(&d.auth, first);
  assert_false(vbo_auth_ready(&d.auth));
  wait_for(&d, 0);
  answer(&d, OK, GRANT);
  vbo_auth_refused(&d.auth, first); /* a late one */
  assert_true(vbo_auth_ready(&d.auth));
  assert_int_equal(d.sent, 2);
  close_desk(&d);
}

static void a_refused_refresh_token_falls_back_to_the_password_once(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  answer(&d, OK, GRANT);
  vbo_auth_refused(&d.auth, d.auth.serial);
  wait_for(&d, 0);
  answer(&d, "HTTP/1.1 400 Bad Request", "{\"error\":\"invalid_grant\"}");
  assert_string_equal(d.form, "grant_type=password&username=op&password=pw%26");
  assert_int_equal(d.failed, 0);
  answer(&d, "HTTP/1.1 400 Bad Request",
         "{\"error\":\"invalid_grant\",\"error_description\":\"Locked\"}");
  assert_int_equal(d.sent, 3);
  assert_int_equal(d.failed, 1);
  assert_kind(d.failure, AUTH);
  assert_string_equal(d.failure.message, "the server refuses the login of op: Locked");
  assert_string_equal(d.failure.code, "invalid_grant");
  assert_string_equal(d.failure.server, "https://h:1/p");
  assert_string_equal(d.failure.request, "POST /v8/token");
  assert_int_equal(d.failure.status, 400);
  assert_false(d.failure.retryable);
  assert_int_equal(d.outcome, VBO_OUTCOME_NONE); /* a refusal says nothing about the load */
  close_desk(&d);
}

static void a_lost_answer_is_asked_for_again_after_growing_pauses(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  for (int i = 0; i < 3; i++) {
    lose(&d);
    assert_false(d.under_way);
    int64_t pause = fire_next(&d);
    int64_t most = 250 << i;
    if (pause < most / 2 || pause > most) fail_msg("pause %d is %lld ms", i, (long long)pause);
    assert_int_equal(d.sent, i + 2);
  }
  lose(&d);
  assert_int_equal(d.failed, 1);
  assert_kind(d.failure, NETWORK);
  assert_true(d.failure.retryable);
  assert_false(d.failure.sent); /* the requests that waited were not */
  assert_int_equal(d.outcome, VBO_OUTCOME_TROUBLE);
  assert_int_equal(vbo_timers_next(&d.timers), INT64_MAX);
  close_desk(&d);
}

static void a_retry_after_is_obeyed_up_to_the_longest_pause(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  answer(&d, "HTTP/1.1 503 Busy|Retry-After: 600", "");
  assert_int_equal(fire_next(&d), 600 * 1000);
  assert_int_equal(d.sent, 2);
  answer(&d, "HTTP/1.1 503 Busy|Retry-After: 601", "");
  assert_int_equal(d.sent, 2);
  assert_kind(d.failure, BUSY);
  assert_int_equal(d.failure.retry_after, 601 * 1000);
  close_desk(&d);
}

static void the_clean_up_ends_a_pause(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  vbo_auth_hurry(&d.auth); /* under way already */
  assert_int_equal(d.sent, 1);
  answer(&d, "HTTP/1.1 503 Busy|Retry-After: 600", "");
  wait_for(&d, 1);
  vbo_auth_hurry(&d.auth);
  fire(&d);
  assert_int_equal(d.sent, 2);
  answer(&d, OK, GRANT);
  assert_int_equal(d.granted, 2);
  close_desk(&d);
}

static void an_answer_is_awaited_for_a_minute_beside_the_connection(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  d.endpoint.retries = 0;
  wait_for(&d, 0);
  assert_int_equal(fire_next(&d), 90 * 1000);
  assert_false(d.under_way);
  assert_kind(d.failure, TIMEOUT);
  assert_string_equal(d.failure.message, "no answer to the token request within 90 s");
  close_desk(&d);
}

static void a_failing_refresh_leaves_a_token_good_until_its_end(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  d.endpoint.retries = 0;
  wait_for(&d, 0);
  answer(&d, OK, GRANT); /* lives for 100 s, is refreshed after 80 */
  clock_ms += 90 * 1000;
  wait_for(&d, 0);
  lose(&d);
  assert_int_equal(d.granted, 2);
  assert_int_equal(d.outcome, VBO_OUTCOME_TROUBLE);
  clock_ms += 10 * 1000;
  wait_for(&d, 0);
  lose(&d);
  assert_int_equal(d.failed, 1);
  assert_kind(d.failure, NETWORK);
  close_desk(&d);
}

static void what_cannot_be_sent_fails_at_once(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  d.broken = true;
  wait_for(&d, 0);
  assert_int_equal(d.failed, 1);
  assert_kind(d.failure, MEMORY);
  assert_int_equal(d.asking, 0);
  d.broken = false;
  wait_for(&d, 0); /* the next one tries anew */
  answer(&d, OK, GRANT);
  assert_int_equal(d.granted, 1);
  close_desk(&d);
}

static void closing_ends_the_request_and_forgets_the_tokens(void **state) {
  (void)state;
  desk d;
  open_desk(&d);
  wait_for(&d, 0);
  answer(&d, OK, GRANT);
  vbo_auth_refused(&d.auth, d.auth.serial);
  wait_for(&d, 0);
  vbo_node_unlink(&d.waiters[0].node); /* its transfer ended */
  vbo_auth_close(&d.auth);
  assert_false(d.under_way);
  assert_null(d.auth.access);
  assert_null(d.auth.refresh);
  assert_int_equal(vbo_timers_next(&d.timers), INT64_MAX);
  close_desk(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(asks_once_for_all_that_wait),
      cmocka_unit_test(refreshes_a_fifth_of_its_life_ahead_at_most_a_minute),
      cmocka_unit_test(a_token_older_than_its_request_is_asked_for_once_a_call),
      cmocka_unit_test(odd_lifetimes_become_a_quarter_of_an_hour),
      cmocka_unit_test(a_401_counts_for_the_token_that_it_was_sent_with),
      cmocka_unit_test(a_refused_refresh_token_falls_back_to_the_password_once),
      cmocka_unit_test(a_lost_answer_is_asked_for_again_after_growing_pauses),
      cmocka_unit_test(a_retry_after_is_obeyed_up_to_the_longest_pause),
      cmocka_unit_test(the_clean_up_ends_a_pause),
      cmocka_unit_test(an_answer_is_awaited_for_a_minute_beside_the_connection),
      cmocka_unit_test(a_failing_refresh_leaves_a_token_good_until_its_end),
      cmocka_unit_test(what_cannot_be_sent_fails_at_once),
      cmocka_unit_test(closing_ends_the_request_and_forgets_the_tokens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
