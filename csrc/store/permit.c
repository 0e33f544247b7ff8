/* permit.c: see permit.h. */
#include "store/permit.h"

#include <stdlib.h>
#include <string.h>

#include "save/digest.h"
#include "store/journal.h"

struct vbo_permit {
  int64_t step;
  int64_t attempt;
  bool spent;
  vbo_journal *journal; /* an owner of it; NULL: none */
  char digest[VBO_DIGEST_HEX];
};

/* Hashes method, path and body, each with its size in front: without it two requests that divide
 * the same bytes differently would share a hash. */
static bool add(vbo_digest *digest, const void *bytes, size_t size, bool present, vbo_error *err) {
  unsigned char head[9] = {present ? 1 : 0};
  for (size_t i = 1; i < sizeof head; i++)
    head[i] = (unsigned char)((uint64_t)size >> (8 * (i - 1)));
  return vbo_digest_add(digest, head, sizeof head, err) &&
         (size == 0 || vbo_digest_add(digest, bytes, size, err));
}

static bool hash(const char *method, const char *path, const char *body, size_t body_size,
                 char hex[VBO_DIGEST_HEX], vbo_error *err) {
  vbo_digest *digest = vbo_digest_new(err);
  if (digest == NULL) return false;
  bool good = add(digest, method, strlen(method), true, err) &&
              add(digest, path, strlen(path), true, err) &&
              add(digest, body, body_size, body != NULL, err) &&
              vbo_digest_finish(digest, hex, err);
  vbo_digest_free(digest);
  return good;
}

vbo_permit *vbo_permit_new(int64_t step, int64_t attempt, const char *method, const char *path,
                           const char *body, size_t body_size, vbo_error *err) {
  vbo_permit *permit = calloc(1, sizeof *permit);
  if (permit == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  permit->step = step;
  permit->attempt = attempt;
  if (hash(method, path, body, body_size, permit->digest, err)) return permit;
  vbo_permit_free(permit);
  return NULL;
}

void vbo_permit_tie(vbo_permit *permit, vbo_journal *journal) {
  permit->journal = vbo_journal_share(journal);
}

static bool refuse(vbo_error *err, const char *message, const char *hint) {
  vbo_error_set(err, VBO_ERROR_JOURNAL, "%s", message);
  vbo_error_hint(err, "%s", hint);
  return false;
}

bool vbo_permit_check(const vbo_permit *permit, const char *method, const char *path,
                      const char *body, size_t body_size, vbo_error *err) {
  char digest[VBO_DIGEST_HEX];
  if (permit == NULL)
    return refuse(
        err, "a change of a journaled client cannot be sent without its intent in the journal",
        "send it by the client's own methods or client:call, which write the intent first");
  if (permit->journal != NULL && !vbo_journal_unlatched(permit->journal, err)) return false;
  if (permit->spent)
    return refuse(err, "a change cannot be sent twice with one permit of the journal",
                  "write a new intent for another attempt");
  if (!hash(method, path, body, body_size, digest, err)) return false;
  if (strcmp(digest, permit->digest) != 0)
    return refuse(err,
                  "the change must be the one whose intent is in the journal, got another request",
                  "change nothing in a request behind the step that wrote its intent");
  return true;
}

void vbo_permit_spend(vbo_permit *permit) {
  permit->spent = true;
}

int64_t vbo_permit_step(const vbo_permit *permit) {
  return permit->step;
}

int64_t vbo_permit_attempt(const vbo_permit *permit) {
  return permit->attempt;
}

void vbo_permit_free(vbo_permit *permit) {
  if (permit != NULL) vbo_journal_release(permit->journal);
  free(permit);
}
