/* Tests how many requests run at once on a server: window, pauses, exports and cancelling. */
#include "harness.h"

#include "client/congestion.h"

enum { SEATS = 64 };

typedef struct crowd {
  vbo_congestion *congestion;
  vbo_seat seats[SEATS];
  int admitted;
  int refused;
  vbo_error refusal;
} crowd;

static void on_admitted(void *owner, const vbo_error *refusal) {
  crowd *all = owner;
  if (refusal == NULL) {
    all->admitted++;
  } else {
    all->refused++;
    all->refusal = *refusal;
  }
}

/* Stands for an engine, with a clock that the tests advance. */
typedef struct hall {
  vbo_timers timers;
  vbo_seats seats;
} hall;

static int64_t clock_ms;

static int64_t read_clock(void) {
  return clock_ms;
}

static vbo_seats *open_seats(hall *h, int limit) {
  clock_ms = 1000;
  h->timers = (vbo_timers){.clock = read_clock};
  vbo_seats_init(&h->seats, limit, &h->timers);
  return &h->seats;
}

static void open_crowd(vbo_seats *seats, crowd *all, const char *origin,
                       vbo_congestion_options options) {
  vbo_error err = {0};
  *all = (crowd){0};
  all->congestion = vbo_congestion_open(seats, origin, &options, &err);
  assert_non_null(all->congestion);
  for (int i = 0; i < SEATS; i++)
    all->seats[i] = (vbo_seat){.admitted = on_admitted, .owner = all};
}

static void enter(crowd *all, int from, int to) {
  for (int i = from; i < to; i++)
    vbo_congestion_enter(all->congestion, &all->seats[i]);
}

static vbo_load load_of(const crowd *all) {
  vbo_load load;
  vbo_congestion_read(all->congestion, &load);
  return load;
}

static int first_running(const crowd *all) {
  for (int i = 0; i < SEATS; i++)
    if (all->seats[i].running) return i;
  fail_msg("nobody is running");
  return -1;
}

static void leave_first(crowd *all, vbo_outcome outcome, int64_t pause) {
  vbo_congestion_leave(all->congestion, &all->seats[first_running(all)], outcome, pause);
}

static void leave_all(crowd *all) {
  for (int i = 0; i < SEATS; i++)
    vbo_congestion_leave(all->congestion, &all->seats[i], VBO_OUTCOME_NONE, 0);
}

static const vbo_congestion_options usual = {.limit = 8, .give_up_after = -1};

static void lets_in_as_many_as_the_limit_in_order(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  enter(&all, 0, 10);
  assert_int_equal(all.admitted, 0); /* never from within `enter` */
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 8);
  assert_true(all.seats[7].running);
  assert_false(all.seats[8].running);
  assert_int_equal(load_of(&all).waiting, 2);
  vbo_congestion_leave(all.congestion, &all.seats[9], VBO_OUTCOME_NONE, 0); /* no longer wants */
  leave_first(&all, VBO_OUTCOME_GOOD, 0);
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 9);
  assert_true(all.seats[8].running);
  assert_int_equal(load_of(&all).waiting, 0);
  leave_all(&all);
  assert_int_equal(load_of(&all).running, 0);
  assert_int_equal(seats->running, 0);
  vbo_congestion_close(all.congestion);
}

