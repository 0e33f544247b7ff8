/* archive.c: makes a ZIP while it is read (server/archive.h).
 *
 * libarchive pushes: it calls take() with what it has written. A reader pulls. So each read
 * advances the archive by one step, until the buffer between the two has bytes; it holds about one
 * block, whatever the size of the entries. */
#include "server/archive.h"

#include "base/buffer.h"
#include "server/libraries.h"
#include "server/files.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  BLOCK = 64 * 1024,
  DEFLATE_UP_TO = 16 * 1024 * 1024 /* AUTO: beyond, zlib's 50 MB/s would be all that is measured */
};

typedef struct zip_stream {
  vbo_stream base;
  size_t count;
  vbo_zip_entry *entries; /* owns names, holds streams */
} zip_stream;

/* The function table is a member, since libarchive is loaded at run time (server/libraries.h). */
typedef struct zip_reader {
  vbo_reader base;
  vbo_archive la;
  struct archive *archive;
  struct archive_entry *entry;
  locale_t utf8;
  size_t next;      /* the entry to begin */
  vbo_reader *part; /* the entry under way */
  bool finished;    /* the central directory is written */
  unsigned char *block;
  vbo_buffer out; /* what libarchive wrote ... */
  size_t taken;   /* ... and how much of it was read already */
} zip_reader;

/* libarchive's write callback. It takes all bytes at once, so that libarchive never has to call it
 * again for a rest. */
static la_ssize_t take(struct archive *archive, void *context, const void *bytes, size_t size) {
  (void)archive;
  zip_reader *reader = context;
  return vbo_buffer_append(&reader->out, bytes, size, NULL) ? (la_ssize_t)size : -1;
}

/* The error string belongs to the archive, and is valid as long as that. */
static bool failed(zip_reader *reader, vbo_error *err) {
  const char *why = reader->la.archive_error_string(reader->archive);
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "the ZIP could not be made: %s",
                why ? why : "libarchive does not say why");
  return false;
}

static bool begin_entry(zip_reader *reader, const vbo_zip_entry *entry, vbo_error *err) {
  const vbo_archive *la = &reader->la;
  size_t length = strlen(entry->name);
  bool folder = length > 0 && entry->name[length - 1] == '/';
  int64_t size = entry->stream ? vbo_stream_size(entry->stream) : 0;
  la->archive_entry_clear(reader->entry);
  la->archive_entry_set_pathname(reader->entry, entry->name);
  la->archive_entry_set_mtime(reader->entry, (time_t)entry->mtime, 0);
  la->archive_entry_set_filetype(reader->entry, folder ? S_IFDIR : S_IFREG);
  la->archive_entry_set_perm(reader->entry, folder ? 0755 : 0644);
  if (size != VBO_STREAM_UNKNOWN) la->archive_entry_set_size(reader->entry, size);
  bool deflate = entry->method == VBO_ZIP_DEFLATE ||
                 (entry->method == VBO_ZIP_AUTO && size > 0 && size <= DEFLATE_UP_TO);
  int done = deflate ? la->archive_write_zip_set_compression_deflate(reader->archive)
                     : la->archive_write_zip_set_compression_store(reader->archive);
  if (done == ARCHIVE_OK) done = la->archive_write_header(reader->archive, reader->entry);
  /* A warning here says that the name could not be converted: an archive with a wrong name is an
   * error. */
  if (done != ARCHIVE_OK) return failed(reader, err);
  if (entry->stream && !folder) {
    reader->part = vbo_reader_open(entry->stream, err);
    if (!reader->part) return false;
  }
  return true;
}

/* A short count means that the stream had more bytes than its size says: libarchive drops the rest,
 * which would be a wrong archive. */
static bool continue_entry(zip_reader *reader, vbo_error *err) {
  const vbo_archive *la = &reader->la;
  int64_t got = vbo_reader_read(reader->part, reader->block, BLOCK, err);
  if (got < 0) return false;
  if (got > 0)
    return la->archive_write_data(reader->archive, reader->block, (size_t)got) == got ||
           failed(reader, err);
  vbo_reader_free(reader->part);
  reader->part = NULL;
  return la->archive_write_finish_entry(reader->archive) == ARCHIVE_OK || failed(reader, err);
}

/* Does one step: begins an entry, writes one block of it, ends it, or writes the directory. */
static bool advance(zip_reader *reader, vbo_error *err) {
  zip_stream *stream = (zip_stream *)reader->base.stream;
  if (reader->part) return continue_entry(reader, err);
  if (reader->next < stream->count)
    return begin_entry(reader, &stream->entries[reader->next++], err);
  reader->finished = true;
  return reader->la.archive_write_close(reader->archive) == ARCHIVE_OK || failed(reader, err);
}

/* uselocale concerns this thread alone; the user's locale is back before the function returns, also
 * after a failure. */
