/* congestion.c: see congestion.h.
 *
 * enter, leave and stand only change the books; `admitted` runs from vbo_congestion_admit alone, on
 * the loop. A transfer may therefore leave its seat and wait for another from inside any
 * callback. */
#include "client/congestion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
  PROBE_EVERY = 30 * 1000, /* how often a given-up server is probed */
  SLOW_AT_LEAST = 1000,    /* an answer within a second is never slow */
  SLOW_FACTOR = 8,         /* times the usual */
  AT_ONCE = 64,
  EXPORTS_AT_ONCE = 1,
  GIVE_UP_AFTER = 5 * 60 * 1000
};

struct vbo_congestion {
  unsigned owners;
  vbo_seats *seats;
  vbo_node node; /* in the origins of `seats` */
  char *origin;
  vbo_congestion_options asked; /* the strictest of all clients so far; 0: the default */
  vbo_congestion_options options;
  double window; /* 1 … options.limit */
  int running;
  int exporting;
  int waiters;
  vbo_list waiting;
  int64_t cut_at;       /* the window was halved */
  int64_t paused_until; /* Retry-After */
  double usual;         /* how long a short answer takes, the quick ones counting most */
  int64_t bad_since; /* the first of the bad answers since the last good one (heard_ms); 0: none */
  bool given_up;
  int64_t probe_at;
  vbo_timer timer; /* a pause ends, a probe is due: nothing but a reason to wake up */
};

static void on_timer(void *owner) {
  (void)owner; /* the loop admits requests after its timers */
}

void vbo_seats_init(vbo_seats *seats, int limit, vbo_timers *timers) {
  *seats = (vbo_seats){.limit = limit, .timers = timers};
  vbo_list_init(&seats->origins);
}

/* Time in which this process could not have noticed an answer is not held against the server. */
static int64_t heard_ms(const vbo_seats *seats) {
  return vbo_timers_now(seats->timers) - seats->unheard;
}

/* ---------------------------------------------------------------- life span */

/* Searches the list: an engine has a few servers, and this runs once for each client. */
static vbo_congestion *find(vbo_seats *seats, const char *origin) {
  for (vbo_node *node = seats->origins.head.next; node != &seats->origins.head; node = node->next) {
    vbo_congestion *congestion = node->owner;
    if (strcmp(congestion->origin, origin) == 0) return congestion;
  }
  return NULL;
}

/* Returns the smaller of two limits, of which 0 stands for none. */
static int64_t strictest(int64_t one, int64_t other) {
  if (one == 0 || other == 0) return one + other;
  return one < other ? one : other;
}

/* Tightens the limits, which never widen: the one of a closed client stays until the last client of
 * the server is closed. */
static void tighten(vbo_congestion *congestion, const vbo_congestion_options *options) {
  vbo_congestion_options *asked = &congestion->asked;
  int64_t patience = options->give_up_after < 0 ? INT64_MAX : options->give_up_after;
  asked->limit = (int)strictest(asked->limit, options->limit);
  asked->exports = (int)strictest(asked->exports, options->exports);
  asked->give_up_after = strictest(asked->give_up_after, patience);
  congestion->options = (vbo_congestion_options){
      .limit = asked->limit != 0 ? asked->limit : AT_ONCE,
      .exports = asked->exports != 0 ? asked->exports : EXPORTS_AT_ONCE,
      .give_up_after = asked->give_up_after != 0 ? asked->give_up_after : GIVE_UP_AFTER,
  };
  if (congestion->window > congestion->options.limit)
    congestion->window = congestion->options.limit;
}

vbo_congestion *vbo_congestion_open(vbo_seats *seats, const char *origin,
                                    const vbo_congestion_options *options, vbo_error *err) {
  vbo_congestion *congestion = find(seats, origin);
  if (congestion != NULL) {
    congestion->owners++;
    tighten(congestion, options);
    return congestion;
  }
  congestion = calloc(1, sizeof *congestion);
  char *name = vbo_text_copy(origin);
  if (congestion == NULL || name == NULL) {
    free(congestion);
    free(name);
    vbo_error_memory(err);
    return NULL;
  }
  congestion->owners = 1;
  congestion->seats = seats;
  congestion->origin = name;
  tighten(congestion, options);
  /* The window begins at the limit, without TCP's slow start: a server that takes less says 429,
   * and the first such answer halves it. */
  congestion->window = congestion->options.limit;
  congestion->timer.fire = on_timer;
  vbo_list_init(&congestion->waiting);
  vbo_list_append(&seats->origins, &congestion->node, congestion);
  return congestion;
}

void vbo_congestion_close(vbo_congestion *congestion) {
  if (congestion == NULL || --congestion->owners > 0) return;
  vbo_timer_stop(congestion->seats->timers, &congestion->timer);
  vbo_node_unlink(&congestion->node);
  free(congestion->origin);
  free(congestion);
}

