/* sink.c: writes a file that is whole or absent.
 *
 * Bytes go to a partial file in the target's own directory, as a rename is atomic only within one
 * file system (POSIX rename). It gets its name after everything else has succeeded: hash, check,
 * size and sync. Two threads meet here: a worker writes and commits, while the loop may abandon the
 * file; `stage` decides between them. */
#include "save/sink.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "base/partial.h"
#include "base/system.h"
#include "base/text.h"

/* The first of two threads decides: the one that gives the file its name, or the one that gives it
 * up. */
enum { STAGE_WRITING, STAGE_NAMING, STAGE_GIVEN_UP };

/* While bytes come the worker owns it. The loop reads only members that do not change before the
 * commit (`path`, `part`, `directory`, `file`), and competes for `stage`. */
struct vbo_sink {
  char *path;
  char *name;                  /* its last part, within `directory` */
  char part[VBO_PARTIAL_NAME]; /* "": it has no name yet */
  int directory;               /* held, so that a change of working directory does not matter */
  int file;                    /* -1: no unfinished file of ours exists */
  bool overwrite;
  bool sync;
  bool dated; /* `modified` is set */
  int64_t modified;
  atomic_int stage;
  int64_t process;    /* a fork of it must not remove what is not its own */
  vbo_digest *digest; /* NULL: unhashed */
  vbo_check *check;   /* NULL: none */
  vbo_identity identity;
};

/* Fails with DISK; `what` is the verb of the message. */
static bool disk_error(const vbo_sink *sink, int failure, const char *what, vbo_error *err) {
  vbo_error_os(err, VBO_ERROR_DISK, failure, "%s %s", what, sink->path);
  if (failure == ENOSPC || failure == EDQUOT)
    vbo_error_hint(err, "make room, or save somewhere else; nothing was left behind");
  return false;
}

/* Fails with EXISTS, before the transfer where that is possible, so that no download is wasted. */
static bool exists_error(const vbo_sink *sink, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_EXISTS, "the file exists already: %s", sink->path);
  vbo_error_hint(err, "choose another name, or set overwrite = true (vbolua api: --overwrite)");
  return false;
}

/* Splits the path and opens its directory. All later calls use the descriptor (openat, renameat),
 * so that a directory that is renamed or replaced meanwhile does not redirect the file. */
static bool open_directory(vbo_sink *sink, vbo_error *err) {
  const char *slash = strrchr(sink->path, '/');
  const char *name = slash == NULL ? sink->path : slash + 1;
  if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return vbo_error_set(err, VBO_ERROR_USAGE, "the path must name a file, got \"%s\"", sink->path);
  if (vbo_partial_is_name(name))
    return vbo_error_set(err, VBO_ERROR_USAGE,
                         "cannot save to %s: unfinished files have such names", sink->path);
  char *directory = slash == NULL ? vbo_text_copy(".")
                    : slash == sink->path
                        ? vbo_text_copy("/")
                        : vbo_text_copy_n(sink->path, (size_t)(slash - sink->path));
  sink->name = vbo_text_copy(name);
  if (directory == NULL || sink->name == NULL) {
    free(directory);
    return vbo_error_memory(err);
  }
  int failure = vbo_directory_open(directory, &sink->directory);
  if (failure != 0)
    vbo_error_os(err, VBO_ERROR_DISK, failure, "cannot save into the directory %s", directory);
  free(directory);
  return failure == 0;
}

/* A device or a FIFO takes bytes at once: they would be neither whole nor absent. */
static bool check_target(const vbo_sink *sink, vbo_error *err) {
  vbo_found found = VBO_FOUND_NOTHING;
  int failure = vbo_file_look(sink->directory, sink->name, &found);
  if (failure != 0) return disk_error(sink, failure, "cannot save", err);
  switch (found) {
    case VBO_FOUND_NOTHING:
      return true;
    case VBO_FOUND_FILE:
      return sink->overwrite || exists_error(sink, err);
    case VBO_FOUND_DIRECTORY:
      return disk_error(sink, EISDIR, "cannot save", err);
    case VBO_FOUND_OTHER:
      break;
  }
  vbo_error_set(err, VBO_ERROR_DISK, "cannot save to %s: it is a device, a FIFO or a socket",
                sink->path);
  vbo_error_hint(err, "save to a file; it is whole when the save returns");
  return false;
}

