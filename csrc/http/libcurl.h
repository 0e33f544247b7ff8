/* libcurl.h: libcurl's functions, for http*.c and versions.c alone.
 *
 * Where the Makefile names its file (VBO_LIBCURL; Linux), libcurl is loaded when the
 * first engine is made: with the thirty libraries that it brings on Debian it takes
 * longer to load than everything else that an interpreter does at its start.  The
 * headers are needed to build; nothing is linked then. */
#ifndef VBO_LIBCURL_H
#define VBO_LIBCURL_H

#include <curl/curl.h>

#include "base/error.h"

#ifdef VBO_LIBCURL

#define VBO_LIBCURL_FUNCTIONS(X)                                                                   \
  X(curl_easy_cleanup)                                                                             \
  X(curl_easy_getinfo)                                                                             \
  X(curl_easy_init)                                                                                \
  X(curl_easy_pause)                                                                               \
  X(curl_easy_setopt)                                                                              \
  X(curl_easy_strerror)                                                                            \
  X(curl_getdate)                                                                                  \
  X(curl_global_init_mem)                                                                          \
  X(curl_multi_add_handle)                                                                         \
  X(curl_multi_cleanup)                                                                            \
  X(curl_multi_info_read)                                                                          \
  X(curl_multi_init)                                                                               \
  X(curl_multi_perform)                                                                            \
  X(curl_multi_poll)                                                                               \
  X(curl_multi_remove_handle)                                                                      \
  X(curl_multi_setopt)                                                                             \
  X(curl_multi_wakeup)                                                                             \
  X(curl_share_cleanup)                                                                            \
  X(curl_share_init)                                                                               \
  X(curl_share_setopt)                                                                             \
  X(curl_version_info)

/* The headers' macros of these names check types; what is built with them linked
 * (macOS, `make LIBCURL=linked`) has been checked. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt
#undef curl_share_setopt

#define VBO_LIBCURL_FIELD(name) __typeof__(&(name)) name;
typedef struct vbo_libcurl {
  VBO_LIBCURL_FUNCTIONS(VBO_LIBCURL_FIELD)
} vbo_libcurl;
#undef VBO_LIBCURL_FIELD

/* Filled in by vbo_libcurl_load. */
extern vbo_libcurl vbo_curl;

#ifndef VBO_LIBCURL_ITSELF
#define curl_easy_cleanup vbo_curl.curl_easy_cleanup
#define curl_easy_getinfo vbo_curl.curl_easy_getinfo
#define curl_easy_init vbo_curl.curl_easy_init
#define curl_easy_pause vbo_curl.curl_easy_pause
#define curl_easy_setopt vbo_curl.curl_easy_setopt
#define curl_easy_strerror vbo_curl.curl_easy_strerror
#define curl_getdate vbo_curl.curl_getdate
#define curl_global_init_mem vbo_curl.curl_global_init_mem
#define curl_multi_add_handle vbo_curl.curl_multi_add_handle
#define curl_multi_cleanup vbo_curl.curl_multi_cleanup
#define curl_multi_info_read vbo_curl.curl_multi_info_read
#define curl_multi_init vbo_curl.curl_multi_init
#define curl_multi_perform vbo_curl.curl_multi_perform
#define curl_multi_poll vbo_curl.curl_multi_poll
#define curl_multi_remove_handle vbo_curl.curl_multi_remove_handle
#define curl_multi_setopt vbo_curl.curl_multi_setopt
#define curl_multi_wakeup vbo_curl.curl_multi_wakeup
#define curl_share_cleanup vbo_curl.curl_share_cleanup
#define curl_share_init vbo_curl.curl_share_init
#define curl_share_setopt vbo_curl.curl_share_setopt
#define curl_version_info vbo_curl.curl_version_info
#endif

#endif /* VBO_LIBCURL */

/* Before anything else of it is called.  Once and for all; UNSUPPORTED when there is
 * no libcurl or one without a function that is needed. */
bool vbo_libcurl_load(vbo_error *err);

#endif
