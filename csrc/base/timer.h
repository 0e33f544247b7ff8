/* timer.h: timers of one loop, and the clock that they go by.
 *
 * A pairing heap whose links sit in the timers: setting one never needs memory,
 * the next one due is found at once. */
#ifndef VBO_TIMER_H
#define VBO_TIMER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct vbo_timer {
  int64_t due; /* by vbo_timers_now */
  void (*fire)(void *owner);
  void *owner;
  bool set;
  struct vbo_timer *child;
  struct vbo_timer *sibling;
  struct vbo_timer *previous; /* the sibling before, or the parent */
} vbo_timer;

typedef struct vbo_timers {
  vbo_timer *root;
  int64_t (*clock)(void); /* milliseconds; NULL: vbo_monotonic_ms.  Tests set their own. */
} vbo_timers;

/* Returns the present time in milliseconds. */
int64_t vbo_timers_now(const vbo_timers *timers);

/* (Re)sets a timer, whose `fire` and `owner` the caller has filled in. */
void vbo_timer_set(vbo_timers *timers, vbo_timer *timer, int64_t due);
void vbo_timer_stop(vbo_timers *timers, vbo_timer *timer);
/* Returns when the next timer is due; INT64_MAX without one. */
int64_t vbo_timers_next(const vbo_timers *timers);
/* Fires all timers that are due at `now`; each is stopped before it fires. */
void vbo_timers_fire(vbo_timers *timers, int64_t now);

#endif