/* Opens the unfinished file, after removing those that crashed processes left beside it. */
static bool open_partial(vbo_sink *sink, vbo_error *err) {
  vbo_partial_sweep_once(sink->directory);
  int failure = vbo_partial_open(sink->directory, sink->part, &sink->file);
  if (failure == 0) return true;
  sink->file = -1;
  return disk_error(sink, failure, "cannot make", err);
}

/* vbo_sink_free takes a sink in any state of construction: -1 and NULL mark what is missing. */
vbo_sink *vbo_sink_open(const char *path, bool overwrite, bool sync, vbo_error *err) {
  vbo_sink *sink = calloc(1, sizeof *sink);
  if (sink == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  sink->directory = sink->file = -1;
  sink->overwrite = overwrite;
  sink->sync = sync;
  sink->path = vbo_text_copy(path);
  sink->process = vbo_process_id();
  atomic_init(&sink->stage, STAGE_WRITING);
  sink->digest = vbo_digest_new(err);
  if (sink->path == NULL || sink->digest == NULL) {
    vbo_error_memory(err);
  } else if (open_directory(sink, err) && check_target(sink, err) && open_partial(sink, err)) {
    return sink;
  }
  vbo_sink_free(sink);
  return NULL;
}

void vbo_sink_check(vbo_sink *sink, vbo_check *check) {
  vbo_check_free(sink->check);
  sink->check = check;
}

void vbo_sink_modified(vbo_sink *sink, int64_t seconds) {
  sink->dated = true;
  sink->modified = seconds;
}

void vbo_sink_type(vbo_sink *sink, const char *type) {
  if (sink->check != NULL) vbo_check_type(sink->check, type);
}

/* Without the digest the hash is "": a caller that needs none saves a second for every 2 GB. */
void vbo_sink_unhashed(vbo_sink *sink) {
  vbo_digest_free(sink->digest);
  sink->digest = NULL;
}

bool vbo_sink_space(const vbo_sink *sink, int64_t *space, uint64_t *disk) {
  return vbo_file_space(sink->file, space, disk);
}

/* disk_error sets kind, errno and hint; the message is then replaced by one with both sizes. */
bool vbo_sink_refuse(const vbo_sink *sink, int64_t size, int64_t space, vbo_error *err) {
  disk_error(sink, ENOSPC, "not begun: there is no room for", err);
  (void)snprintf(err->message, sizeof err->message,
                 "no room for %s: it has %lld bytes, %lld are free beside what is being saved",
                 sink->path, (long long)size, (long long)(space > 0 ? space : 0));
  vbo_error_hint(err, "make room, or save somewhere else; nothing was left behind");
  return false;
}

bool vbo_sink_reserve(vbo_sink *sink, int64_t size, bool *done, vbo_error *err) {
  int failure = vbo_file_reserve(sink->file, size, done);
  return failure == 0 || disk_error(sink, failure, "could not set room aside for", err);
}

const char *vbo_sink_checked(const vbo_sink *sink) {
  return sink->check != NULL ? vbo_check_made(sink->check) : "";
}

const char *vbo_sink_unchecked(const vbo_sink *sink) {
  return sink->check != NULL ? vbo_check_missed(sink->check) : "";
}

bool vbo_sink_write(vbo_sink *sink, const void *bytes, size_t size, vbo_error *err) {
  /* Hashed and checked before they are written: a check that fails saves the rest of the
   * download. */
  if (sink->digest != NULL && !vbo_digest_add(sink->digest, bytes, size, err)) return false;
  if (sink->check != NULL && !vbo_check_add(sink->check, bytes, size, err)) return false;
  int failure = vbo_file_write(sink->file, bytes, size);
  return failure == 0 || disk_error(sink, failure, "could not write", err);
}

/* The file stays open and keeps its name, if it has one: a new attempt needs no second open. */
bool vbo_sink_reset(vbo_sink *sink, vbo_error *err) {
  int failure = vbo_file_empty(sink->file);
  if (failure != 0) return disk_error(sink, failure, "could not begin again with", err);
  if (sink->check != NULL) vbo_check_reset(sink->check);
  return sink->digest == NULL || vbo_digest_reset(sink->digest, err);
}

/* Closes the unfinished file and removes it, once: not when another thread has given it up, and
 * not in a fork, where it is the parent's. */
static void discard(vbo_sink *sink) {
  if (sink->file < 0) return;
  if (sink->part[0] != '\0' && atomic_load(&sink->stage) != STAGE_GIVEN_UP &&
      sink->process == vbo_process_id())
    vbo_file_unlink(sink->directory, sink->part);
  vbo_file_close(sink->file);
  sink->file = -1;
}

/* Repeated calls return true. The unlink comes here, on the caller's thread, so that the file is
 * gone when the call returns, though the worker may still be writing to its descriptor. */
bool vbo_sink_give_up(vbo_sink *sink) {
  int stage = STAGE_WRITING;
  if (!atomic_compare_exchange_strong(&sink->stage, &stage, STAGE_GIVEN_UP))
    return stage == STAGE_GIVEN_UP;
  if (sink->part[0] != '\0') vbo_file_unlink(sink->directory, sink->part);
  return true;
}

/* Names the file, unless it was given up before. */
static bool take_name(vbo_sink *sink, vbo_error *err) {
  int stage = STAGE_WRITING;
  if (!atomic_compare_exchange_strong(&sink->stage, &stage, STAGE_NAMING))
    return vbo_error_set(err, VBO_ERROR_CANCELLED, "given up");
  /* Again: a device may have taken the name meanwhile, and would be replaced. */
  if (sink->overwrite && !check_target(sink, err)) return false;
  int failure =
      vbo_partial_commit(sink->directory, sink->part, sink->file, sink->name, sink->overwrite);
  /* Without `overwrite` the file was made by another program since the sink was opened; it is
   * kept. */
  if (failure == EEXIST) return exists_error(sink, err);
  return failure == 0 || disk_error(sink, failure, "could not give its name to", err);
}

/* The date is set before the sync, which also writes the inode. */
bool vbo_sink_complete(vbo_sink *sink, char sha256[VBO_DIGEST_HEX], vbo_error *err) {
  sha256[0] = '\0';
  bool good = (sink->digest == NULL || vbo_digest_finish(sink->digest, sha256, err)) &&
              (sink->check == NULL || vbo_check_finish(sink->check, err));
  if (good) {
    if (sink->dated) vbo_file_set_modified(sink->file, sink->modified);
    /* Before it has its name: after a power failure a file with the name is whole. */
    int failure = sink->sync ? vbo_file_sync(sink->file) : vbo_file_flush(sink->file);
    /* Neither a link nor a rename changes anything of it. */
    if (failure == 0) failure = vbo_file_identify(sink->file, &sink->identity);
    if (failure != 0) good = disk_error(sink, failure, "could not write", err);
  }
  if (!good) discard(sink);
  return good;
}

bool vbo_sink_name(vbo_sink *sink, vbo_error *err) {
  if (!take_name(sink, err)) {
    discard(sink);
    return false;
  }
  vbo_file_close(sink->file); /* late errors, if any, were asked for above (vbo_file_flush) */
  sink->file = -1;            /* it has its final name: nothing is removed any more */
  /* The name itself lasts only with the directory. */
  if (sink->sync) vbo_directory_sync(sink->directory);
  return true;
}

bool vbo_sink_commit(vbo_sink *sink, char sha256[VBO_DIGEST_HEX], vbo_error *err) {
  return vbo_sink_complete(sink, sha256, err) && vbo_sink_name(sink, err);
}

const vbo_identity *vbo_sink_identity(const vbo_sink *sink) {
  return &sink->identity;
}

/* The directory is closed last: discard() unlinks relative to it. */
void vbo_sink_free(vbo_sink *sink) {
  if (sink == NULL) return;
  discard(sink);
  if (sink->directory >= 0) vbo_file_close(sink->directory);
  vbo_digest_free(sink->digest);
  vbo_check_free(sink->check);
  free(sink->name);
  free(sink->path);
  free(sink);
}
