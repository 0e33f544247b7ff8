/* check.h: whether a stream is what it claims to be.
 *
 * A check takes bytes as they come, keeps next to none of them, and runs where they are hashed.
 * Its name is "document" (check_document.h) or formats (check_format.h). */
#ifndef VBO_CHECK_H
#define VBO_CHECK_H

#include "base/error.h"

typedef struct vbo_check vbo_check;

/* USAGE for an unknown name. */
vbo_check *vbo_check_new(const char *names, vbo_error *err);
/* Of a "document", before its first byte: its name and its size in bytes as the server lists them;
 * NULL and -1 where it does not. */
void vbo_check_expect(vbo_check *check, const char *name, int64_t size);
/* Of a "document", before its end: the answer's Content-Type; NULL without one. */
void vbo_check_type(vbo_check *check, const char *type);
/* Begins again with the first byte. */
void vbo_check_reset(vbo_check *check);
/* Returns false with INTEGRITY as soon as the bytes show that the claim is wrong. */
bool vbo_check_add(vbo_check *check, const void *bytes, size_t size, vbo_error *err);
/* Judges the whole, after its last byte. */
bool vbo_check_finish(vbo_check *check, vbo_error *err);
/* Returns, after the end, the check that was made ("zip"), or "". */
const char *vbo_check_made(const vbo_check *check);
/* Returns, after the end, the part that could not be checked, or "". */
const char *vbo_check_missed(const vbo_check *check);
void vbo_check_free(vbo_check *check);

#endif
