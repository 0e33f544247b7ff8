/* The observer: when events are sent, and what rate they state; without an engine. */
#include "harness.h"

#include "client/progress.h"

/* All that the observer knows of a transfer is its snapshot. */
struct vbo_transfer {
  vbo_snapshot now;
  vbo_observed observed;
};

enum { MOST = 64 };

typedef struct stage {
  vbo_timers timers;
  vbo_observer observer;
  struct {
    vbo_transfer *transfer;
    vbo_event event;
    char name[32];
    vbo_error_kind kind;
  } seen[MOST];
  int count;
  vbo_transfer *ends; /* by the callback, at its next event */
  bool leaves;        /* the callback takes itself off at START */
} stage;

static int64_t clock_ms;

static int64_t read_clock(void) {
  return clock_ms;
}

static void look(const vbo_transfer *transfer, vbo_snapshot *out) {
  *out = transfer->now;
}

static void on_event(void *owner, vbo_transfer *transfer, const vbo_event *event) {
  stage *s = owner;
  assert_true(s->count < MOST);
  s->seen[s->count].transfer = transfer;
  s->seen[s->count].event = *event;
  s->seen[s->count].kind = event->error != NULL ? event->error->kind : VBO_OK;
  snprintf(s->seen[s->count].name, sizeof s->seen[0].name, "%s", event->name);
  s->count++;
  if (s->leaves) s->observer.callback = NULL;
  if (s->ends != NULL) {
    vbo_transfer *ended = s->ends;
    s->ends = NULL;
    ended->now.progress.phase = VBO_PHASE_DONE;
    vbo_observe_end(&s->observer, &ended->observed);
  }
}

static void open_stage(stage *s) {
  clock_ms = 1000;
  *s = (stage){.timers = {.clock = read_clock}};
  vbo_observer_init(&s->observer, &s->timers);
  s->observer.callback = on_event;
  s->observer.owner = s;
}

static vbo_transfer transfer_of(vbo_transfer_phase phase) {
  return (vbo_transfer){
      .now = {.name = "/v8/x", .progress = {.phase = phase, .expected = -1, .attempts = 1}}};
}

static void observe(stage *s, vbo_transfer *t, const char *file) {
  assert_true(vbo_observe_begin(&s->observer, &t->observed, t, look, file, NULL));
}

static void finish(stage *s, vbo_transfer *t) {
  t->now.progress.phase = VBO_PHASE_DONE;
  vbo_observe_end(&s->observer, &t->observed);
}

static void kinds_are(const stage *s, const vbo_event_kind *kinds, int count) {
  assert_int_equal(s->count, count);
  for (int i = 0; i < count; i++)
    assert_int_equal(s->seen[i].event.kind, kinds[i]);
}

#define KINDS_ARE(s, ...)                                                                          \
  kinds_are(s, (const vbo_event_kind[]){__VA_ARGS__},                                              \
            (int)(sizeof(const vbo_event_kind[]){__VA_ARGS__} / sizeof(vbo_event_kind)))

static void sends_a_start_live_events_and_one_end(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  vbo_transfer t = transfer_of(VBO_PHASE_PREPARING);
  observe(&s, &t, NULL);
  assert_int_equal(s.count, 0); /* never from within a transfer */
  vbo_observer_run(&s.observer);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_PREPARING);
  assert_string_equal(s.seen[0].name, "/v8/x");
  t.now.progress.phase = VBO_PHASE_RECEIVING;
  clock_ms += 99;
  vbo_observer_run(&s.observer);
  assert_int_equal(s.count, 2); /* at most every 100 ms */
  assert_int_equal(vbo_timers_next(&s.timers), 1100);
  clock_ms += 1;
  vbo_observer_run(&s.observer);
  finish(&s, &t);
  assert_int_equal(s.count, 3);
  vbo_observer_run(&s.observer);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_PREPARING, VBO_EVENT_PROGRESS, VBO_EVENT_DONE);
  assert_int_equal(vbo_timers_next(&s.timers), INT64_MAX); /* nothing is left to wake up for */
  vbo_observe_free(&s.observer, &t.observed);
  assert_int_equal(s.count, 4);
}

static void names_a_file_by_the_printable_part_after_its_folders(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  vbo_transfer t = transfer_of(VBO_PHASE_QUEUED);
  observe(&s, &t, "/some/where/a\033[2J b.zip");
  finish(&s, &t);
  vbo_observe_free(&s.observer, &t.observed);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_DONE);
  assert_string_equal(s.seen[0].name, "a[2J b.zip");
}

