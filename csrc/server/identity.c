/* identity.c: makes certificates for rehearsal servers, and reads those of applications.
 *
 * Each certificate gets a new key, so that no private key is shipped. A client pins its fingerprint
 * or takes it as its CA file. */
#include "server/identity.h"

#include "base/buffer.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY = 24 * 60 * 60 };

/* Fails with OpenSSL's first reason, and clears its queue for the next call. */
static bool failed(vbo_error *err, const char *what) {
  unsigned long code = ERR_get_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  ERR_clear_error();
  return vbo_error_set(err, VBO_ERROR_TRUST, "%s%s%s", what, reason ? ": " : "",
                       reason ? reason : "");
}

/* P-256: made in a millisecond, and every client of the last ten years takes it. */
static EVP_PKEY *new_key(void) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
  if (!context || EVP_PKEY_keygen_init(context) <= 0 ||
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) <= 0 ||
      EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_NAMED_CURVE) <= 0 ||
      EVP_PKEY_keygen(context, &key) <= 0)
    key = NULL;
  EVP_PKEY_CTX_free(context);
  return key;
}

/* Adds a host name or an address, which are different kinds of names (RFC 5280 section 4.2.1.6). */
static bool add_name(GENERAL_NAMES *names, const char *text) {
  GENERAL_NAME *name = GENERAL_NAME_new();
  ASN1_OCTET_STRING *ip = a2i_IPADDRESS(text);
  ASN1_IA5STRING *dns = NULL;
  if (!name) goto fail;
  if (ip) {
    /* set0: the name takes the value over, so that the variable is cleared and the clean-up does
     * not free it twice. */
    GENERAL_NAME_set0_value(name, GEN_IPADD, ip);
    ip = NULL;
  } else {
    dns = ASN1_IA5STRING_new();
    if (!dns || !ASN1_STRING_set(dns, text, -1)) goto fail;
    GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    dns = NULL;
  }
  if (sk_GENERAL_NAME_push(names, name) > 0) return true;
fail:
  GENERAL_NAME_free(name);
  ASN1_OCTET_STRING_free(ip);
  ASN1_IA5STRING_free(dns);
  return false;
}

static const char *const own_names[] = {"localhost", "127.0.0.1", "::1"};

/* Adds the given names and, once each, those of this machine. Clients match the extension
 * subjectAltName only, since RFC 6125 deprecates the common name. */
static bool add_names(X509 *certificate, const vbo_identity_options *options) {
  GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
  bool good = names != NULL;
  for (size_t i = 0; good && i < options->name_count; i++)
    good = add_name(names, options->names[i]);
  bool own = !options->only_names || options->name_count == 0;
  for (size_t i = 0; good && own && i < sizeof own_names / sizeof own_names[0]; i++) {
    bool given = false;
    for (size_t k = 0; k < options->name_count; k++)
      given = given || strcmp(options->names[k], own_names[i]) == 0;
    good = given || add_name(names, own_names[i]);
  }
  good = good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) > 0;
  sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
  return good;
}

/* Subject and issuer are the same certificate, as it signs itself. */
static bool add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  bool good = extension && X509_add_ext(certificate, extension, -1) > 0;
  X509_EXTENSION_free(extension);
  return good;
}

/* The issuer's name equals the subject's: that makes it self-signed for chain building. */
static bool set_subject(X509 *certificate, const vbo_identity_options *options) {
  const char *first = options->name_count > 0 ? options->names[0] : own_names[0];
  /* RFC 5280 gives a common name 64 characters; the names that count are in the extension. */
  char common[65];
  size_t size = strlen(first) < sizeof common ? strlen(first) : sizeof common - 1;
  memcpy(common, first, size);
  common[size] = '\0';
  X509_NAME *name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                    (const unsigned char *)"vbolua rehearsal server", -1, -1, 0) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1,
                                    -1, 0) &&
         X509_set_issuer_name(certificate, name);
}

static bool set_serial(X509 *certificate) {
  unsigned char bytes[16]; /* RFC 5280: positive, up to 20 octets, never the same twice */
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  /* The top bit is cleared, as the number must be positive (DER integers are signed); the next one
   * is set, so that the length is always 16. */
  bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return good;
}

/* time_t has 32 bits on some systems: refused instead of wrapped. ASN1_TIME_set writes UTCTime up
 * to 2049 and GeneralizedTime after it, as RFC 5280 section 4.1.2.5 requires. */
static bool set_time(ASN1_TIME *field, int64_t seconds) {
  time_t when = (time_t)seconds;
  return (int64_t)when == seconds && ASN1_TIME_set(field, when);
}

/* Memory of a BIO is not terminated, and goes away with it. */
static char *bio_text(BIO *bio) {
  char *bytes = NULL;
  long size = BIO_get_mem_data(bio, &bytes);
  char *text = size > 0 ? malloc((size_t)size + 1) : NULL;
  if (text) {
    memcpy(text, bytes, (size_t)size);
    text[size] = '\0';
  }
  return text;
}

