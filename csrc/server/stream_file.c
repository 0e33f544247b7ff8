/* stream_file.c: a part of a file as a stream; see stream_file.h.
 *
 * The path is walked beneath its root for each reader, and not once when the world is loaded: a
 * folder may change while the server runs. */
#include "server/stream_file.h"

#include "server/files.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Holds names, not a descriptor: a world of a million documents would exceed the limit of open
 * files. */
typedef struct file_stream {
  vbo_stream base;
  char *root;
  char *path;
  int64_t offset;
} file_stream;

/* Each reader has a descriptor of its own, opened with the first byte: a stream that is never
 * sent holds none. */
typedef struct file_reader {
  vbo_reader base;
  int file;
  int64_t done;
} file_reader;

/* Reads at an offset, so that readers of one file do not disturb each other. */
static int64_t file_read(vbo_reader *base, void *buffer, size_t size, vbo_error *err) {
  file_reader *reader = (file_reader *)base;
  const file_stream *stream = (const file_stream *)base->stream;
  int64_t left = base->stream->size - reader->done;
  if ((int64_t)size > left) size = (size_t)left;
  if (size == 0) return 0;
  /* pread leaves the descriptor's position alone and needs no lseek. */
  ssize_t got;
  do {
    got = pread(reader->file, buffer, size, (off_t)(stream->offset + reader->done));
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot read %s/%s", stream->root, stream->path);
    return -1;
  }
  /* The head has stated the length: an answer that ends before it would pass for a broken
   * connection. */
  if (got == 0) {
    vbo_error_set(err, VBO_ERROR_DISK, "%s/%s has become shorter", stream->root, stream->path);
    return -1;
  }
  reader->done += got;
  return got;
}

static void file_close(vbo_reader *base) {
  file_reader *reader = (file_reader *)base;
  if (reader->file >= 0) close(reader->file);
  free(reader);
}

static vbo_reader *file_open(vbo_stream *base, vbo_error *err) {
  static const vbo_reader_class kind = {file_read, file_close};
  const file_stream *stream = (const file_stream *)base;
  file_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    vbo_error_memory(err);
    return NULL;
  }
  reader->base.kind = &kind;
  reader->base.stream = vbo_stream_share(base);
  /* Beneath the world's folder alone: a name in a world is not trusted as a path. */
  int why = vbo_beneath_open(stream->root, stream->path, false, &reader->file);
  if (why == 0) return &reader->base;
  reader->file = -1;
  vbo_reader_free(&reader->base);
  vbo_error_os(err, VBO_ERROR_DISK, why, "cannot open %s/%s", stream->root, stream->path);
  return NULL;
}

static void file_destroy(vbo_stream *base) {
  file_stream *stream = (file_stream *)base;
  free(stream->root);
  free(stream->path);
  free(stream);
}

vbo_stream *vbo_stream_file(const char *root, const char *path, int64_t offset, int64_t size,
                            vbo_error *err) {
  static const vbo_stream_class kind = {file_open, file_destroy};
  file_stream *stream = calloc(1, sizeof *stream);
  if (!stream) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_stream_init(&stream->base, &kind, size);
  stream->offset = offset;
  stream->root = vbo_text_copy(root);
  stream->path = vbo_text_copy(path);
  if (stream->root && stream->path) return &stream->base;
  vbo_stream_free(&stream->base);
  vbo_error_memory(err);
  return NULL;
}
