/* peer_certificates.h: an authority and the good and bad certificates it signs,
 * made anew at each start.  Included by peer.c alone. */
#ifndef PEER_CERTIFICATES_H
#define PEER_CERTIFICATES_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "peer_script.h"

static const char *const kinds[] = {"good",   "other",      "expired",
                                    "future", "wrong-name", "selfsigned"};
enum { KINDS = sizeof kinds / sizeof *kinds };
static SSL_CTX *contexts[KINDS];
static const char *identity; /* a file with the good one, for a peer that comes back */
static char fingerprints[KINDS][64];

static _Thread_local bool refuses; /* this thread's handshake ends with an alert */

static int on_hello(SSL *ssl, int *alert, void *data) {
  (void)ssl, (void)data;
  *alert = SSL_AD_HANDSHAKE_FAILURE;
  return refuses ? SSL_CLIENT_HELLO_ERROR : SSL_CLIENT_HELLO_SUCCESS;
}

/* The first to come writes the file, the others show what is in it. */
static void keep_identity(SSL_CTX *context, EVP_PKEY *key, X509 *certificate) {
  FILE *file = fopen(identity, "wx");
  if (file != NULL) {
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_X509(file, certificate);
    fclose(file);
  } else if (SSL_CTX_use_certificate_file(context, identity, SSL_FILETYPE_PEM) != 1 ||
             SSL_CTX_use_PrivateKey_file(context, identity, SSL_FILETYPE_PEM) != 1) {
    die("the identity");
  }
}

static void add_extension(X509 *certificate, int id, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);
  if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1) die("an extension");
  X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, const char *names, long from,
                              long until, X509 *issuer, EVP_PKEY *issuer_key) {
  static long serial;
  X509 *certificate = X509_new();
  X509_NAME *subject = X509_NAME_new();
  if (certificate == NULL || subject == NULL) die("out of memory");
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)time(NULL) * 16 + ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), until);
  X509_set_subject_name(certificate, subject);
  X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer));
  X509_set_pubkey(certificate, key);
  add_extension(certificate, NID_basic_constraints,
                names == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (names != NULL) add_extension(certificate, NID_subject_alt_name, names);
  if (X509_sign(certificate, issuer == NULL ? key : issuer_key, EVP_sha256()) <= 0) die("signing");
  X509_NAME_free(subject);
  return certificate;
}

static void write_pem(const char *directory, const char *name, X509 *certificate) {
  char path[4096];
  if (directory == NULL) return;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "w");
  if (file == NULL || PEM_write_X509(file, certificate) != 1 || fclose(file) != 0) die(path);
}

static void make_contexts(const char *directory) {
  static const long day = 24 * 60 * 60;
  const char *names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  EVP_PKEY *ca_key = EVP_EC_gen("P-256");
  X509 *ca = make_certificate(ca_key, "vbolua test authority", NULL, -day, 30 * day, NULL, NULL);
  write_pem(directory, "ca.pem", ca);
  for (int i = 0; i < KINDS; i++) {
    bool own = strcmp(kinds[i], "selfsigned") == 0;
    bool expired = strcmp(kinds[i], "expired") == 0;
    bool future = strcmp(kinds[i], "future") == 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(
        key, "localhost", strcmp(kinds[i], "wrong-name") == 0 ? "DNS:other.example" : names,
        expired  ? -9 * day
        : future ? day
                 : -day,
        expired ? -day : 9 * day, own ? NULL : ca, ca_key);
    unsigned char digest[32];
    unsigned char text[48];
    X509_digest(certificate, EVP_sha256(), digest, NULL);
    EVP_EncodeBlock(text, digest, 32);
    snprintf(fingerprints[i], sizeof fingerprints[i], "sha256/%s", (const char *)text);
    contexts[i] = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate(contexts[i], certificate) != 1 ||
        SSL_CTX_use_PrivateKey(contexts[i], key) != 1)
      die("a certificate");
    if (i == 0 && identity != NULL) keep_identity(contexts[i], key, certificate);
    SSL_CTX_set_client_hello_cb(contexts[i], on_hello, NULL);
    if (own) write_pem(directory, "selfsigned.pem", certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  X509_free(ca);
  EVP_PKEY_free(ca_key);
}

#endif
