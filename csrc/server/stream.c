/* stream.c: bytes, generated data and concatenations as streams; see stream.h.
 *
 * References are plain counters: streams are used on the server's one thread only. */
#include "server/stream.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- references */

void vbo_stream_init(vbo_stream *stream, const vbo_stream_class *kind, int64_t size) {
  stream->kind = kind;
  stream->references = 1;
  stream->size = size;
}

vbo_stream *vbo_stream_share(vbo_stream *stream) {
  if (stream) stream->references++;
  return stream;
}

/* A reader holds a reference: a stream goes away after the last of its readers. */
void vbo_stream_free(vbo_stream *stream) {
  if (stream && --stream->references == 0) stream->kind->destroy(stream);
}

int64_t vbo_stream_size(const vbo_stream *stream) {
  return stream->size;
}

vbo_reader *vbo_reader_open(vbo_stream *stream, vbo_error *err) {
  return stream->kind->open(stream, err);
}

/* 0 bytes are never asked of a reader: its 0 means the end. */
int64_t vbo_reader_read(vbo_reader *reader, void *buffer, size_t size, vbo_error *err) {
  return size ? reader->kind->read(reader, buffer, size, err) : 0;
}

void vbo_reader_free(vbo_reader *reader) {
  if (!reader) return;
  vbo_stream *stream = reader->stream;
  reader->kind->destroy(reader); /* may still look at its stream */
  vbo_stream_free(stream);
}

/* Opens a reader of its own, so that a stream that is being sent can be hashed as well. */
bool vbo_stream_sha256(vbo_stream *stream, char hex[VBO_DIGEST_HEX], int64_t *size,
                       vbo_error *err) {
  enum { BLOCK = 64 * 1024 };
  bool done = false;
  int64_t total = 0;
  char *block = malloc(BLOCK);
  vbo_digest *digest = NULL;
  vbo_reader *reader = NULL;
  if (!block) {
    vbo_error_memory(err);
    goto out;
  }
  digest = vbo_digest_new(err);
  reader = digest ? vbo_reader_open(stream, err) : NULL;
  if (!reader) goto out;
  for (;;) {
    int64_t got = vbo_reader_read(reader, block, BLOCK, err);
    if (got < 0) goto out;
    if (got == 0) break;
    if (!vbo_digest_add(digest, block, (size_t)got, err)) goto out;
    total += got;
  }
  done = vbo_digest_finish(digest, hex, err);
  if (done && size) *size = total;
out:
  vbo_reader_free(reader);
  vbo_digest_free(digest);
  free(block);
  return done;
}

/* ------------------------------------------------- readers that know their place */

/* Bytes and generated streams can be read at any offset: their reader is only that offset. */
typedef struct position_reader {
  vbo_reader base;
  uint64_t offset;
  void (*copy)(const vbo_stream *stream, uint64_t offset, void *buffer, size_t size);
} position_reader;

/* The offset never passes the size, so that the subtraction cannot wrap. */
static int64_t position_read(vbo_reader *base, void *buffer, size_t size, vbo_error *err) {
  (void)err;
  position_reader *reader = (position_reader *)base;
  uint64_t left = (uint64_t)base->stream->size - reader->offset;
  if (size > left) size = (size_t)left;
  if (size > 0) reader->copy(base->stream, reader->offset, buffer, size);
  reader->offset += size;
  return (int64_t)size;
}

static void position_destroy(vbo_reader *base) {
  free(base);
}

static vbo_reader *position_open(vbo_stream *stream,
                                 void (*copy)(const vbo_stream *, uint64_t, void *, size_t),
                                 vbo_error *err) {
  static const vbo_reader_class kind = {position_read, position_destroy};
  position_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    vbo_error_memory(err);
    return NULL;
  }
  reader->base.kind = &kind;
  reader->base.stream = vbo_stream_share(stream);
  reader->copy = copy;
  return &reader->base;
}

/* -------------------------------------------------------------------- bytes */

/* Header and bytes are one allocation. generated_stream shares its destroy function: it also owns
 * nothing else. */
typedef struct bytes_stream {
  vbo_stream base;
  unsigned char bytes[];
} bytes_stream;

