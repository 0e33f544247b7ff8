/* examine.c: reads a file on the disk again as it was read when it was saved.
 *
 * Verification must not differ from saving, so that the same digest and check run here, on the
 * calling thread. */
#include "save/examine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "save/check.h"
#include "base/disk.h"

enum { PIECE = 256 * 1024 };

static bool read_all(const char *path, int file, vbo_check *check, vbo_digest *digest, char *piece,
                     vbo_examined *found, vbo_error *err) {
  for (;;) {
    int64_t got = vbo_file_read(file, piece, PIECE);
    if (got < 0) {
      vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot read %s", path);
      return false;
    }
    if (got == 0) break;
    found->size += got;
    if (!vbo_digest_add(digest, piece, (size_t)got, err) ||
        (check != NULL && !vbo_check_add(check, piece, (size_t)got, err)))
      return false;
  }
  if (!vbo_digest_finish(digest, found->sha256, err)) return false;
  if (check == NULL) return true;
  if (!vbo_check_finish(check, err)) return false;
  /* Only a format's check comes here, and its texts are static: they outlive the check. */
  found->checked = vbo_check_made(check);
  found->unchecked = vbo_check_missed(check);
  return true;
}

bool vbo_examine(const char *path, const char *names, vbo_examined *found, vbo_error *err) {
  *found = (vbo_examined){.checked = "", .unchecked = ""};
  vbo_check *check = NULL;
  /* Its listed size and name are known only during the save. */
  if (names != NULL && strcmp(names, "document") == 0)
    return vbo_error_set(err, VBO_ERROR_USAGE,
                         "a document is checked while it is saved, beside what is listed of it");
  if (names != NULL && (check = vbo_check_new(names, err)) == NULL) return false;
  int file = -1;
  /* Refuses a FIFO or device, on which reading could wait for ever. */
  int failure = vbo_plain_open(path, &file);
  vbo_digest *digest = vbo_digest_new(err);
  char *piece = malloc(PIECE);
  /* All resources are acquired before the first test, so that one place below releases them all. */
  bool good = false;
  if (failure != 0)
    vbo_error_os(err, failure == ENOENT ? VBO_ERROR_NOT_FOUND : VBO_ERROR_DISK, failure,
                 "cannot read %s", path);
  else if (digest == NULL || piece == NULL)
    vbo_error_memory(err);
  else
    good = read_all(path, file, check, digest, piece, found, err);
  if (failure == 0) vbo_file_close(file);
  free(piece);
  vbo_digest_free(digest);
  vbo_check_free(check);
  return good;
}
