/* check_document.h: whether a stream is the document that the server listed.
 *
 * A document may hold anything, so that its beginning alone says little. Its listed size, its
 * name, its first bytes and the answer's Content-Type decide together. SharePoint writes
 * properties into Office files when they are read, so that those differ in size, within bounds. */
#ifndef VBO_CHECK_DOCUMENT_H
#define VBO_CHECK_DOCUMENT_H

#include "base/error.h"

typedef struct vbo_document_check vbo_document_check;

vbo_document_check *vbo_document_check_new(vbo_error *err);
/* Sets its name ("Plan.docx") and size in bytes as the server lists them; NULL and -1 where it
 * does not. */
void vbo_document_check_expect(vbo_document_check *document, const char *name, int64_t size);
/* Sets the answer's Content-Type, before the end; NULL without one. */
void vbo_document_check_type(vbo_document_check *document, const char *type);
/* Forgets the bytes. */
void vbo_document_check_reset(vbo_document_check *document);
/* Returns false with INTEGRITY as soon as the bytes show that it is another document. */
bool vbo_document_check_add(vbo_document_check *document, const void *bytes, size_t size,
                            vbo_error *err);
bool vbo_document_check_finish(vbo_document_check *document, vbo_error *err);
/* Returns, after the end, "size" (it is the listed one), "zip" (an Office file with all its
 * parts), or "". */
const char *vbo_document_check_made(const vbo_document_check *document);
/* Returns, after the end, the part that could not be checked, or "". */
const char *vbo_document_check_missed(const vbo_document_check *document);
void vbo_document_check_free(vbo_document_check *document);

#endif
