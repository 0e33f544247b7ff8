/* congestion.h: how many requests a server takes at once.
 *
 * Clients of the same server (origin) on one engine share a vbo_congestion.  A request takes a
 * seat before it is sent and leaves it when its answer is over:
 *
 *  - the window is what the server takes at once: one more after each round of good answers,
 *    half as many after an answer that says "too much" (429, 503), a timeout or a dropped
 *    connection (additive increase, multiplicative decrease, as TCP does);
 *  - a Retry-After holds all requests to that server, not only the one it answered;
 *  - exports that the server prepares one at a time wait for one another;
 *  - a server that gave no good answer for a stated time counts as given up: waiting requests
 *    fail, new ones fail at once, and now and then one request probes it.
 *
 * The limit of the seats counts all servers; the one with the fewest under way is next. */
#ifndef VBO_CONGESTION_H
#define VBO_CONGESTION_H

#include "base/error.h"
#include "base/list.h"
#include "base/timer.h"

typedef struct vbo_congestion vbo_congestion;

/* The seats of one engine, which owns this struct; vbo_congestion_* change it. */
typedef struct vbo_seats {
  vbo_list origins; /* one vbo_congestion each */
  int running;      /* requests that hold a seat, of all origins */
  int limit;        /* of those */
  vbo_timers *timers;
  int64_t unheard; /* milliseconds in which this process could not notice an answer */
} vbo_seats;

/* `timers` is also the clock; it outlives the seats. */
void vbo_seats_init(vbo_seats *seats, int limit, vbo_timers *timers);

/* A request's place.  Zeroed, with `admitted` and `owner` filled in, before it is used. */
typedef struct vbo_seat {
  vbo_node node;   /* among the waiting */
  bool running;    /* counts in the window */
  bool exclusive;  /* one of the exports that go one after the other */
  bool urgent;     /* waits for nothing */
  bool holds_turn; /* it is the export whose turn it is */
  int64_t since;   /* when it was admitted */
  /* Called when the seat is admitted; `refusal` not NULL: the server has been given up. */
  void (*admitted)(void *owner, const vbo_error *refusal);
  void *owner;
} vbo_seat;

typedef struct vbo_congestion_options { /* 0: the default */
  int limit;                            /* requests at once; default 64 */
  int exports;                          /* exclusive ones at once; default 1 */
  int64_t give_up_after;                /* milliseconds, -1: never; default five minutes */
} vbo_congestion_options;

/* The news of a server in how a request ended. */
typedef enum vbo_outcome {
  VBO_OUTCOME_NONE,   /* nothing: it was cancelled, the disk was full */
  VBO_OUTCOME_GOOD,   /* an answer */
  VBO_OUTCOME_SLOW,   /* an answer, but much later than usual */
  VBO_OUTCOME_BUSY,   /* 429 or 503: it is there, and wants less */
  VBO_OUTCOME_TROUBLE /* no answer, or a gateway's that there is none */
} vbo_outcome;

/* Returns the congestion of an origin, shared by the clients that name the same one.  Of
 * differing options the strictest hold.  NULL: out of memory. */
vbo_congestion *vbo_congestion_open(vbo_seats *seats, const char *origin,
                                    const vbo_congestion_options *options, vbo_error *err);
/* Gives up one share; the last frees it.  No seat may be waiting or running by then. */
void vbo_congestion_close(vbo_congestion *congestion);

/* Waits for a place.  `admitted` is called from vbo_congestion_admit, never from here. */
void vbo_congestion_enter(vbo_congestion *congestion, vbo_seat *seat);
/* Frees the place.  `pause`: the Retry-After in milliseconds, 0 without one.  Does nothing for a
 * seat that is not held; a waiting one stops waiting. */
void vbo_congestion_leave(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome,
                          int64_t pause);
/* Frees the place in the window and keeps the export's turn: from now on the answer goes at its
 * reader's pace. */
void vbo_congestion_stand(vbo_congestion *congestion, vbo_seat *seat, vbo_outcome outcome);
/* Learns from a request without a seat (for a token). */
void vbo_congestion_note(vbo_congestion *congestion, vbo_outcome outcome);
/* Returns GOOD or SLOW for a short good answer that took `took` milliseconds, and learns what is
 * usual. */
vbo_outcome vbo_congestion_judge(vbo_congestion *congestion, int64_t took);
/* Admits every request that may go now.  The engine's loop calls it. */
void vbo_congestion_admit(vbo_seats *seats);
/* Fills in what vbo_client_load shows. */
void vbo_congestion_read(const vbo_congestion *congestion, vbo_load *load);

#endif