static void bytes_copy(const vbo_stream *base, uint64_t offset, void *buffer, size_t size) {
  memcpy(buffer, ((const bytes_stream *)base)->bytes + offset, size);
}

static vbo_reader *bytes_open(vbo_stream *base, vbo_error *err) {
  return position_open(base, bytes_copy, err);
}

static void bytes_destroy(vbo_stream *base) {
  free(base);
}

static const vbo_stream_class bytes_class = {bytes_open, bytes_destroy};

vbo_stream *vbo_stream_bytes(const void *bytes, size_t size, vbo_error *err) {
  bytes_stream *stream =
      size <= SIZE_MAX / 2 ? malloc(sizeof *stream + size) : NULL; /* the sum cannot overflow */
  if (!stream) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_stream_init(&stream->base, &bytes_class, (int64_t)size);
  if (size > 0) memcpy(stream->bytes, bytes, size);
  return &stream->base;
}

/* Compares the class, as C has no other type at run time. */
const void *vbo_stream_memory(const vbo_stream *stream) {
  return stream->kind == &bytes_class ? ((const bytes_stream *)stream)->bytes : NULL;
}

/* ---------------------------------------------------------------- generated */

typedef struct generated_stream {
  vbo_stream base;
  uint64_t seed;
  bool text;
} generated_stream;

/* The n-th value of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * 2014).  Its state is a counter, so that any place of the stream is computed directly, and it runs
 * many times faster than TLS can take the bytes. */
static uint64_t splitmix64(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Eight bytes each, so that the n-th word's place is known; every tenth ends its line. */
static const char words[64][9] = {
    "account ", "agenda  ", "alpha   ", "annual  ", "archive ", "article ", "backup  ", "balance ",
    "board   ", "budget  ", "camera  ", "capital ", "client  ", "company ", "contact ", "copy    ",
    "costs   ", "county  ", "courier ", "credit  ", "deposit ", "design  ", "detail  ", "draft   ",
    "email   ", "exhibit ", "factory ", "figures ", "finance ", "folder  ", "general ", "growth  ",
    "harbour ", "history ", "holiday ", "invoice ", "journey ", "kitchen ", "ledger  ", "letter  ",
    "machine ", "manager ", "market  ", "measure ", "meeting ", "minutes ", "network ", "note    ",
    "office  ", "order   ", "partner ", "payment ", "plan    ", "policy  ", "project ", "quarter ",
    "receipt ", "report  ", "restore ", "salary  ", "section ", "storage ", "summary ", "visit   "};

/* The stream is the same bytes on every machine: little endian.  Where that is how numbers lie in
 * memory anyway, compilers see through the test. */
static void put_number(unsigned char out[8], uint64_t value) {
  const uint16_t probe = 1;
  unsigned char first;
  memcpy(&first, &probe, 1);
  if (first == 1) {
    memcpy(out, &value, 8);
    return;
  }
  for (int i = 0; i < 8; i++)
    out[i] = (unsigned char)(value >> (8 * i));
}

/* The six highest bits choose one of 64 words. */
static void put_word(unsigned char out[8], uint64_t value, uint64_t n) {
  memcpy(out, words[value >> 58], 8);
  if (n % 10 == 9) out[7] = '\n';
}

/* Writes whole words, beginning with the n-th. */
static void generate_words(uint64_t seed, bool text, uint64_t n, unsigned char *out, size_t count) {
  if (text) {
    for (size_t i = 0; i < count; i++)
      put_word(out + 8 * i, splitmix64(seed, n + i), n + i);
  } else {
    for (size_t i = 0; i < count; i++)
      put_number(out + 8 * i, splitmix64(seed, n + i));
  }
}

/* Three parts: the rest of a word that begins before the offset, whole words, and the beginning of
 * a last one. */
void vbo_stream_generated(uint64_t seed, bool text, uint64_t offset, void *buffer, size_t size) {
  unsigned char *out = buffer;
  uint64_t n = offset / 8;
  size_t skip = (size_t)(offset % 8);
  unsigned char word[8];
  if (skip > 0 && size > 0) {
    size_t part = 8 - skip < size ? 8 - skip : size;
    generate_words(seed, text, n++, word, 1);
    memcpy(out, word + skip, part);
    out += part;
    size -= part;
  }
  size_t whole = size / 8;
  generate_words(seed, text, n, out, whole);
  if (size % 8 > 0) {
    generate_words(seed, text, n + whole, word, 1);
    memcpy(out + 8 * whole, word, size % 8);
  }
}

static void generated_copy(const vbo_stream *base, uint64_t offset, void *buffer, size_t size) {
  const generated_stream *stream = (const generated_stream *)base;
  vbo_stream_generated(stream->seed, stream->text, offset, buffer, size);
}

static vbo_reader *generated_open(vbo_stream *base, vbo_error *err) {
  return position_open(base, generated_copy, err);
}

static const vbo_stream_class generated_class = {generated_open, bytes_destroy};

vbo_stream *vbo_stream_generate(uint64_t seed, int64_t size, bool text, vbo_error *err) {
  if (size < 0) {
    vbo_error_set(err, VBO_ERROR_USAGE, "a generated stream cannot have %lld bytes",
                  (long long)size);
    return NULL;
  }
  generated_stream *stream = calloc(1, sizeof *stream);
  if (!stream) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_stream_init(&stream->base, &generated_class, size);
  stream->seed = seed;
  stream->text = text;
  return &stream->base;
}

/* ------------------------------------------------------------ concatenation */

typedef struct concat_part {
  vbo_stream *stream;
} concat_part;

typedef struct concat_stream {
  vbo_stream base;
  size_t count;
  concat_part parts[];
} concat_stream;

/* One part is open at a time, so that a concatenation of thousands of files holds one
 * descriptor. */
typedef struct concat_reader {
  vbo_reader base;
  size_t next;
  vbo_reader *part; /* NULL between two */
} concat_reader;

/* The loop skips empty parts: a part's end is not the end of the whole. */
static int64_t concat_read(vbo_reader *base, void *buffer, size_t size, vbo_error *err) {
  concat_reader *reader = (concat_reader *)base;
  concat_stream *stream = (concat_stream *)base->stream;
  for (;;) {
    if (!reader->part) {
      if (reader->next == stream->count) return 0;
      reader->part = vbo_reader_open(stream->parts[reader->next].stream, err);
      if (!reader->part) return -1;
      reader->next++;
    }
    int64_t got = vbo_reader_read(reader->part, buffer, size, err);
    if (got != 0) return got;
    vbo_reader_free(reader->part);
    reader->part = NULL;
  }
}

static void concat_close(vbo_reader *base) {
  vbo_reader_free(((concat_reader *)base)->part);
  free(base);
}

static vbo_reader *concat_open(vbo_stream *stream, vbo_error *err) {
  static const vbo_reader_class kind = {concat_read, concat_close};
  concat_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    vbo_error_memory(err);
    return NULL;
  }
  reader->base.kind = &kind;
  reader->base.stream = vbo_stream_share(stream);
  return &reader->base;
}

