/* congestion.h: how many requests a server takes at once.
 *
 * One for each server (origin) of an engine, whichever clients talk to it.  A request takes a
 * seat before it is sent and leaves it when its answer is over:
 *
 *  - the window is what the server takes at once: one more after each round of good answers,
 *    half as many after an answer that says "too much" (429, 503), a timeout or a dropped
 *    connection (additive increase, multiplicative decrease, as TCP does);
 *  - a Retry-After holds all requests to that server, not only the one that was told;
 *  - exports that the server prepares one at a time wait for one another;
 *  - a server that gave no good answer for a stated time is given up: what waits fails, what
 *    comes fails at once, and now and then one is let through to see.
 *
 * The engine's own limit counts all servers; the one with the fewest under way is next. */
#ifndef VBO_CONGESTION_H
#define VBO_CONGESTION_H

#include "base/error.h"
#include "base/list.h"
#include "base/timer.h"

typedef struct vbo_congestion vbo_congestion;

/* A request's place.  Zeroed, with `admitted` and `owner` filled in, before it is used. */
typedef struct vbo_seat {
  vbo_node node;   /* among those that wait */
  bool running;    /* counts in the window */
  bool exclusive;  /* one of the exports that go one after the other */
  bool urgent;     /* waits for nothing */
  bool holds_turn; /* it is the export whose turn it is */
  int64_t since;   /* vbo_monotonic_ms, when it was admitted */
  /* Admitted; or `refusal`: the server was given up. */
  void (*admitted)(void *owner, const vbo_error *refusal);
  void *owner;
} vbo_seat;

typedef struct vbo_congestion_options { /* 0: not told */
  int limit;                            /* at most so many at once; 64 */
  int exports;                          /* of those that are exclusive; 1 */
  int64_t give_up_after;                /* milliseconds, -1: never; five minutes */
} vbo_congestion_options;

/* What came of a request. */
typedef enum vbo_outcome {
  VBO_OUTCOME_NONE,   /* says nothing about the server: cancelled, a full disk */
  VBO_OUTCOME_GOOD,   /* an answer */
  VBO_OUTCOME_SLOW,   /* an answer, but much later than usual */
  VBO_OUTCOME_BUSY,   /* 429 or 503: it is there, and wants less */
  VBO_OUTCOME_TROUBLE /* no answer, or a gateway's that there is none */
} vbo_outcome;

/* That of an origin: shared by the clients that name the same one.  What several were
 * told: the strictest wins.  NULL: no memory. */
vbo_congestion *vbo_congestion_open(vbo_engine *engine, const char *origin,
                                    const vbo_congestion_options *options, vbo_error *err);
void vbo_congestion_close(vbo_congestion *congestion);

/* Waits for a place.  `admitted` is called from vbo_congestion_admit, never from here. */
void vbo_congestion_enter(vbo_congestion *congestion, vbo_seat *seat);
/* The place is free again.  `pause`: what a Retry-After asked for (milliseconds), 0: nothing.
 * Does nothing for a seat that is not held; one that waits stops waiting. */
void vbo_congestion_leave(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome,
                          int64_t pause);
/* The answer goes at its reader's pace from now on: the place in the window is free, the
 * export's turn is kept. */
void vbo_congestion_stand(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome);
/* What a request without a seat (for a token) shows of the server. */
void vbo_congestion_note(vbo_congestion *congestion, vbo_outcome outcome);
/* How long a short answer took that came well (milliseconds): whether that was slow. */
vbo_outcome vbo_congestion_judge(vbo_congestion *congestion, int64_t took);
/* Lets in whoever may go now.  The engine's loop calls it. */
void vbo_congestion_admit(vbo_engine *engine);
void vbo_congestion_read(const vbo_congestion *congestion, vbo_load *load);

#endif