static void states_a_smoothed_rate_and_the_time_left(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  vbo_transfer t = transfer_of(VBO_PHASE_RECEIVING);
  t.now.progress.expected = 100000;
  observe(&s, &t, NULL);
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, -1); /* one measurement gives no rate */
  assert_int_equal(s.seen[s.count - 1].event.left, -1);
  clock_ms += 1000;
  t.now.progress.received = 10000;
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, 10000);
  assert_int_equal(s.seen[s.count - 1].event.left, 9000);
  clock_ms += 1000;
  t.now.progress.received = 30000; /* twice as quick counts 1 s in 4 */
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, 12500);
  assert_int_equal(s.seen[s.count - 1].event.left, 5600);
  clock_ms += 10001; /* the process was stopped */
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, 12500);
  t.now.progress.attempts = 2; /* another connection */
  t.now.progress.received = 0;
  clock_ms += 1000;
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, -1);
  finish(&s, &t);
  t.now.progress.received = 6000;
  t.now.progress.elapsed = 5000;
  t.now.progress.waited = 3000;
  vbo_observer_run(&s.observer);
  assert_int_equal(s.seen[s.count - 1].event.rate, 3000); /* of DONE the mean, without waiting */
  vbo_observe_free(&s.observer, &t.observed);
}

static void an_error_makes_the_end_a_failure(void **state) {
  (void)state;
  stage s;
  vbo_error err = {.kind = VBO_ERROR_NOT_FOUND};
  open_stage(&s);
  vbo_transfer t = transfer_of(VBO_PHASE_QUEUED);
  observe(&s, &t, NULL);
  t.now.error = &err;
  finish(&s, &t);
  vbo_observer_run(&s.observer);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_FAILED);
  assert_int_equal(s.seen[1].kind, VBO_ERROR_NOT_FOUND);
  vbo_observe_free(&s.observer, &t.observed);
}

static void every_start_has_its_end(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  vbo_transfer freed = transfer_of(VBO_PHASE_QUEUED);
  vbo_transfer closed = transfer_of(VBO_PHASE_QUEUED);
  observe(&s, &freed, NULL);
  observe(&s, &closed, NULL);
  finish(&s, &freed);
  finish(&s, &closed);
  vbo_observe_free(&s.observer, &freed.observed);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_DONE);
  assert_ptr_equal(s.seen[1].transfer, &freed);
  vbo_observer_close(&s.observer);
  KINDS_ARE(&s, VBO_EVENT_START, VBO_EVENT_DONE, VBO_EVENT_START, VBO_EVENT_DONE);
  assert_ptr_equal(s.seen[3].transfer, &closed);
  vbo_observe_free(&s.observer, &closed.observed);
  assert_int_equal(s.count, 4);
}

static void the_callback_may_end_a_transfer(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  vbo_transfer a = transfer_of(VBO_PHASE_RECEIVING);
  vbo_transfer b = transfer_of(VBO_PHASE_RECEIVING);
  observe(&s, &a, NULL);
  observe(&s, &b, NULL);
  vbo_observer_run(&s.observer);
  assert_int_equal(s.count, 4);
  s.ends = &b; /* while a's event is sent and b waits for its own */
  clock_ms += 100;
  vbo_observer_run(&s.observer);
  assert_int_equal(s.count, 6);
  assert_int_equal(s.seen[4].event.kind, VBO_EVENT_PROGRESS);
  assert_int_equal(s.seen[5].event.kind, VBO_EVENT_DONE);
  assert_ptr_equal(s.seen[5].transfer, &b);
  finish(&s, &a);
  vbo_observer_close(&s.observer);
  vbo_observe_free(&s.observer, &a.observed);
  vbo_observe_free(&s.observer, &b.observed);
}

static void sends_nothing_without_a_callback(void **state) {
  (void)state;
  stage s;
  open_stage(&s);
  s.leaves = true;
  vbo_transfer t = transfer_of(VBO_PHASE_QUEUED);
  observe(&s, &t, NULL);
  finish(&s, &t);
  vbo_observer_run(&s.observer);
  KINDS_ARE(&s, VBO_EVENT_START);
  vbo_observe_free(&s.observer, &t.observed);
  assert_int_equal(s.count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sends_a_start_live_events_and_one_end),
      cmocka_unit_test(names_a_file_by_the_printable_part_after_its_folders),
      cmocka_unit_test(states_a_smoothed_rate_and_the_time_left),
      cmocka_unit_test(an_error_makes_the_end_a_failure),
      cmocka_unit_test(every_start_has_its_end),
      cmocka_unit_test(the_callback_may_end_a_transfer),
      cmocka_unit_test(sends_nothing_without_a_callback),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
