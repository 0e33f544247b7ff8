/* libraries.h: the libraries that only the rehearsal server needs, loaded when it is first used, so
 * that a client starts without them and runs on a machine that has none of them.
 *
 * The headers are needed to build (they carry the types); nothing is linked. */
#ifndef VBO_DYNAMIC_H
#define VBO_DYNAMIC_H

#include "vbo.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmime/gmime.h>
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

/* GLib's own functions are found through GMime, which brings it. */
#define VBO_GMIME_FUNCTIONS(X)                                                                     \
  X(g_mime_init)                                                                                   \
  X(g_mime_charset_iconv_name)                                                                     \
  X(g_iconv_open)                                                                                  \
  X(g_iconv)                                                                                       \
  X(g_iconv_close)                                                                                 \
  X(g_mime_stream_mem_new)                                                                         \
  X(g_mime_stream_mem_new_with_buffer)                                                             \
  X(g_mime_stream_mem_get_byte_array)                                                              \
  X(g_mime_parser_new_with_stream)                                                                 \
  X(g_mime_parser_construct_message)                                                               \
  X(g_mime_message_get_subject)                                                                    \
  X(g_mime_message_get_addresses)                                                                  \
  X(g_mime_message_get_date)                                                                       \
  X(g_mime_message_get_mime_part)                                                                  \
  X(g_mime_message_part_get_message)                                                               \
  X(g_mime_message_part_get_type)                                                                  \
  X(g_mime_multipart_get_count)                                                                    \
  X(g_mime_multipart_get_part)                                                                     \
  X(g_mime_multipart_get_type)                                                                     \
  X(g_mime_part_get_content)                                                                       \
  X(g_mime_part_get_filename)                                                                      \
  X(g_mime_part_get_type)                                                                          \
  X(g_mime_data_wrapper_get_encoding)                                                              \
  X(g_mime_data_wrapper_get_stream)                                                                \
  X(g_mime_stream_reset)                                                                           \
  X(g_mime_stream_write_to_stream)                                                                 \
  X(g_mime_data_wrapper_write_to_stream)                                                           \
  X(g_mime_object_get_header)                                                                      \
  X(g_mime_object_get_content_type)                                                                \
  X(g_mime_object_get_content_type_parameter)                                                      \
  X(g_mime_object_get_content_disposition_parameter)                                               \
  X(g_mime_object_get_disposition)                                                                 \
  X(g_mime_object_get_content_id)                                                                  \
  X(g_mime_object_write_to_stream)                                                                 \
  X(g_mime_content_type_get_mime_type)                                                             \
  X(g_mime_content_type_is_type)                                                                   \
  X(internet_address_list_length)                                                                  \
  X(internet_address_list_get_address)                                                             \
  X(internet_address_group_get_type)                                                               \
  X(internet_address_group_get_members)                                                            \
  X(internet_address_mailbox_get_type)                                                             \
  X(internet_address_mailbox_get_addr)                                                             \
  X(internet_address_get_name)                                                                     \
  X(g_date_time_to_unix)                                                                           \
  X(g_type_check_instance_is_a)                                                                    \
  X(g_object_unref)                                                                                \
  X(g_free)

/* GLib has macros of these names. */
#undef g_object_unref
#undef g_free

#define VBO_DYNAMIC_FIELD(name) __typeof__ (&(name))(name);

typedef struct vbo_mhd {
  VBO_MHD_FUNCTIONS(VBO_DYNAMIC_FIELD)
} vbo_mhd;

typedef struct vbo_archive {
  VBO_ARCHIVE_FUNCTIONS(VBO_DYNAMIC_FIELD)
} vbo_archive;

typedef struct vbo_gmime {
  VBO_GMIME_FUNCTIONS(VBO_DYNAMIC_FIELD)
} vbo_gmime;

#undef VBO_DYNAMIC_FIELD

/* Fill in the table.  False with UNSUPPORTED, naming the package, when the library is not there or
 * too old.  A library once loaded stays: GnuTLS does not survive being unloaded. */
bool vbo_dynamic_mhd(vbo_mhd *table, vbo_error *err);
bool vbo_dynamic_archive(vbo_archive *table, vbo_error *err);
bool vbo_dynamic_gmime(vbo_gmime *table, vbo_error *err);

#endif
