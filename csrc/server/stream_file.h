/* stream_file.h: files of a folder as streams.  No symbolic link below the folder is followed, not
 * even one that appears while the server runs: what a rehearsal serves lies in that folder. */
#ifndef VBO_STREAM_FILE_H
#define VBO_STREAM_FILE_H

#include "server/stream.h"

/* `size` bytes from `offset` of ROOT/PATH.  The file is opened when it is read; reading fails when
 * it has become shorter. */
vbo_stream *vbo_stream_file(const char *root, const char *path, int64_t offset, int64_t size,
                            vbo_error *err);

#endif
