/* timer.h: points in time at which something is looked at again.
 *
 * A pairing heap whose links sit in the timers: setting one never needs memory,
 * the next one due is found at once. */
#ifndef VBO_TIMER_H
#define VBO_TIMER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct vbo_timer {
  int64_t due; /* vbo_monotonic_ms */
  void (*fire)(void *owner);
  void *owner;
  bool set;
  struct vbo_timer *child;
  struct vbo_timer *sibling;
  struct vbo_timer *previous; /* the sibling before, or the parent */
} vbo_timer;

typedef struct vbo_timers {
  vbo_timer *root;
} vbo_timers;

/* (Re)sets it.  `fire` and `owner` are the caller's to fill in before. */
void vbo_timer_set(vbo_timers *timers, vbo_timer *timer, int64_t due);
void vbo_timer_stop(vbo_timers *timers, vbo_timer *timer);
/* When the next one is due; INT64_MAX when none is set. */
int64_t vbo_timers_next(const vbo_timers *timers);
/* Fires all that are due at `now`; each is stopped before it fires. */
void vbo_timers_fire(vbo_timers *timers, int64_t now);

#endif
