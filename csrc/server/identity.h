/* identity.h: the certificate a rehearsal server shows, and those that it is shown. */
#ifndef VBO_IDENTITY_H
#define VBO_IDENTITY_H

#include "vbo.h"

typedef struct vbo_identity_options {
  const char *const *names; /* DNS names and IP addresses; none: localhost, 127.0.0.1, ::1 */
  size_t name_count;
  bool only_names;    /* do not add localhost, 127.0.0.1 and ::1 to the names */
  int64_t not_before; /* seconds since 1970; 0: a day ago, for clocks that are behind */
  int days;           /* from not_before on; 0: 366 */
} vbo_identity_options;

/* "sha256/" and 44 characters of base64. */
#define VBO_IDENTITY_FINGERPRINT_SIZE 64

/* Creates a key (P-256) and a certificate that it signs itself, both PEM, each freed with free().
 */
bool vbo_identity_make(const vbo_identity_options *options, char **certificate, char **key,
                       vbo_error *err);
/* Computes the SHA-256 of the first certificate in the PEM text, as a client pins it. */
bool vbo_identity_fingerprint(const char *certificate, char text[VBO_IDENTITY_FINGERPRINT_SIZE],
                              vbo_error *err);

/* 40 hex digits. */
#define VBO_IDENTITY_THUMBPRINT_SIZE 41

/* Opens a PKCS #12 archive (RFC 7292) and writes the SHA-1 of its certificate in lower-case hex,
 * which is how Azure tells certificates of applications apart.  TRUST when the password is wrong,
 * when certificate or private key are missing, or when the certificate is not valid now. */
bool vbo_identity_thumbprint(const void *pfx, size_t size, const char *password,
                             char text[VBO_IDENTITY_THUMBPRINT_SIZE], vbo_error *err);

#endif
