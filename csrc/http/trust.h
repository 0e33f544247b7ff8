/* trust.h: whether the certificate that a server shows is that server's. */
#ifndef VBO_TRUST_H
#define VBO_TRUST_H

#include "base/error.h"

enum { VBO_FINGERPRINT = 56 }; /* "sha256/" and 44 characters of Base64 */

/* The rules of one client: authorities and a host name, or a pin. */
typedef struct vbo_trust vbo_trust;

/* What is known of one TLS connection.  Lives as long as the connection or the
 * exchange that made it, whichever is longer. */
typedef struct vbo_handshake {
  unsigned owners;
  vbo_trust *trust;
  int verify_error; /* X509_V_…; 0 when nothing was found wrong */
  bool pin_differs;
  int alert; /* the TLS alert (RFC 8446 section 6.2) with which the server ended it; 0: none */
  bool used; /* a request has gone over it */
  /* When bytes of an answer began to come in (vbo_monotonic_ms) since this was last 0.  libcurl
   * shows a head line by line; a line that never ends shows here. */
  int64_t heard_at;
  bool held;      /* by its trust: looked at once, since a connection keeps its certificate */
  bool perhaps;   /* it may yet turn out that they are the handshake's */
  int64_t socket; /* -1 when not known */
  char fingerprint[VBO_FINGERPRINT];
} vbo_handshake;

/* TRUST for a CA file that cannot be read or holds no certificate, USAGE for a
 * pin that is no SHA-256 fingerprint. */
vbo_trust *vbo_trust_new(const char *host, const char *ca_file, const char *pin, vbo_error *err);
bool vbo_trust_pinned(const vbo_trust *trust);
/* Of the certificate shown last; "" before any. */
const char *vbo_trust_fingerprint(const vbo_trust *trust);
void vbo_trust_free(vbo_trust *trust);

/* Makes an SSL_CTX check by these rules.  The caller gets one reference to the
 * connection's handshake; NULL when memory is out. */
vbo_handshake *vbo_trust_guard(vbo_trust *trust, void *ssl_ctx);
void vbo_handshake_free(vbo_handshake *handshake);
/* Another owner of the same. */
vbo_handshake *vbo_handshake_share(vbo_handshake *handshake);
/* The handshake behind an SSL, owned by it; NULL for a stranger's. */
vbo_handshake *vbo_handshake_of(void *ssl);
/* Does the connection satisfy these rules still?  It was checked when it was
 * made, but perhaps for a client with other rules. */
bool vbo_trust_holds(const vbo_trust *trust, void *ssl);
/* Whether what is received passes through OpenSSL's buffers without a trace: for the
 * answers that are secrets.  Of a gigabyte it would cost a tenth of the time. */
void vbo_trust_cleanse(void *ssl, bool cleanse);
/* Decrypted or undecrypted bytes wait inside the SSL. */
bool vbo_handshake_pending(void *ssl);
/* The name of a TLS alert, as "handshake failure". */
const char *vbo_alert_name(int alert);
/* When our check ended the handshake: fills in why, kind TRUST.  False when
 * there is nothing to explain. */
bool vbo_handshake_explain(const vbo_handshake *handshake, vbo_error *err);

#endif
