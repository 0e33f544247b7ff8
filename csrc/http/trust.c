/* trust.c: certificates, by authority or by pin.
 *
 * libcurl shows its SSL_CTX before each handshake, and vbo_trust_guard puts our checks into it. The
 * state of a connection is its vbo_handshake, owned by the SSL_CTX (ex_data) and by exchanges: a
 * connection in the pool outlives the exchange that opened it. */
#include "http/trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/disk.h"
#include "base/system.h"
#include "base/text.h"

enum { SHA256_SIZE = 32 };

struct vbo_trust {
  unsigned owners;
  char *host;
  X509_STORE *store; /* NULL with a pin */
  unsigned char pin[SHA256_SIZE];
  bool pinned;
  char fingerprint[VBO_FINGERPRINT];
  char address[VBO_ADDRESS];
};

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
/* The slot of an SSL_CTX that holds its vbo_handshake. libcurl makes an SSL_CTX for each
 * connection, so that this is the connection's own. */
static int context_index = -1;

/* OpenSSL calls this when the last SSL of a context is gone. */
static void context_freed(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long number,
                          void *pointer) {
  (void)parent, (void)ad, (void)index, (void)number, (void)pointer;
  vbo_handshake_free(data);
}

static void index_start(void) {
  /* OpenSSL calls context_freed even after the host has unloaded its Lua modules. */
  vbo_stay_loaded();
  context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, context_freed);
}

/* ------------------------------------------------------------------- rules */

static int hex_digit(char c) {
  if (vbo_ascii_digit(c)) return c - '0';
  c = vbo_ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, unsigned char out[SHA256_SIZE]) {
  for (int i = 0; i < SHA256_SIZE; i++) {
    if (i > 0 && *text == ':') text++;
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0) return false;
    out[i] = (unsigned char)(high << 4 | low);
    text += 2;
  }
  return *text == '\0';
}

/* Reads "sha256/BASE64", as browsers and curl write pins, or hex with or without colons, as
 * openssl x509 -fingerprint does. */
static bool parse_pin(const char *pin, unsigned char out[SHA256_SIZE]) {
  static const char prefix[] = "sha256/";
  size_t size = strlen(prefix);
  if (strlen(pin) > size && vbo_ascii_equal(pin, size, prefix, size))
    return vbo_base64_decode(pin + size, strlen(pin + size), out, SHA256_SIZE);
  return parse_hex(pin, out);
}

/* OpenSSL would take errors left in its queue for those of the next call. */
static bool load_authorities(X509_STORE *store, const char *ca_file, vbo_error *err) {
  /* A file may hold the server's own certificate instead of its authority's. */
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  if (ca_file == NULL) {
    bool loaded = X509_STORE_set_default_paths(store) == 1;
    ERR_clear_error();
    return loaded ||
           vbo_error_set(err, VBO_ERROR_TRUST, "the system's authorities could not be loaded");
  }
  /* Opened once before, because OpenSSL does not report why it cannot read a file. */
  int file = -1;
  bool is_private = false;
  int failure = vbo_private_open(ca_file, &file, &is_private);
  if (failure != 0)
    return vbo_error_os(err, VBO_ERROR_TRUST, failure, "cannot read the CA file %s", ca_file);
  vbo_file_close(file);
  bool loaded = X509_STORE_load_locations(store, ca_file, NULL) == 1;
  ERR_clear_error();
  if (loaded) return true;
  vbo_error_set(err, VBO_ERROR_TRUST, "there is no certificate in the CA file %s", ca_file);
  vbo_error_hint(err, "it must be PEM, with a line -----BEGIN CERTIFICATE-----");
  return false;
}

