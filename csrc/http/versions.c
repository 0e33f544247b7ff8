#include "http/versions.h"

#include <stdio.h>

#include "http/libcurl.h"

const char *vbo_curl_version(void) {
  vbo_error err = {0};
  return vbo_libcurl_load(&err) ? curl_version_info(CURLVERSION_NOW)->version : "(not there)";
}

const char *vbo_tls_version(char *out, size_t size) {
  vbo_error err = {0};
  const char *tls = vbo_libcurl_load(&err) ? curl_version_info(CURLVERSION_NOW)->ssl_version : NULL;
  snprintf(out, size, "%s", tls != NULL ? tls : "none");
  return out;
}
