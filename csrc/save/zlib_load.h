/* zlib_load.h: zlib, loaded when an archive is first checked.  libcurl brings it
 * along nearly everywhere; where it is missing files are saved without the check. */
#ifndef VBO_ZLIB_LOAD_H
#define VBO_ZLIB_LOAD_H

#if defined(__has_include)
#if __has_include(<zlib.h>)
#define VBO_HAVE_ZLIB 1
#include <zlib.h>

typedef struct vbo_zlib {
  __typeof__(&crc32) crc32;
  __typeof__(&inflateInit2_) inflateInit2_;
  __typeof__(&inflateReset) inflateReset;
  __typeof__(&inflate) inflate;
  __typeof__(&inflateEnd) inflateEnd;
} vbo_zlib;

/* NULL when it is not there. */
const vbo_zlib *vbo_zlib_load(void);
#endif
#endif

#endif
