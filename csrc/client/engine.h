/* engine.h: what hangs on one thread's loop. */
#ifndef VBO_ENGINE_H
#define VBO_ENGINE_H

#include <stdatomic.h>

#include "base/error.h"
#include "save/feed.h"
#include "http/http.h"
#include "base/list.h"
#include "client/progress.h"
#include "base/timer.h"

struct vbo_engine {
  unsigned owners; /* the caller, and each client */
  bool closed;
  atomic_bool interrupted;
  vbo_http *http;   /* NULL when closed */
  vbo_feeds *feeds; /* NULL until the first file */
  vbo_timers timers;
  vbo_teller teller;
  vbo_list clients;
  vbo_list origins; /* the congestion of each server */
  int running;      /* requests that have a seat, of all servers */
  int limit;        /* of those */
  vbo_list ready;   /* transfers to be reported by vbo_engine_next */
  int pending;      /* transfers not done */
  int asking;       /* token requests under way */
  uint64_t moves;   /* grows with every report */
  int64_t left_at;  /* the caller does something else since; 0: never was here */
  int64_t deaf;     /* how long nobody listened: that, or the process was stopped */
};

/* Milliseconds, counting only the time in which an answer would have been heard. */
int64_t vbo_engine_heard_ms(const vbo_engine *engine);

void vbo_engine_release(vbo_engine *engine);
/* Those of its files, begun at the first. */
vbo_feeds *vbo_engine_feeds(vbo_engine *engine, vbo_error *err);
/* Reports a transfer, once until it is taken. */
void vbo_engine_report(vbo_engine *engine, vbo_node *node, vbo_transfer *transfer);

#endif
