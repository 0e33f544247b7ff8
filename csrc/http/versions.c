/* versions.c: see versions.h. */
#include "http/versions.h"

#include <curl/curl.h>
#include <stdio.h>

const char *vbo_curl_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

const char *vbo_tls_version(char *out, size_t size) {
  const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;
  (void)snprintf(out, size, "%s", tls != NULL ? tls : "none");
  return out;
}
