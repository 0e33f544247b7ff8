/* engine.h: the loop of one thread: libcurl, timers, files, and the queue of what is ready.
 *
 * Knows clients and transfers as children and nodes only. */
#ifndef VBO_ENGINE_H
#define VBO_ENGINE_H

#include <stdatomic.h>

#include "base/error.h"
#include "base/list.h"
#include "base/timer.h"
#include "client/congestion.h"
#include "client/progress.h"
#include "http/http.h"
#include "save/feed.h"

struct vbo_engine {
  unsigned owners; /* the caller, each client and each transfer */
  bool closed;
  atomic_bool interrupted;
  atomic_bool woken; /* the next wait ends early */
  vbo_http *http;    /* NULL when closed */
  vbo_feeds *feeds;  /* NULL until the first file */
  vbo_timers timers;
  vbo_seats seats;
  vbo_observer observer;
  vbo_list clients; /* vbo_child */
  vbo_list ready;   /* transfers to be reported by vbo_engine_next */
  int pending;      /* transfers that are not done */
  int asking;       /* token requests under way, be their transfers freed */
  uint64_t moves;   /* grows with every report */
  int64_t left_at;  /* since when the caller does something else; 0: it has not run yet */
};

/* Adds an owner; returns the engine. */
vbo_engine *vbo_engine_share(vbo_engine *engine);
/* Gives up one ownership; the last frees the memory. */
void vbo_engine_release(vbo_engine *engine);
/* Returns the engine's files, which begin with the first call; NULL with an error. */
vbo_feeds *vbo_engine_feeds(vbo_engine *engine, vbo_error *err);
/* Puts a transfer into the ready list, where it stays once until it is taken. */
void vbo_engine_report(vbo_engine *engine, vbo_node *node, vbo_transfer *transfer);

#endif