vbo_trust *vbo_trust_new(const char *host, const char *ca_file, const char *pin, vbo_error *err) {
  vbo_trust *trust = calloc(1, sizeof *trust);
  if (trust == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  trust->owners = 1;
  trust->host = vbo_text_copy(host);
  bool good = trust->host != NULL || vbo_error_memory(err);
  if (good && pin != NULL) {
    trust->pinned = true;
    good = parse_pin(pin, trust->pin);
    if (!good) {
      vbo_error_set(err, VBO_ERROR_USAGE, "the pin must be a SHA-256 fingerprint, got \"%.80s\"",
                    pin);
      vbo_error_hint(err, "write sha256/ and 44 characters of Base64, or 64 hex digits");
    }
  } else if (good) {
    trust->store = X509_STORE_new();
    good =
        trust->store != NULL ? load_authorities(trust->store, ca_file, err) : vbo_error_memory(err);
  }
  if (good) return trust;
  vbo_trust_free(trust);
  return NULL;
}

bool vbo_trust_pinned(const vbo_trust *trust) {
  return trust->pinned;
}

const char *vbo_trust_fingerprint(const vbo_trust *trust) {
  return trust->fingerprint;
}

void vbo_trust_note_address(vbo_trust *trust, const char *address) {
  (void)snprintf(trust->address, sizeof trust->address, "%s", address);
}

const char *vbo_trust_address(const vbo_trust *trust) {
  return trust->address;
}

void vbo_trust_free(vbo_trust *trust) {
  if (trust == NULL || --trust->owners > 0) return;
  X509_STORE_free(trust->store);
  free(trust->host);
  free(trust);
}

/* ------------------------------------------------------------- connections */

vbo_handshake *vbo_handshake_share(vbo_handshake *handshake) {
  handshake->owners++;
  return handshake;
}

void vbo_handshake_free(vbo_handshake *handshake) {
  if (handshake == NULL || --handshake->owners > 0) return;
  vbo_trust_free(handshake->trust);
  free(handshake);
}

/* Digests the whole certificate, as "openssl x509 -fingerprint -sha256" does, not its key alone: a
 * pin is compared with what an administrator sees on the server. */
static bool certificate_digest(X509 *certificate, unsigned char out[SHA256_SIZE]) {
  unsigned size = 0;
  return certificate != NULL && X509_digest(certificate, EVP_sha256(), out, &size) == 1 &&
         size == SHA256_SIZE;
}

/* Replaces OpenSSL's check of the chain by ours (SSL_CTX_set_cert_verify_callback). Returns 1 to
 * accept. */
static int verify(X509_STORE_CTX *context, void *data) {
  vbo_handshake *handshake = data;
  vbo_trust *trust = handshake->trust;
  unsigned char digest[SHA256_SIZE];
  if (!certificate_digest(X509_STORE_CTX_get0_cert(context), digest)) {
    handshake->verify_error = X509_V_ERR_UNSPECIFIED;
    X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
    return 0;
  }
  /* Noted before the judgement: the message about a certificate that is not accepted shows it. */
  memcpy(handshake->fingerprint, "sha256/", 8);
  vbo_base64_encode(handshake->fingerprint + 7, digest, SHA256_SIZE);
  memcpy(trust->fingerprint, handshake->fingerprint, sizeof trust->fingerprint);
  if (trust->pinned) {
    /* A fingerprint is public: the comparison need not take constant time. */
    handshake->pin_differs = memcmp(digest, trust->pin, SHA256_SIZE) != 0;
    X509_STORE_CTX_set_error(
        context, handshake->pin_differs ? X509_V_ERR_APPLICATION_VERIFICATION : X509_V_OK);
    return handshake->pin_differs ? 0 : 1;
  }
  /* A pin stands for the certificate itself: its name, dates and authority do not count then. */
  X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
  /* An address is compared with addresses, a name with names. */
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, trust->host) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(parameters, trust->host, 0) != 1) {
      handshake->verify_error = X509_V_ERR_OUT_OF_MEM;
      X509_STORE_CTX_set_error(context, X509_V_ERR_OUT_OF_MEM);
      return 0;
    }
  }
  int accepted = X509_verify_cert(context);
  handshake->verify_error = accepted == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
  /* Out of memory, X509_verify_cert may fail without an error. */
  if (accepted != 1 && handshake->verify_error == X509_V_OK)
    handshake->verify_error = X509_V_ERR_UNSPECIFIED;
  return accepted == 1 ? 1 : 0;
}

/* Notes each record as it is read. TLS 1.3 states its content only after decryption, and session
 * tickets usually come after the first request: such a record counts as an answer until it turns
 * out to be something else. `type` may be a pseudo type of OpenSSL (SSL_CTX_set_msg_callback(3)):
 * SSL3_RT_HEADER is the five bytes in front of a record, SSL3_RT_INNER_CONTENT_TYPE the type that
 * TLS 1.3 encrypts. */
static void on_record(int sent, int version, int type, const void *bytes, size_t size, SSL *ssl,
                      void *data) {
  vbo_handshake *handshake = data;
  (void)version, (void)ssl;
  if (sent != 0 || size == 0) return;
  int content = *(const unsigned char *)bytes;
  /* A close_notify is alert 0, and so counts as none. */
  if (type == SSL3_RT_ALERT && size == 2) handshake->alert = ((const unsigned char *)bytes)[1];
  if (type == SSL3_RT_HEADER && content == SSL3_RT_APPLICATION_DATA && handshake->heard_at == 0) {
    handshake->heard_at = vbo_monotonic_ms();
    handshake->perhaps = true;
  } else if (type == SSL3_RT_INNER_CONTENT_TYPE && handshake->perhaps) {
    if (content != SSL3_RT_APPLICATION_DATA) handshake->heard_at = 0;
    handshake->perhaps = false;
  }
}