bool vbo_identity_make(const vbo_identity_options *options, char **certificate, char **key,
                       vbo_error *err) {
  /* A day ago: a client whose clock is somewhat slow accepts it, too. */
  int64_t from = options->not_before ? options->not_before : (int64_t)time(NULL) - DAY;
  int64_t days = options->days ? options->days : 366;
  bool done = false;
  *certificate = *key = NULL;
  EVP_PKEY *pair = new_key();
  X509 *made = X509_new();
  BIO *certificate_out = BIO_new(BIO_s_mem());
  BIO *key_out = BIO_new(BIO_s_mem());
  /* CA:FALSE, because browsers refuse an authority that poses as a server; a client with this very
   * certificate as its CA file accepts it all the same. The key identifiers are for Python's
   * strict mode. */
  if (!pair || !made || !certificate_out || !key_out || !X509_set_version(made, 2) ||
      !set_serial(made) || !set_subject(made, options) ||
      !set_time(X509_getm_notBefore(made), from) ||
      !set_time(X509_getm_notAfter(made), from + days * DAY - 1) || !X509_set_pubkey(made, pair) ||
      !add_extension(made, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made, NID_ext_key_usage, "serverAuth") ||
      !add_extension(made, NID_subject_key_identifier, "hash") ||
      !add_extension(made, NID_authority_key_identifier, "keyid") || !add_names(made, options) ||
      !X509_sign(made, pair, EVP_sha256()) || !PEM_write_bio_X509(certificate_out, made) ||
      !PEM_write_bio_PKCS8PrivateKey(key_out, pair, NULL, NULL, 0, NULL, NULL)) {
    failed(err, "the server's certificate could not be made");
    goto out;
  }
  *certificate = bio_text(certificate_out);
  *key = bio_text(key_out);
  done = *certificate && *key;
  if (!done) {
    free(*certificate);
    free(*key);
    *certificate = *key = NULL;
    vbo_error_memory(err);
  }
out:
  BIO_free(certificate_out);
  BIO_free(key_out);
  X509_free(made);
  EVP_PKEY_free(pair);
  return done;
}

bool vbo_identity_fingerprint(const char *certificate, char text[VBO_IDENTITY_FINGERPRINT_SIZE],
                              vbo_error *err) {
  static const char scheme[] = "sha256/";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  size_t length = strlen(certificate);
  BIO *bio = length <= INT_MAX ? BIO_new_mem_buf(certificate, (int)length) : NULL;
  X509 *read = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
  bool done = read && X509_digest(read, EVP_sha256(), digest, &size) && size == 32;
  if (done) {
    memcpy(text, scheme, sizeof scheme - 1);
    EVP_EncodeBlock((unsigned char *)text + sizeof scheme - 1, digest, (int)size);
  } else {
    ERR_clear_error();
    vbo_error_set(err, VBO_ERROR_USAGE, "the certificate must be in PEM");
  }
  X509_free(read);
  BIO_free(bio);
  return done;
}

/* Why a certificate of an application cannot be used now; NULL when it can. Returns the reason as a
 * clause of the caller's message. */
static const char *unusable(const X509 *certificate, const EVP_PKEY *key) {
  if (!certificate) return "it has no certificate";
  if (!key) return "it has no private key";
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) return "it is not valid yet";
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) return "it has expired";
  return NULL;
}

bool vbo_identity_thumbprint(const void *pfx, size_t size, const char *password,
                             char text[VBO_IDENTITY_THUMBPRINT_SIZE], vbo_error *err) {
  X509 *certificate = NULL;
  EVP_PKEY *key = NULL;
  BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(pfx, (int)size) : NULL;
  PKCS12 *archive = bio ? d2i_PKCS12_bio(bio, NULL) : NULL;
  /* The password is verified before the archive is parsed, so that the message can name the
   * cause. */
  const char *why = NULL;
  bool done = false;
  if (!archive) why = "it is not a PKCS #12 archive (.pfx)";
  /* An empty password and none are two in PKCS #12; writers use either. */
  else if (!PKCS12_verify_mac(archive, password, -1) &&
           (password[0] != '\0' || !PKCS12_verify_mac(archive, NULL, 0)))
    why = "its password is wrong";
  else if (!PKCS12_parse(archive, password, &key, &certificate, NULL))
    why = "it cannot be read";
  else
    why = unusable(certificate, key);
  if (why) {
    vbo_error_set(err, VBO_ERROR_TRUST, "%s", why);
  } else {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    /* A thumbprint is the SHA-1 of the certificate's DER, as Windows and Entra ID show it. It
     * identifies, and protects nothing. */
    done = X509_digest(certificate, EVP_sha1(), digest, &length) && length == 20;
    for (unsigned int i = 0; done && i < length; i++)
      snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
    if (!done) vbo_error_set(err, VBO_ERROR_TRUST, "SHA-1 is not available");
  }
  ERR_clear_error();
  X509_free(certificate);
  EVP_PKEY_free(key);
  PKCS12_free(archive);
  BIO_free(bio);
  return done;
}
