/* stream.h: the bodies of the rehearsal server's answers.
 *
 * A stream is an immutable recipe, shared by counting references; a reader is one pass over it.
 * One stream can answer any number of requests at once, and be hashed besides; a reader holds at
 * most one block of it, whatever the size. */
#ifndef VBO_STREAM_H
#define VBO_STREAM_H

#include "save/digest.h"

typedef struct vbo_stream vbo_stream;
typedef struct vbo_reader vbo_reader;

/* the size of a stream (a ZIP) that is known only after reading it */
#define VBO_STREAM_UNKNOWN ((int64_t)-1)

/* The functions of a kind of stream; `vbo_stream_init` gives a new one its first reference. */
typedef struct vbo_stream_class {
  vbo_reader *(*open)(vbo_stream *stream, vbo_error *err);
  void (*destroy)(vbo_stream *stream);
} vbo_stream_class;

struct vbo_stream {
  const vbo_stream_class *kind;
  size_t references;
  int64_t size;
};

typedef struct vbo_reader_class {
  /* Up to `size` bytes (at least one is asked for); 0 at the end, -1 with `err`. */
  int64_t (*read)(vbo_reader *reader, void *buffer, size_t size, vbo_error *err);
  void (*destroy)(vbo_reader *reader);
} vbo_reader_class;

struct vbo_reader {
  const vbo_reader_class *kind;
  vbo_stream *stream; /* one reference */
};

void vbo_stream_init(vbo_stream *stream, const vbo_stream_class *kind, int64_t size);

/* Makes a stream of the bytes, copied. */
vbo_stream *vbo_stream_bytes(const void *bytes, size_t size, vbo_error *err);
/* `size` bytes that a seed determines: noise that no compressor shrinks, or (`text`) lines of words
 * that one does. */
vbo_stream *vbo_stream_generate(uint64_t seed, int64_t size, bool text, vbo_error *err);
/* Makes a stream of the given ones one after the other; each is shared, not taken over. */
vbo_stream *vbo_stream_concat(vbo_stream *const *parts, size_t count, vbo_error *err);

vbo_stream *vbo_stream_share(vbo_stream *stream);
void vbo_stream_free(vbo_stream *stream);

/* Bytes, or VBO_STREAM_UNKNOWN. */
int64_t vbo_stream_size(const vbo_stream *stream);
/* Returns the whole stream when it is in memory anyway, otherwise NULL. */
const void *vbo_stream_memory(const vbo_stream *stream);
/* SHA-256 of all of it, in lower case hex, and how many bytes that were. */
bool vbo_stream_sha256(vbo_stream *stream, char hex[VBO_DIGEST_HEX], int64_t *size, vbo_error *err);

vbo_reader *vbo_reader_open(vbo_stream *stream, vbo_error *err);
int64_t vbo_reader_read(vbo_reader *reader, void *buffer, size_t size, vbo_error *err);
void vbo_reader_free(vbo_reader *reader);

/* Makes a stream of the bytes [offset, offset + size) of the generator with this seed. */
void vbo_stream_generated(uint64_t seed, bool text, uint64_t offset, void *buffer, size_t size);

#endif
