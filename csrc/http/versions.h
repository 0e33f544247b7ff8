/* versions.h: which libraries the core runs on. */
#ifndef VBO_VERSIONS_H
#define VBO_VERSIONS_H

#include <stddef.h>

/* Returns the version of libcurl at run time, not the one it was built with: "7.88.1". */
const char *vbo_curl_version(void);
/* Writes the version of libcurl's TLS library: "OpenSSL/3.0.17". */
const char *vbo_tls_version(char *out, size_t size);

#endif
