/* sink.h: a file that is whole or absent. */
#ifndef VBO_SINK_H
#define VBO_SINK_H

#include "save/check.h"
#include "save/digest.h"

typedef struct vbo_sink vbo_sink;

/* Opens a partial file in PATH's directory (vbo_partial_open). EXISTS when PATH exists and may not
 * be replaced; DISK when the directory cannot take it, or PATH is a directory, a device, a FIFO or
 * a socket; USAGE for a path without a name. A link is replaced, not followed. */
vbo_sink *vbo_sink_open(const char *path, bool overwrite, bool sync, vbo_error *err);
/* Set, before the first write, a check (taken over), the modification time (seconds since 1970),
 * and that it is not hashed. */
void vbo_sink_check(vbo_sink *sink, vbo_check *check);
void vbo_sink_modified(vbo_sink *sink, int64_t seconds);
void vbo_sink_unhashed(vbo_sink *sink);
/* Says how many bytes its disk still takes, and which disk that is; false where it is unknown. */
bool vbo_sink_space(const vbo_sink *sink, int64_t *space, uint64_t *disk);
/* Fails with DISK for a file of `size` bytes that does not fit into `space`. Returns false,
 * always. */
bool vbo_sink_refuse(const vbo_sink *sink, int64_t size, int64_t space, vbo_error *err);
/* Sets room aside for so many bytes, where that helps (`*done`). */
bool vbo_sink_reserve(vbo_sink *sink, int64_t size, bool *done, vbo_error *err);
/* Sets the answer's Content-Type, for its check; before it is committed. */
void vbo_sink_type(vbo_sink *sink, const char *type);
bool vbo_sink_write(vbo_sink *sink, const void *bytes, size_t size, vbo_error *err);
/* Empties it, for another attempt. */
bool vbo_sink_reset(vbo_sink *sink, vbo_error *err);
/* Hashes it ("" when unhashed), checks it and syncs it: all but the name. After a failure nothing is
 * left. */
bool vbo_sink_complete(vbo_sink *sink, char sha256[VBO_DIGEST_HEX], vbo_error *err);
/* Names it PATH, once it is complete. After a failure nothing is left. */
bool vbo_sink_name(vbo_sink *sink, vbo_error *err);
/* Does both. */
bool vbo_sink_commit(vbo_sink *sink, char sha256[VBO_DIGEST_HEX], vbo_error *err);
/* Returns which file it is, from when it is complete. */
const vbo_identity *vbo_sink_identity(const vbo_sink *sink);
/* Return, from then until it is freed, vbo_check_made and vbo_check_missed, or "". */
const char *vbo_sink_checked(const vbo_sink *sink);
const char *vbo_sink_unchecked(const vbo_sink *sink);
/* Gives it up from another thread than the one that writes and commits: removes the partial file,
 * and nothing will get the name PATH. False when it is too late: it is getting the name just now,
 * or has it. */
bool vbo_sink_give_up(vbo_sink *sink);
/* Removes the partial file unless it was committed. */
void vbo_sink_free(vbo_sink *sink);

#endif
