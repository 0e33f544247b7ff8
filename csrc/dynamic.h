/* dynamic.h: the libraries that only the rehearsal server needs, loaded when it is first used, so
 * that a client starts without them and runs on a machine that has none of them.
 *
 * The headers are needed to build (they carry the types); nothing is linked. */
#ifndef VBO_DYNAMIC_H
#define VBO_DYNAMIC_H

#include "vbo.h"

#include <archive.h>
#include <archive_entry.h>
#include <microhttpd.h>

/* One list a library feeds the table's fields and the names that are looked up. */
#define VBO_MHD_FUNCTIONS(X)                                                                       \
  X(MHD_start_daemon)                                                                              \
  X(MHD_stop_daemon)                                                                               \
  X(MHD_run)                                                                                       \
  X(MHD_run_from_select)                                                                           \
  X(MHD_get_fdset2)                                                                                \
  X(MHD_get_timeout)                                                                               \
  X(MHD_get_daemon_info)                                                                           \
  X(MHD_get_connection_info)                                                                       \
  X(MHD_get_connection_values)                                                                     \
  X(MHD_lookup_connection_value)                                                                   \
  X(MHD_is_feature_supported)                                                                      \
  X(MHD_suspend_connection)                                                                        \
  X(MHD_resume_connection)                                                                         \
  X(MHD_create_response_from_buffer)                                                               \
  X(MHD_create_response_from_callback)                                                             \
  X(MHD_add_response_header)                                                                       \
  X(MHD_set_response_options)                                                                      \
  X(MHD_queue_response)                                                                            \
  X(MHD_destroy_response)

#define VBO_ARCHIVE_FUNCTIONS(X)                                                                   \
  X(archive_write_new)                                                                             \
  X(archive_write_set_format_zip)                                                                  \
  X(archive_write_set_options)                                                                     \
  X(archive_write_zip_set_compression_deflate)                                                     \
  X(archive_write_zip_set_compression_store)                                                       \
  X(archive_write_set_bytes_per_block)                                                             \
  X(archive_write_open)                                                                            \
  X(archive_write_header)                                                                          \
  X(archive_write_data)                                                                            \
  X(archive_write_finish_entry)                                                                    \
  X(archive_write_close)                                                                           \
  X(archive_write_free)                                                                            \
  X(archive_error_string)                                                                          \
  X(archive_entry_new)                                                                             \
  X(archive_entry_clear)                                                                           \
  X(archive_entry_free)                                                                            \
  X(archive_entry_set_pathname)                                                                    \
  X(archive_entry_set_size)                                                                        \
  X(archive_entry_set_mtime)                                                                       \
  X(archive_entry_set_filetype)                                                                    \
  X(archive_entry_set_perm)

#define VBO_DYNAMIC_FIELD(name) __typeof__ (&(name))(name);

typedef struct vbo_mhd {
  VBO_MHD_FUNCTIONS(VBO_DYNAMIC_FIELD)
} vbo_mhd;

typedef struct vbo_archive {
  VBO_ARCHIVE_FUNCTIONS(VBO_DYNAMIC_FIELD)
} vbo_archive;

#undef VBO_DYNAMIC_FIELD

/* Fill in the table.  False with UNSUPPORTED, naming the package, when the library is not there or
 * too old.  A library once loaded stays: GnuTLS does not survive being unloaded. */
bool vbo_dynamic_mhd(vbo_mhd *table, vbo_error *err);
bool vbo_dynamic_archive(vbo_archive *table, vbo_error *err);

#endif
