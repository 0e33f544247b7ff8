/* proxy.h: the proxy on the way to a client's server.
 *
 * Found and parsed here, not in libcurl, which repeats a URL that it cannot parse, with the
 * password in it, and does not say whether a connection failed at the proxy. */
#ifndef VBO_PROXY_H
#define VBO_PROXY_H

#include "base/error.h"

typedef struct vbo_proxy {
  char *url;            /* "http://host:port", without user and password; "": no proxy */
  char *user;           /* NULL: none */
  vbo_secret *password; /* NULL: none */
  char name[320];       /* "the proxy host:port (HTTPS_PROXY)", for messages */
} vbo_proxy;

/* Fills in the proxy that requests to `host` take: `given` ("" for none), or with NULL what the
 * environment says (https_proxy, all_proxy and no_proxy, also in capitals).  USAGE for a URL that
 * cannot be used; it is not repeated in the message.  `out` is to be freed in either case. */
bool vbo_proxy_find(const char *given, const char *host, vbo_proxy *out, vbo_error *err);
/* Returns whether `list` (as in no_proxy: names, addresses and networks, or "*") covers `host`. */
bool vbo_proxy_excepted(const char *list, const char *host);
void vbo_proxy_free(vbo_proxy *proxy);

#endif
