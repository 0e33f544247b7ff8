/* check.c: forwards to one of the two kinds of check.
 *
 * A document is judged by its listing (check_document.c), an export by its format (check_format.c).
 * The sink sees one type for both, and never asks which one it has. */
#include "save/check.h"

#include <stdlib.h>
#include <string.h>

#include "save/check_document.h"
#include "save/check_format.h"

struct vbo_check { /* one of both */
  vbo_document_check *document;
  vbo_format_check *format;
};

vbo_check *vbo_check_new(const char *names, vbo_error *err) {
  vbo_check *check = calloc(1, sizeof *check);
  if (check == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  if (strcmp(names, "document") == 0)
    check->document = vbo_document_check_new(err);
  else
    check->format = vbo_format_check_new(names, err);
  if (check->document != NULL || check->format != NULL) return check;
  free(check);
  return NULL;
}

/* Only a document has a listing; for a format the call has no effect, so that the sink makes it
 * without asking. */
void vbo_check_expect(vbo_check *check, const char *name, int64_t size) {
  if (check->document != NULL) vbo_document_check_expect(check->document, name, size);
}

void vbo_check_type(vbo_check *check, const char *type) {
  if (check->document != NULL) vbo_document_check_type(check->document, type);
}

void vbo_check_reset(vbo_check *check) {
  if (check->document != NULL)
    vbo_document_check_reset(check->document);
  else
    vbo_format_check_reset(check->format);
}

bool vbo_check_add(vbo_check *check, const void *bytes, size_t size, vbo_error *err) {
  return check->document != NULL ? vbo_document_check_add(check->document, bytes, size, err)
                                 : vbo_format_check_add(check->format, bytes, size, err);
}

bool vbo_check_finish(vbo_check *check, vbo_error *err) {
  return check->document != NULL ? vbo_document_check_finish(check->document, err)
                                 : vbo_format_check_finish(check->format, err);
}

const char *vbo_check_made(const vbo_check *check) {
  return check->document != NULL ? vbo_document_check_made(check->document)
                                 : vbo_format_check_made(check->format);
}

const char *vbo_check_missed(const vbo_check *check) {
  return check->document != NULL ? vbo_document_check_missed(check->document)
                                 : vbo_format_check_missed(check->format);
}

void vbo_check_free(vbo_check *check) {
  if (check == NULL) return;
  vbo_document_check_free(check->document);
  vbo_format_check_free(check->format);
  free(check);
}
