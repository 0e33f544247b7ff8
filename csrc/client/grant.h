/* grant.h: the token request's form and the token answer (RFC 6749 sections 4.3, 5.1 and 6). */
#ifndef VBO_GRANT_H
#define VBO_GRANT_H

#include "base/buffer.h"

/* The contents of a token answer, owned by the caller. */
typedef struct vbo_grant {
  vbo_secret *access;
  vbo_secret *refresh; /* NULL without one */
  int64_t lifetime;    /* milliseconds */
} vbo_grant;

/* PROTOCOL, and nothing to free, for a text that is not a token answer. */
bool vbo_grant_parse(const char *text, size_t size, vbo_grant *grant, vbo_error *err);
/* Appends "name=value", form-encoded, with "&" in front of all but the first. */
bool vbo_form_append(vbo_buffer *form, const char *name, const char *value, size_t size,
                     vbo_error *err);

#endif