/* ------------------------------------------------------------------- seats */

void vbo_congestion_enter(vbo_congestion *congestion, vbo_seat *seat) {
  vbo_list_append(&congestion->waiting, &seat->node, seat);
  congestion->waiters++;
}

/* Takes a seat out of the line; does nothing for one that does not wait. */
static void stop_waiting(vbo_congestion *congestion, vbo_seat *seat) {
  if (!vbo_node_linked(&seat->node)) return;
  vbo_node_unlink(&seat->node);
  congestion->waiters--;
}

/* Returns the first seat in line that may go. An export that waits for its turn does not hold up
 * the seats behind it. */
static vbo_seat *next_seat(const vbo_congestion *congestion) {
  for (vbo_node *node = congestion->waiting.head.next; node != &congestion->waiting.head;
       node = node->next) {
    vbo_seat *seat = node->owner;
    if (!seat->exclusive || seat->holds_turn || congestion->exporting < congestion->options.exports)
      return seat;
  }
  return NULL;
}

/* Seats a request. One whose answer went at its reader's pace still has its turn, and takes no
 * second one. */
static void take(vbo_congestion *congestion, vbo_seat *seat, int64_t now) {
  stop_waiting(congestion, seat);
  seat->running = true;
  seat->since = now;
  congestion->running++;
  congestion->seats->running++;
  if (seat->exclusive && !seat->holds_turn) {
    seat->holds_turn = true;
    congestion->exporting++;
  }
}

/* Frees the place in the window; the export's turn is a matter of its own
 * (vbo_congestion_stand). */
static void give_back(vbo_congestion *congestion, vbo_seat *seat) {
  if (!seat->running) return;
  seat->running = false;
  congestion->running--;
  congestion->seats->running--;
}

/* ------------------------------------------------------------------ judging */

/* Halves the window once a round: requests that were sent before the last cut carry no news. */
static void cut(vbo_congestion *congestion, const vbo_seat *seat, int64_t now) {
  if (seat->since < congestion->cut_at) return;
  /* Of what was really under way: a window that was never filled says nothing about the server. */
  double half = congestion->running / 2.0;
  if (half > congestion->window / 2) half = congestion->window / 2;
  congestion->window = half < 1 ? 1 : half;
  congestion->cut_at = now;
}

/* Adjusts the window, the pause, and whether to give the server up. */
static void learn(vbo_congestion *congestion, const vbo_seat *seat, vbo_outcome outcome,
                  int64_t pause) {
  int64_t now = vbo_timers_now(congestion->seats->timers);
  switch (outcome) {
    case VBO_OUTCOME_NONE:
      return;
    case VBO_OUTCOME_GOOD:
      /* A round is as many answers as the window, so that it grows by one a round. */
      congestion->window += 1 / congestion->window;
      if (congestion->window > congestion->options.limit)
        congestion->window = congestion->options.limit;
      break;
    case VBO_OUTCOME_SLOW:
    case VBO_OUTCOME_BUSY:
    case VBO_OUTCOME_TROUBLE:
      cut(congestion, seat, now);
      break;
  }
  if (pause > 0 && now + pause > congestion->paused_until) congestion->paused_until = now + pause;
  /* A 429 and a slow answer also show that the server is there. */
  if (outcome != VBO_OUTCOME_TROUBLE) {
    congestion->bad_since = 0;
    congestion->given_up = false;
    return;
  }
  int64_t heard = heard_ms(congestion->seats);
  if (congestion->bad_since == 0) congestion->bad_since = heard;
  if (!congestion->given_up && heard - congestion->bad_since >= congestion->options.give_up_after) {
    congestion->given_up = true;
    congestion->probe_at = now + PROBE_EVERY;
  }
}

void vbo_congestion_leave(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome,
                          int64_t pause) {
  stop_waiting(congestion, seat);
  /* A seat that left the window earlier was judged then (vbo_congestion_stand). */
  if (seat->running) learn(congestion, seat, outcome, pause);
  give_back(congestion, seat);
  if (seat->holds_turn) {
    seat->holds_turn = false;
    congestion->exporting--;
  }
}

void vbo_congestion_note(vbo_congestion *congestion, vbo_outcome outcome) {
  /* A seat that begins now is later than the last cut: its news counts. */
  vbo_seat seat = {.since = vbo_timers_now(congestion->seats->timers)};
  learn(congestion, &seat, outcome, 0);
}

void vbo_congestion_stand(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome) {
  if (!seat->running) return;
  learn(congestion, seat, outcome, 0);
  give_back(congestion, seat);
}

