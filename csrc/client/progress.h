/* progress.h: what an engine tells of its transfers (vbo_engine_on_progress). */
#ifndef VBO_PROGRESS_H
#define VBO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/timer.h"
#include "vbo.h"

/* In every transfer. */
typedef struct vbo_told {
  vbo_node node; /* in one of the lists below while there is more to tell */
  bool begun;    /* START was told */
  char *name;    /* of a file, ours; NULL: the path of the request */
  /* The rate. */
  int attempts;     /* the attempt that it was measured in */
  int64_t at;       /* when it was measured last; 0: never */
  int64_t received; /* what was there then */
  double rate;      /* bytes a second; below 0: not known */
} vbo_told;

/* In the engine. */
typedef struct vbo_teller {
  vbo_event_callback *callback; /* NULL: nobody listens */
  void *owner;
  bool telling;    /* the callback runs */
  int64_t due;     /* when those under way are told again */
  vbo_timer timer; /* wakes the engine up for it */
  vbo_list fresh;  /* START is to be told */
  vbo_list live;
  vbo_list ended; /* the end is to be told */
} vbo_teller;

void vbo_teller_init(vbo_teller *teller);
/* Tells what there is to tell: from vbo_engine_run only, outside libcurl. */
void vbo_teller_run(vbo_teller *teller, vbo_timers *timers);
/* Tells all ends, and from now on nothing. */
void vbo_teller_close(vbo_teller *teller, vbo_timers *timers);

/* A transfer began (`file`: where it is saved, or NULL), ended, is freed. */
bool vbo_told_begin(vbo_teller *teller, vbo_transfer *transfer, const char *file, vbo_error *err);
void vbo_told_end(vbo_teller *teller, vbo_transfer *transfer);
void vbo_told_free(vbo_teller *teller, vbo_transfer *transfer);

#endif