static void concat_destroy(vbo_stream *base) {
  concat_stream *stream = (concat_stream *)base;
  for (size_t i = 0; i < stream->count; i++)
    vbo_stream_free(stream->parts[i].stream);
  free(stream);
}

/* One part of unknown size makes the whole unknown. */
vbo_stream *vbo_stream_concat(vbo_stream *const *parts, size_t count, vbo_error *err) {
  static const vbo_stream_class kind = {concat_open, concat_destroy};
  int64_t size = 0;
  for (size_t i = 0; i < count && size != VBO_STREAM_UNKNOWN; i++) {
    int64_t part = vbo_stream_size(parts[i]);
    /* The sum goes into Content-Length, where an overflow would be a wrong length. */
    if (part != VBO_STREAM_UNKNOWN && part > INT64_MAX - size) {
      vbo_error_set(err, VBO_ERROR_USAGE, "a stream cannot be that long");
      return NULL;
    }
    size = part == VBO_STREAM_UNKNOWN ? part : size + part;
  }
  concat_stream *stream = count <= SIZE_MAX / 2 / sizeof(concat_part)
                              ? malloc(sizeof *stream + count * sizeof(concat_part))
                              : NULL;
  if (!stream) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_stream_init(&stream->base, &kind, size);
  stream->count = count;
  for (size_t i = 0; i < count; i++)
    stream->parts[i].stream = vbo_stream_share(parts[i]);
  return &stream->base;
}