/* A factor of the usual time rather than a time: a server may be far away, or slow by nature. */
vbo_outcome vbo_congestion_judge(vbo_congestion *congestion, int64_t took) {
  double usual = congestion->usual;
  bool slow = usual > 0 && took > SLOW_AT_LEAST && (double)took > SLOW_FACTOR * usual;
  /* Falls at once and rises slowly, so that a server that has become slow shows for a while. */
  double part = (double)took < usual || usual == 0 ? 0.5 : 0.02;
  congestion->usual = usual == 0 ? (double)took + 1 : usual + part * ((double)took + 1 - usual);
  return slow ? VBO_OUTCOME_SLOW : VBO_OUTCOME_GOOD;
}

/* --------------------------------------------------------------- letting in */

/* Fails a waiting request of a given-up server. */
static void refuse(vbo_congestion *congestion, vbo_seat *seat) {
  vbo_error err;
  stop_waiting(congestion, seat);
  vbo_error_set(&err, VBO_ERROR_NETWORK,
                "given up: the server has not answered for %lld s; nothing was sent",
                (long long)((heard_ms(congestion->seats) - congestion->bad_since) / 1000));
  (void)snprintf(err.code, sizeof err.code, "given_up");
  vbo_error_hint(&err, "check the server, then go on where this run stopped");
  seat->admitted(seat->owner, &err);
}

/* Returns whether the window has room and no pause is under way. */
static bool has_room(const vbo_congestion *congestion, int64_t now) {
  return congestion->running < (int)congestion->window && now >= congestion->paused_until;
}

/* Returns whether a seat may be admitted or refused: a given-up server needs no room, since its
 * waiting requests fail at once, but for the probe. */
static bool may_admit(const vbo_congestion *congestion, int64_t now) {
  return next_seat(congestion) != NULL && (congestion->given_up || has_room(congestion, now));
}

/* Admits one seat, or refuses it. */
static void admit_one(vbo_congestion *congestion, int64_t now) {
  vbo_seat *seat = next_seat(congestion);
  if (congestion->given_up && now < congestion->probe_at) {
    refuse(congestion, seat);
    return;
  }
  /* This one probes the server; the next may in half a minute. */
  if (congestion->given_up) congestion->probe_at = now + PROBE_EVERY;
  take(congestion, seat, now);
  seat->admitted(seat->owner, NULL);
}

/* Returns the origin with the fewest requests under way, of those that may admit one: a slow
 * server must not come to hold all the seats of the engine. */
static vbo_congestion *least_busy(const vbo_seats *seats, int64_t now) {
  vbo_congestion *found = NULL;
  for (vbo_node *node = seats->origins.head.next; node != &seats->origins.head; node = node->next) {
    vbo_congestion *congestion = node->owner;
    if ((found == NULL || congestion->running < found->running) && may_admit(congestion, now))
      found = congestion;
  }
  return found;
}

/* Wakes the loop at the end of a pause: without a waiter or a pause there is nothing to wake up
 * for. */
static void arm(vbo_congestion *congestion, int64_t now) {
  vbo_timers *timers = congestion->seats->timers;
  if (congestion->waiters > 0 && congestion->paused_until > now)
    vbo_timer_set(timers, &congestion->timer, congestion->paused_until);
  else
    vbo_timer_stop(timers, &congestion->timer);
}

/* Admits the requests of a clean-up past the window, the pause and the limit: they end sessions,
 * which frees the server. */
static void admit_urgent(vbo_congestion *congestion, int64_t now) {
  vbo_node *node = congestion->waiting.head.next;
  while (node != &congestion->waiting.head) {
    vbo_seat *seat = node->owner;
    node = node->next;
    if (!seat->urgent) continue;
    take(congestion, seat, now);
    seat->admitted(seat->owner, NULL);
    node = congestion->waiting.head.next; /* `admitted` may have changed the list */
  }
}

void vbo_congestion_admit(vbo_seats *seats) {
  int64_t now = vbo_timers_now(seats->timers);
  for (vbo_node *node = seats->origins.head.next; node != &seats->origins.head; node = node->next)
    admit_urgent(node->owner, now);
  vbo_congestion *congestion = NULL;
  while (seats->running < seats->limit && (congestion = least_busy(seats, now)) != NULL)
    admit_one(congestion, now);
  for (vbo_node *node = seats->origins.head.next; node != &seats->origins.head; node = node->next)
    arm(node->owner, now);
}

void vbo_congestion_read(const vbo_congestion *congestion, vbo_load *load) {
  int64_t now = vbo_timers_now(congestion->seats->timers);
  *load = (vbo_load){
      .window = (int)congestion->window,
      .limit = congestion->options.limit,
      .running = congestion->running,
      .waiting = congestion->waiters,
      .pause = congestion->paused_until > now ? congestion->paused_until - now : 0,
      .given_up = congestion->given_up,
  };
}
