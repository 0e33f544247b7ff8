/* check_zip.h: a ZIP archive read as it comes, from its first byte to its last. */
#ifndef VBO_CHECK_ZIP_H
#define VBO_CHECK_ZIP_H

#include "base/error.h"

typedef struct vbo_zip_check vbo_zip_check;

vbo_zip_check *vbo_zip_check_new(vbo_error *err);
bool vbo_zip_check_add(vbo_zip_check *zip, const void *bytes, size_t size, vbo_error *err);
bool vbo_zip_check_finish(vbo_zip_check *zip, vbo_error *err);
/* Returns why not every entry could be checked; NULL when all were. */
const char *vbo_zip_check_missed(const vbo_zip_check *zip);
void vbo_zip_check_free(vbo_zip_check *zip);

#endif