static int64_t zip_read(vbo_reader *base, void *buffer, size_t size, vbo_error *err) {
  zip_reader *reader = (zip_reader *)base;
  if (reader->taken == reader->out.size) {
    reader->taken = 0;
    vbo_buffer_clear(&reader->out);
    /* libarchive takes the encoding of names from the thread's locale; the names are UTF-8 in any
     * locale of the user. */
    locale_t users = uselocale(reader->utf8);
    bool good = true;
    while (good && reader->out.size == 0 && !reader->finished)
      good = advance(reader, err);
    uselocale(users);
    if (!good) return -1;
  }
  size_t ready = reader->out.size - reader->taken;
  if (size > ready) size = ready;
  if (size > 0) memcpy(buffer, reader->out.data + reader->taken, size);
  reader->taken += size;
  return (int64_t)size;
}

static void zip_close(vbo_reader *base) {
  zip_reader *reader = (zip_reader *)base;
  /* archive_write_free closes an open archive first, and so may call take() once more: the buffer
   * is freed after it. */
  if (reader->archive) /* discards what libarchive writes to complete an unfinished ZIP */
    reader->la.archive_write_free(reader->archive);
  if (reader->entry) reader->la.archive_entry_free(reader->entry);
  if (reader->utf8) freelocale(reader->utf8);
  vbo_reader_free(reader->part);
  free(reader->block);
  vbo_buffer_free(&reader->out);
  free(reader);
}

static vbo_reader *zip_open(vbo_stream *stream, vbo_error *err) {
  static const vbo_reader_class kind = {zip_read, zip_close};
  zip_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    vbo_error_memory(err);
    return NULL;
  }
  reader->base.kind = &kind;
  reader->base.stream = vbo_stream_share(stream);
  if (!vbo_dynamic_archive(&reader->la, err)) goto fail;
  reader->utf8 = vbo_locale_utf8();
  if (!reader->utf8) {
    vbo_error_set(err, VBO_ERROR_UNSUPPORTED, "a ZIP needs a UTF-8 locale, and there is none");
    vbo_error_hint(err, "C.UTF-8 comes with libc-bin on Debian");
    goto fail;
  }
  reader->block = malloc(BLOCK);
  reader->archive = reader->la.archive_write_new();
  reader->entry = reader->la.archive_entry_new();
  if (!reader->block || !reader->archive || !reader->entry) {
    vbo_error_memory(err);
    goto fail;
  }
  locale_t users = uselocale(reader->utf8);
  bool good =
      reader->la.archive_write_set_format_zip(reader->archive) == ARCHIVE_OK &&
      /* 0 turns off libarchive's blocking, which would pad the archive as for a tape. */
      reader->la.archive_write_set_bytes_per_block(reader->archive, 0) == ARCHIVE_OK &&
      reader->la.archive_write_set_options(reader->archive, "zip:hdrcharset=UTF-8") == ARCHIVE_OK &&
      reader->la.archive_write_open(reader->archive, reader, NULL, take, NULL) == ARCHIVE_OK;
  uselocale(users);
  if (good || failed(reader, err)) return &reader->base;
fail:
  vbo_reader_free(&reader->base);
  return NULL;
}

/* Also called for a stream that is half made: `count` grows with each entry that is complete. */
static void zip_destroy(vbo_stream *base) {
  zip_stream *stream = (zip_stream *)base;
  for (size_t i = 0; i < stream->count; i++) {
    free((void *)stream->entries[i].name); /* ours, const for everybody else */
    vbo_stream_free(stream->entries[i].stream);
  }
  free(stream->entries);
  free(stream);
}

/* The size of a ZIP is known only when it is made: an answer of it is sent in chunks. */
vbo_stream *vbo_zip_new(const vbo_zip_entry *entries, size_t count, vbo_error *err) {
  static const vbo_stream_class kind = {zip_open, zip_destroy};
  vbo_archive probe; /* fail here and not in mid-answer when libarchive is not there */
  if (!vbo_dynamic_archive(&probe, err)) return NULL;
  zip_stream *stream = calloc(1, sizeof *stream);
  if (!stream) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_stream_init(&stream->base, &kind, VBO_STREAM_UNKNOWN);
  stream->entries = count ? calloc(count, sizeof *stream->entries) : NULL;
  if (count && !stream->entries) goto fail;
  for (size_t i = 0; i < count; i++) {
    char *name = vbo_text_copy(entries[i].name);
    if (!name) goto fail;
    stream->entries[i] = entries[i];
    stream->entries[i].name = name;
    stream->entries[i].stream = vbo_stream_share(entries[i].stream);
    stream->count = i + 1;
  }
  return &stream->base;
fail:
  vbo_stream_free(&stream->base);
  vbo_error_memory(err);
  return NULL;
}
