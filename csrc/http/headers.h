/* headers.h: the head of an answer (RFC 9112), checked more strictly than libcurl 7.88 does: that
 * takes the last of several Content-Lengths, lets one overflow, and decodes transfer codings that
 * were not requested. */
#ifndef VBO_HEADERS_H
#define VBO_HEADERS_H

#include "base/buffer.h"

typedef struct vbo_headers {
  int status;     /* 0 before the status line */
  bool complete;  /* the empty line of a final (not 1xx) answer was seen */
  int64_t length; /* Content-Length, -1 without */
  bool chunked;
  bool encoded;      /* a Content-Encoding other than identity */
  vbo_buffer fields; /* "name\0value\0…" */
  size_t count;
} vbo_headers;

enum { VBO_HEADERS_MOST = 200, VBO_HEADERS_SIZE = 64 * 1024 };

/* How the end of the body is known (RFC 9112 section 6.3). */
typedef enum vbo_framing {
  VBO_FRAMING_NONE,   /* no body: 204, 304, 1xx */
  VBO_FRAMING_LENGTH, /* Content-Length bytes */
  VBO_FRAMING_CHUNKS,
  VBO_FRAMING_CLOSE /* until the connection ends, which proves nothing */
} vbo_framing;

void vbo_headers_init(vbo_headers *headers);
/* Takes one line as it came, with its line end. False with PROTOCOL or LIMIT. A status line begins
 * anew, which skips 1xx heads; trailers (after `complete`) are ignored. */
bool vbo_headers_line(vbo_headers *headers, const char *line, size_t size, vbo_error *err);
/* Returns the value of a field, of several the first; NULL when absent. */
const char *vbo_headers_get(const vbo_headers *headers, const char *name);
vbo_framing vbo_headers_framing(const vbo_headers *headers);
void vbo_headers_free(vbo_headers *headers);

#endif
