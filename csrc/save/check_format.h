/* check_format.h: whether a stream has the format that it claims.
 *
 * Formats: "zip" (structure, every CRC), "pst" and "msg" (signature, version, stated size), "eml",
 * "html" and "csv" (how they begin), "pdf" (how it begins and ends).  Several, joined by "|", where
 * the server decides: the first bytes tell them apart. */
#ifndef VBO_CHECK_FORMAT_H
#define VBO_CHECK_FORMAT_H

#include "base/error.h"

typedef struct vbo_format_check vbo_format_check;

/* USAGE for an unknown format. */
vbo_format_check *vbo_format_check_new(const char *formats, vbo_error *err);
/* Begins again with the first byte. */
void vbo_format_check_reset(vbo_format_check *check);
/* Returns false with INTEGRITY as soon as the bytes show that the format is another. */
bool vbo_format_check_add(vbo_format_check *check, const void *bytes, size_t size, vbo_error *err);
/* Judges the whole, after its last byte. */
bool vbo_format_check_finish(vbo_format_check *check, vbo_error *err);
/* Returns, after the end, the format that was checked ("zip"), or "". */
const char *vbo_format_check_made(const vbo_format_check *check);
/* Returns, after the end, the part that could not be checked, or "". */
const char *vbo_format_check_missed(const vbo_format_check *check);
void vbo_format_check_free(vbo_format_check *check);

#endif
