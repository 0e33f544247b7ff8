/* versions.h: which libraries the core runs on. */
#ifndef VBO_VERSIONS_H
#define VBO_VERSIONS_H

#include <stddef.h>

/* Of libcurl, as it is now (not as it was built against): "7.88.1". */
const char *vbo_curl_version(void);
/* Of the TLS library that libcurl speaks through: "OpenSSL/3.0.17". */
const char *vbo_tls_version(char *out, size_t size);

#endif
