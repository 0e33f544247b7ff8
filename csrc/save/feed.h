/* feed.h: bytes on their way from the loop to a file.
 *
 * The loop copies them out of libcurl's buffer into pieces, a worker hashes and
 * writes the pieces.  What lies between the two is bounded: a feed that is full
 * takes nothing and says when it will.  No function here waits for a disk. */
#ifndef VBO_FEED_H
#define VBO_FEED_H

#include "save/sink.h"

/* Those of one engine, and their workers. */
typedef struct vbo_feeds vbo_feeds;
typedef struct vbo_feed vbo_feed;

typedef enum vbo_feeding {
  VBO_FED,
  VBO_FEED_FULL /* nothing taken; `ready` tells when to offer the same bytes again */
} vbo_feeding;

/* On the loop's thread, out of vbo_feeds_drive. */
typedef struct vbo_feed_events {
  void (*ready)(void *owner);
  /* The file has its name (`failure` NULL), or there is none.  The feed may be
   * freed in it. */
  void (*ended)(void *owner, const vbo_error *failure);
} vbo_feed_events;

/* `wake` makes the loop call vbo_feeds_drive soon; it is called on any thread. */
vbo_feeds *vbo_feeds_new(void (*wake)(void *), void *data, vbo_error *err);
/* After all feeds are freed. */
void vbo_feeds_free(vbo_feeds *feeds);
void vbo_feeds_drive(vbo_feeds *feeds);
struct vbo_workers *vbo_feeds_workers(vbo_feeds *feeds);

/* Takes the sink over, also on failure. */
vbo_feed *vbo_feed_new(vbo_feeds *feeds, vbo_sink *sink, const vbo_feed_events *events, void *owner,
                       vbo_error *err);
/* How many bytes will come, -1 when nobody says.  DISK when there is no room for
 * them, beside what the engine's other files still want. */
bool vbo_feed_expect(vbo_feed *feed, int64_t size, vbo_error *err);
bool vbo_feed_take(vbo_feed *feed, const void *bytes, size_t size, vbo_feeding *feeding,
                   vbo_error *err);
/* Forgets what it took, for another attempt. */
void vbo_feed_restart(vbo_feed *feed);
/* That was all, and it came with this Content-Type (NULL: none): `ended` follows. */
void vbo_feed_commit(vbo_feed *feed, const char *type);
/* For who wants to give a committed one up: false, and it is given up; true when
 * the file had or just got its name. */
bool vbo_feed_too_late(vbo_feed *feed);
/* Of a file that has its name. */
const char *vbo_feed_sha256(const vbo_feed *feed);
const vbo_sink *vbo_feed_sink(const vbo_feed *feed);
/* Gives up what has not ended: the partial file is gone when this returns. */
void vbo_feed_free(vbo_feed *feed);

#endif
