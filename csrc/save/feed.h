/* feed.h: bytes on their way from the loop to a file.
 *
 * The loop copies them out of libcurl's buffer into pieces; a worker hashes and writes the pieces.
 * The bytes between the two are bounded: a feed that is full takes nothing, and notifies when it
 * takes bytes again. No function here waits for a disk. */
#ifndef VBO_FEED_H
#define VBO_FEED_H

#include "save/sink.h"

/* The feeds of one engine, and their workers. */
typedef struct vbo_feeds vbo_feeds;
typedef struct vbo_feed vbo_feed;

typedef enum vbo_feeding {
  VBO_FED,
  VBO_FEED_FULL /* nothing taken: offer the same bytes again after `ready` */
} vbo_feeding;

/* Callbacks on the loop's thread, within vbo_feeds_drive. */
typedef struct vbo_feed_events {
  void (*ready)(void *owner);
  /* The file has its name (`failure` NULL), or there is no file. The feed may be freed in it. */
  void (*ended)(void *owner, const vbo_error *failure);
} vbo_feed_events;

/* Creates them. `wake`, called on any thread, makes the loop call vbo_feeds_drive soon. */
vbo_feeds *vbo_feeds_new(void (*wake)(void *), void *data, vbo_error *err);
/* Frees them, after all feeds. */
void vbo_feeds_free(vbo_feeds *feeds);
void vbo_feeds_drive(vbo_feeds *feeds);
struct vbo_workers *vbo_feeds_workers(vbo_feeds *feeds);

/* Creates a feed that takes the sink over, also on failure. */
vbo_feed *vbo_feed_new(vbo_feeds *feeds, vbo_sink *sink, const vbo_feed_events *events, void *owner,
                       vbo_error *err);
/* Has `seal` called with the file, `tag` and its absolute path (vbo.h) before it gets its name. Before
 * the first bytes. */
bool vbo_feed_seal(vbo_feed *feed, vbo_seal_callback *seal, void *owner, int64_t tag,
                   const char *path, vbo_error *err);
/* Sets how many bytes will come; -1: unknown. DISK when there is no room for them, beside what the
 * engine's other files still need. */
bool vbo_feed_expect(vbo_feed *feed, int64_t size, vbo_error *err);
bool vbo_feed_take(vbo_feed *feed, const void *bytes, size_t size, vbo_feeding *feeding,
                   vbo_error *err);
/* Forgets the bytes so far, for another attempt. */
void vbo_feed_restart(vbo_feed *feed);
/* Ends the bytes, which came with this Content-Type (NULL: none); `ended` follows. */
void vbo_feed_commit(vbo_feed *feed, const char *type);
/* Gives up a committed feed and returns false; true when its file had or just got its name. */
bool vbo_feed_too_late(vbo_feed *feed);
/* Return the hash and the sink of a file that has its name. */
const char *vbo_feed_sha256(const vbo_feed *feed);
const vbo_sink *vbo_feed_sink(const vbo_feed *feed);
/* Frees it. A file that has no name yet is gone when this returns. */
void vbo_feed_free(vbo_feed *feed);

#endif
