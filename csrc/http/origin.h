/* origin.h: the URL of a server, taken apart. */
#ifndef VBO_ORIGIN_H
#define VBO_ORIGIN_H

#include "base/error.h"

typedef struct vbo_origin {
  char *name;   /* "https://host:port", which alone is sent the token */
  char *host;   /* without brackets */
  char *prefix; /* "/backup365", the path of a reverse proxy before every other; "" for none */
} vbo_origin;

/* Splits "https://host[:port][/path]" or "host[:port][/path]"; the default port is 4443.  USAGE,
 * and nothing to free, for any other text; the message does not repeat it. */
bool vbo_origin_parse(const char *url, vbo_origin *origin, vbo_error *err);
void vbo_origin_free(vbo_origin *origin);

#endif
