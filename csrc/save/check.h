/* check.h: is what streams by what it claims to be?
 *
 * A check takes bytes as they come and keeps next to nothing of them.  It runs
 * where the bytes are hashed.  Names: "zip" (structure, every CRC), "pst" and
 * "msg" (signature, version, stated size), "eml", "html" and "csv" (how they begin), "pdf" (how it
 * begins and ends); several joined by "|" where the server decides, told apart by the first bytes.
 * "document" (alone): check_document.h. */
#ifndef VBO_CHECK_H
#define VBO_CHECK_H

#include "base/error.h"

typedef struct vbo_check vbo_check;

/* USAGE for a name that is none. */
vbo_check *vbo_check_new(const char *names, vbo_error *err);
/* Of a "document", before its first byte: vbo_document_check_expect; and before its end:
 * vbo_document_check_type. */
void vbo_check_expect(vbo_check *check, const char *name, int64_t size);
void vbo_check_type(vbo_check *check, const char *type);
/* Begins again. */
void vbo_check_reset(vbo_check *check);
/* False with INTEGRITY as soon as it is clear. */
bool vbo_check_add(vbo_check *check, const void *bytes, size_t size, vbo_error *err);
/* That was all of it. */
bool vbo_check_finish(vbo_check *check, vbo_error *err);
/* After it: what was checked ("zip"), or ""; and what could not be told, or "". */
const char *vbo_check_made(const vbo_check *check);
const char *vbo_check_missed(const vbo_check *check);
void vbo_check_free(vbo_check *check);

#endif