static void halves_once_a_round_and_grows_by_one_a_round(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  enter(&all, 0, SEATS);
  vbo_congestion_admit(seats);
  assert_int_equal(load_of(&all).window, 8);
  clock_ms += 2;
  for (int i = 0; i < 8; i++) /* eight of one round say the same: one cut */
    leave_first(&all, VBO_OUTCOME_BUSY, 0);
  assert_int_equal(load_of(&all).window, 4);
  vbo_congestion_admit(seats);
  assert_int_equal(load_of(&all).running, 4);
  clock_ms += 2;
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_int_equal(load_of(&all).window, 2);
  leave_first(&all, VBO_OUTCOME_SLOW, 0);
  leave_first(&all, VBO_OUTCOME_SLOW, 0);
  assert_int_equal(load_of(&all).window, 2);
  leave_first(&all, VBO_OUTCOME_NONE, 0); /* a full disk of ours says nothing */
  assert_int_equal(load_of(&all).window, 2);
  vbo_congestion_admit(seats);
  for (int i = 0; i < 2; i++) {
    leave_first(&all, VBO_OUTCOME_GOOD, 0);
    vbo_congestion_admit(seats);
  }
  /* 2 + 1/2 + 1/2.5 is not yet three: additive, not at a bound. */
  assert_int_equal(load_of(&all).window, 2);
  leave_first(&all, VBO_OUTCOME_GOOD, 0);
  assert_int_equal(load_of(&all).window, 3);
  for (int i = 0; i < 30; i++) {
    vbo_congestion_admit(seats);
    leave_first(&all, VBO_OUTCOME_GOOD, 0);
  }
  assert_int_equal(load_of(&all).window, 8); /* and no further */
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void never_halves_below_one(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  enter(&all, 0, 20);
  for (int i = 0; i < 6; i++) {
    vbo_congestion_admit(seats);
    clock_ms += 2;
    while (load_of(&all).running > 0)
      leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  }
  assert_int_equal(load_of(&all).window, 1);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void a_retry_after_holds_all(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  enter(&all, 0, 9);
  vbo_congestion_admit(seats);
  leave_first(&all, VBO_OUTCOME_BUSY, 60000);
  leave_first(&all, VBO_OUTCOME_GOOD, 0);
  int before = all.admitted;
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, before);
  vbo_load load = load_of(&all);
  assert_int_equal(load.pause, 60000);
  /* The loop is woken for it. */
  assert_int_equal(vbo_timers_next(&h.timers), clock_ms + 60000);
  /* Cleaning up does not wait. */
  all.seats[SEATS - 1].urgent = true;
  enter(&all, SEATS - 1, SEATS);
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, before + 1);
  assert_true(all.seats[SEATS - 1].running);
  leave_all(&all);
  vbo_congestion_close(all.congestion);

  open_crowd(seats, &all, "https://a:1", usual);
  enter(&all, 0, 9);
  vbo_congestion_admit(seats);
  for (int i = 0; i < 8; i++)
    leave_first(&all, VBO_OUTCOME_BUSY, 5);
  clock_ms += 4;
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 8);
  clock_ms += 1;
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 9);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void exports_wait_for_one_another_and_hold_up_nobody(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  for (int i = 0; i < 3; i++)
    all.seats[i].exclusive = true;
  enter(&all, 0, 6);
  vbo_congestion_admit(seats);
  assert_true(all.seats[0].running);
  assert_false(all.seats[1].running);
  assert_false(all.seats[2].running);
  assert_int_equal(all.admitted, 4);
  /* Read at its reader's pace: the place is free, the turn is not. */
  vbo_congestion_stand(all.congestion, &all.seats[0], VBO_OUTCOME_GOOD);
  assert_int_equal(load_of(&all).running, 3);
  vbo_congestion_admit(seats);
  assert_false(all.seats[1].running);
  vbo_congestion_leave(all.congestion, &all.seats[0], VBO_OUTCOME_GOOD, 0);
  vbo_congestion_admit(seats);
  assert_true(all.seats[1].running);
  assert_false(all.seats[2].running);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void gives_up_a_server_that_does_not_answer(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  vbo_congestion_options options = usual;
  options.give_up_after = 5;
  open_crowd(seats, &all, "https://a:1", options);
  enter(&all, 0, 10);
  vbo_congestion_admit(seats);
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_false(load_of(&all).given_up); /* since just now */
  clock_ms += 10;
  leave_first(&all, VBO_OUTCOME_GOOD, 0);
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_false(load_of(&all).given_up); /* a good answer came in between */
  clock_ms += 10;
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_true(load_of(&all).given_up);
  vbo_congestion_admit(seats);
  assert_int_equal(all.refused, 2);
  assert_kind(all.refusal, NETWORK);
  assert_string_equal(all.refusal.code, "given_up");
  assert_false(all.refusal.sent);
  vbo_congestion_note(all.congestion, VBO_OUTCOME_GOOD); /* a token came: it is back */
  assert_false(load_of(&all).given_up);
  leave_all(&all);
  int before = all.admitted;
  enter(&all, 10, 11);
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, before + 1);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void probes_a_given_up_server_every_half_minute(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  vbo_congestion_options options = usual;
  options.give_up_after = 0; /* the default, five minutes */
  open_crowd(seats, &all, "https://a:1", options);
  enter(&all, 0, 2);
  vbo_congestion_admit(seats);
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  clock_ms += 300 * 1000 - 1;
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_false(load_of(&all).given_up);
  enter(&all, 2, 3);
  vbo_congestion_admit(seats);
  clock_ms += 1;
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_true(load_of(&all).given_up);
  enter(&all, 3, 4);
  vbo_congestion_admit(seats);
  assert_int_equal(all.refused, 1);
  assert_string_equal(all.refusal.message,
                      "given up: the server has not answered for 300 s; nothing was sent");
  clock_ms += 30 * 1000;
  enter(&all, 4, 6);
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 4); /* one probes, the other is refused */
  assert_int_equal(all.refused, 2);
  leave_first(&all, VBO_OUTCOME_GOOD, 0);
  assert_false(load_of(&all).given_up);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void time_in_which_nothing_could_be_heard_does_not_count(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  vbo_congestion_options options = usual;
  options.give_up_after = 60 * 1000;
  open_crowd(seats, &all, "https://a:1", options);
  enter(&all, 0, 3);
  vbo_congestion_admit(seats);
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  clock_ms += 100 * 1000;
  seats->unheard += 50 * 1000; /* the program did something else, or was stopped */
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_false(load_of(&all).given_up);
  clock_ms += 10 * 1000;
  leave_first(&all, VBO_OUTCOME_TROUBLE, 0);
  assert_true(load_of(&all).given_up);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void servers_take_turns_below_the_total(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  seats->limit = 4;
  crowd a;
  crowd b;
  open_crowd(seats, &a, "https://a:1", usual);
  open_crowd(seats, &b, "https://b:1", usual);
  enter(&a, 0, 20);
  enter(&b, 0, 20);
  vbo_congestion_admit(seats);
  assert_int_equal(a.admitted, 2);
  assert_int_equal(b.admitted, 2);
  for (int i = 0; i < 10; i++) { /* a is quick and b is not: each place that a leaves is a's */
    leave_first(&a, VBO_OUTCOME_GOOD, 0);
    vbo_congestion_admit(seats);
  }
  assert_int_equal(a.admitted + b.admitted, 14);
  assert_int_equal(b.admitted, 2); /* and the other way round: b cannot come to hold all */
  leave_first(&b, VBO_OUTCOME_GOOD, 0);
  leave_first(&b, VBO_OUTCOME_GOOD, 0);
  vbo_congestion_admit(seats);
  assert_int_equal(b.admitted, 4);
  leave_all(&a);
  leave_all(&b);
  vbo_congestion_close(a.congestion);
  vbo_congestion_close(b.congestion);
}

static void clients_of_one_server_share_the_strictest_limits(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  vbo_congestion_options options = usual;
  options.limit = 2;
  vbo_error err = {0};
  vbo_congestion *same = vbo_congestion_open(seats, "https://a:1", &options, &err);
  assert_ptr_equal(same, all.congestion);
  vbo_congestion *other = vbo_congestion_open(seats, "https://a:2", &usual, &err);
  assert_ptr_not_equal(other, all.congestion);
  assert_int_equal(load_of(&all).limit, 2);
  vbo_congestion *untold =
      vbo_congestion_open(seats, "https://a:1", &(vbo_congestion_options){0}, &err);
  assert_ptr_equal(untold, all.congestion); /* a default keeps the given limit */
  assert_int_equal(load_of(&all).limit, 2);
  vbo_congestion_close(untold);
  untold = vbo_congestion_open(seats, "https://a:3", &(vbo_congestion_options){0}, &err);
  options = (vbo_congestion_options){.limit = 100};
  assert_ptr_equal(vbo_congestion_open(seats, "https://a:3", &options, &err), untold);
  vbo_load load;
  vbo_congestion_read(untold, &load);
  assert_int_equal(load.limit, 100); /* nor stands in its way */
  vbo_congestion_close(untold);
  vbo_congestion_close(untold);
  assert_int_equal(load_of(&all).window, 2);
  vbo_congestion_close(other);
  vbo_congestion_close(same);
  enter(&all, 0, 3);
  vbo_congestion_admit(seats);
  assert_int_equal(all.admitted, 2);
  leave_all(&all);
  vbo_congestion_close(all.congestion);
}

static void an_answer_is_slow_beside_the_usual_ones(void **state) {
  (void)state;
  hall h;
  vbo_seats *seats = open_seats(&h, 256);
  crowd all;
  open_crowd(seats, &all, "https://a:1", usual);
  assert_int_equal(vbo_congestion_judge(all.congestion, 5000), VBO_OUTCOME_GOOD); /* the first */
  for (int i = 0; i < 20; i++)
    assert_int_equal(vbo_congestion_judge(all.congestion, 100), VBO_OUTCOME_GOOD);
  assert_int_equal(vbo_congestion_judge(all.congestion, 900), VBO_OUTCOME_GOOD); /* under 1 s */
  assert_int_equal(vbo_congestion_judge(all.congestion, 3000), VBO_OUTCOME_SLOW);
  for (int i = 0; i < 200; i++) /* a server that is always like that is not slow */
    (void)vbo_congestion_judge(all.congestion, 3000);
  assert_int_equal(vbo_congestion_judge(all.congestion, 3000), VBO_OUTCOME_GOOD);
  vbo_congestion_close(all.congestion);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lets_in_as_many_as_the_limit_in_order),
      cmocka_unit_test(halves_once_a_round_and_grows_by_one_a_round),
      cmocka_unit_test(never_halves_below_one),
      cmocka_unit_test(a_retry_after_holds_all),
      cmocka_unit_test(exports_wait_for_one_another_and_hold_up_nobody),
      cmocka_unit_test(gives_up_a_server_that_does_not_answer),
      cmocka_unit_test(probes_a_given_up_server_every_half_minute),
      cmocka_unit_test(time_in_which_nothing_could_be_heard_does_not_count),
      cmocka_unit_test(servers_take_turns_below_the_total),
      cmocka_unit_test(clients_of_one_server_share_the_strictest_limits),
      cmocka_unit_test(an_answer_is_slow_beside_the_usual_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
