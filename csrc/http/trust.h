/* trust.h: whether the certificate of a server is trusted. */
#ifndef VBO_TRUST_H
#define VBO_TRUST_H

#include "base/error.h"

enum { VBO_FINGERPRINT = 56 }; /* "sha256/" and 44 characters of Base64 */
enum { VBO_ADDRESS = 64 };     /* IPv4 or IPv6, with its zone */

/* The rules of one client: authorities and a host name, or a pin. */
typedef struct vbo_trust vbo_trust;

/* The state of one TLS connection. Lives as long as the connection or the exchange that made it,
 * whichever is longer. */
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
  bool held;      /* by its trust: checked once, since a connection keeps its certificate */
  bool perhaps;   /* the bytes may turn out to be the handshake's */
  int64_t socket; /* -1: unknown */
  char fingerprint[VBO_FINGERPRINT];
} vbo_handshake;

/* Creates the rules. TRUST for a CA file that cannot be read or has no certificate, USAGE for a
 * pin that is not a SHA-256 fingerprint. */
vbo_trust *vbo_trust_new(const char *host, const char *ca_file, const char *pin, vbo_error *err);
bool vbo_trust_pinned(const vbo_trust *trust);
/* Returns the fingerprint of the certificate shown last; "" before any. */
const char *vbo_trust_fingerprint(const vbo_trust *trust);
/* Keeps the local IP address of the connection that carries a request now. */
void vbo_trust_note_address(vbo_trust *trust, const char *address);
/* Returns that of the last request; "" before any. */
const char *vbo_trust_address(const vbo_trust *trust);
void vbo_trust_free(vbo_trust *trust);

/* Makes an SSL_CTX check by these rules. Returns the connection's handshake, of which the caller
 * is an owner; NULL when out of memory. */
vbo_handshake *vbo_trust_guard(vbo_trust *trust, void *ssl_ctx);
void vbo_handshake_free(vbo_handshake *handshake);
/* Adds an owner and returns the handshake. */
vbo_handshake *vbo_handshake_share(vbo_handshake *handshake);
/* Returns the handshake behind an SSL, which owns it; NULL for an SSL that was made elsewhere. */
vbo_handshake *vbo_handshake_of(void *ssl);
/* Returns whether the connection satisfies these rules: it was checked when it was made, but
 * perhaps for a client with other rules. */
bool vbo_trust_holds(const vbo_trust *trust, void *ssl);
/* Sets whether OpenSSL wipes its buffers after each record: for answers that are secrets. For a
 * gigabyte it would cost a tenth of the time. */
void vbo_trust_cleanse(void *ssl, bool cleanse);
/* Returns whether bytes wait inside the SSL, decrypted or not. */
bool vbo_handshake_pending(void *ssl);
/* Returns the name of a TLS alert, as "handshake failure". */
const char *vbo_alert_name(int alert);
/* Explains, with kind TRUST, a handshake that our check ended. False when there is nothing to
 * explain. */
bool vbo_handshake_explain(const vbo_handshake *handshake, vbo_error *err);

#endif