vbo_handshake *vbo_trust_guard(vbo_trust *trust, void *ssl_ctx) {
  SSL_CTX *context = ssl_ctx;
  pthread_once(&index_once, index_start);
  vbo_handshake *handshake = calloc(1, sizeof *handshake);
  if (handshake == NULL) return NULL;
  handshake->owners = 1;
  handshake->socket = -1;
  handshake->trust = trust;
  trust->owners++;
  /* Two owners from here on: the SSL_CTX, and the exchange that began the connection. */
  if (SSL_CTX_set_ex_data(context, context_index, handshake) != 1) {
    vbo_handshake_free(handshake);
    return NULL;
  }
  handshake->owners++;
  if (trust->store != NULL) SSL_CTX_set1_verify_cert_store(context, trust->store);
  /* The callbacks use the handshake without owning it: the ex_data keeps it as long as the
   * SSL_CTX. */
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_cert_verify_callback(context, verify, handshake);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_msg_callback(context, on_record);
  SSL_CTX_set_msg_callback_arg(context, handshake);
  /* SSLKEYLOGFILE in the environment, which libcurl obeys, would give away
   * every secret on the wire. */
  SSL_CTX_set_keylog_callback(context, NULL);
  /* No renegotiation: a connection keeps the certificate it began with. */
  uint64_t options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION;
#if defined(SSL_OP_CLEANSE_PLAINTEXT)
  options |= SSL_OP_CLEANSE_PLAINTEXT; /* until vbo_trust_cleanse says otherwise */
#endif
  SSL_CTX_set_options(context, options);
  /* libcurl has OpenSSL give its buffers back after each record of 16 KiB, which then
   * costs more than taking the next one in. */
  SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return handshake;
}

void vbo_trust_cleanse(void *ssl, bool cleanse) {
#if defined(SSL_OP_CLEANSE_PLAINTEXT)
  if (cleanse)
    SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
  else
    SSL_clear_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
#else
  (void)ssl, (void)cleanse;
#endif
}

vbo_handshake *vbo_handshake_of(void *ssl) {
  if (ssl == NULL || context_index < 0) return NULL;
  return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

bool vbo_trust_holds(const vbo_trust *trust, void *ssl) {
  vbo_handshake *handshake = vbo_handshake_of(ssl);
  /* A pool belongs to one client, so that another client's connection does not come up; if it
   * did, its rules would be others. */
  if (handshake == NULL || handshake->trust != trust) return false;
  if (handshake->held) return true;
  if (!trust->pinned) return (handshake->held = SSL_get_verify_result(ssl) == X509_V_OK);
  unsigned char digest[SHA256_SIZE];
  X509 *certificate = SSL_get_peer_certificate(ssl);
  bool same =
      certificate_digest(certificate, digest) && memcmp(digest, trust->pin, SHA256_SIZE) == 0;
  X509_free(certificate);
  handshake->held = same;
  return same;
}

/* Asks both: SSL_pending counts decrypted bytes, SSL_has_pending also finds a record that OpenSSL
 * has read and not processed. */
bool vbo_handshake_pending(void *ssl) {
  return SSL_pending(ssl) > 0 || SSL_has_pending(ssl) == 1;
}

const char *vbo_alert_name(int alert) {
  return SSL_alert_desc_string_long(alert);
}

bool vbo_handshake_explain(const vbo_handshake *handshake, vbo_error *err) {
  if (handshake == NULL) return false;
  const char *host = handshake->trust->host;
  const char *shown = handshake->fingerprint;
  if (handshake->pin_differs) {
    vbo_error_set(err, VBO_ERROR_TRUST,
                  "the certificate of %s does not match the pin: it was changed, or this is "
                  "another server",
                  host);
    vbo_error_hint(err, "the server shows %s; compare it on the server before you change the pin",
                   shown);
    return true;
  }
  switch (handshake->verify_error) {
    case X509_V_OK:
      return false;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate of %s has expired", host);
      vbo_error_hint(err, "renew it, or compare and pin it: the server shows %s", shown);
      return true;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate of %s is not valid yet", host);
      vbo_error_hint(err, "compare the clocks of both machines; the server shows %s", shown);
      return true;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate was made for another name than %s",
                    host);
      vbo_error_hint(err,
                     "use the name in the certificate, or compare and pin it: the server "
                     "shows %s",
                     shown);
      return true;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate of %s is self-signed", host);
      break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      vbo_error_set(err, VBO_ERROR_TRUST,
                    "the certificate of %s is signed by an authority that is not trusted here",
                    host);
      break;
    default:
      vbo_error_set(err, VBO_ERROR_TRUST, "the certificate of %s is not accepted: %s", host,
                    X509_verify_cert_error_string(handshake->verify_error));
  }
  vbo_error_hint(err,
                 "the server shows %s; compare it on the server, then pin it or give its "
                 "authority as CA file",
                 shown);
  return true;
}
