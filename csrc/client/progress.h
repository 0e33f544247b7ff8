/* progress.h: events of the transfers of an engine (vbo_engine_on_progress).
 *
 * Knows a transfer by its address and by a function that takes a snapshot of it. */
#ifndef VBO_PROGRESS_H
#define VBO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/timer.h"
#include "vbo.h"

/* A transfer as it is now; valid until it moves. */
typedef struct vbo_snapshot {
  const char *name;       /* the path of its request */
  const vbo_error *error; /* NULL: none (yet) */
  vbo_progress progress;
} vbo_snapshot;

typedef void vbo_snapshot_function(const vbo_transfer *transfer, vbo_snapshot *out);

/* The observer's part of every transfer. */
typedef struct vbo_observed {
  vbo_node node; /* in one of the observer's lists while an event is due */
  vbo_transfer *transfer;
  vbo_snapshot_function *snapshot;
  bool begun; /* START was sent */
  char *name; /* of a file, ours; NULL: the path of the request */
  /* The rate. */
  int attempts;     /* the attempt that it was measured in */
  int64_t at;       /* when it was measured last; 0: never */
  int64_t received; /* bytes by then */
  double rate;      /* bytes a second; below 0: unknown */
} vbo_observed;

/* One in each engine. */
typedef struct vbo_observer {
  vbo_event_callback *callback; /* NULL: no events are sent */
  void *owner;
  vbo_timers *timers;
  bool notifying;  /* the callback runs */
  int64_t due;     /* when the next events of live transfers are */
  vbo_timer timer; /* wakes the engine up for it */
  vbo_list fresh;  /* START is due */
  vbo_list live;
  vbo_list ended; /* DONE or FAILED is due */
} vbo_observer;

void vbo_observer_init(vbo_observer *observer, vbo_timers *timers);
/* Sends the events that are due: from vbo_engine_run only, outside libcurl. */
void vbo_observer_run(vbo_observer *observer);
/* Sends all ends, and no event after them. */
void vbo_observer_close(vbo_observer *observer);

/* Begins to observe a transfer.  `file`: the path that it is saved under, or NULL. */
bool vbo_observe_begin(vbo_observer *observer, vbo_observed *observed, vbo_transfer *transfer,
                       vbo_snapshot_function *snapshot, const char *file, vbo_error *err);
/* Notes that the transfer ended; the event follows outside libcurl. */
void vbo_observe_end(vbo_observer *observer, vbo_observed *observed);
/* Sends an end that is still due: the transfer is about to be freed. */
void vbo_observe_free(vbo_observer *observer, vbo_observed *observed);

#endif
