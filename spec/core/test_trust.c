/* Certificates by authority and by pin, and what is said when they are wrong. */
#include "peer_run.h"

#define SCRIPT "token tok 3600\non GET /v8/x\njson 200 [1]\n"

static void login_fails(session *s, vbo_error_kind kind, const char *message) {
  vbo_client *client = client_open(s);
  s->err = (vbo_error){0};
  assert_false(vbo_client_login(client, &s->err));
  if (s->err.kind != kind || strstr(s->err.message, message) == NULL)
    fail_msg("%s: %s", vbo_error_kind_name(s->err.kind), s->err.message);
  assert_false(s->err.sent);
  assert_int_equal(peer_count(s->peer, "request "), 0); /* not a byte of a secret went out */
  vbo_client_free(client);
}

static session with_certificate(const char *kind) {
  char script[256];
  snprintf(script, sizeof script, "connection 1 certificate %s\n" SCRIPT, kind);
  session s = prepare(script);
  s.options.pin = NULL;
  s.options.ca_file = s.peer->ca;
  return s;
}

static void trusts_a_given_authority_only(void **state) {
  (void)state;
  session s = with_certificate("good");
  s.client = client_open(&s);
  assert_string_equal(vbo_client_fingerprint(s.client), "");
  get_is(&s, "/v8/x", "[1]");
  assert_string_equal(vbo_client_fingerprint(s.client), s.peer->fingerprint);
  char url[64];
  snprintf(url, sizeof url, "localhost:%d", s.peer->port);
  s.options.url = url; /* by name, too */
  vbo_client *client = client_open(&s);
  assert_true(vbo_client_login(client, &s.err));
  vbo_client_free(client);
  end(&s);
}

static void says_what_is_wrong_with_a_certificate(void **state) {
  (void)state;
  static const struct {
    const char *kind, *message;
  } cases[] = {{"expired", "has expired"},
               {"future", "not valid yet"},
               {"wrong-name", "another name than 127.0.0.1"},
               {"selfsigned", "self-signed"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    session s = with_certificate(cases[i].kind);
    login_fails(&s, VBO_ERROR_TRUST, cases[i].message);
    assert_contains(s.err.hint, "sha256/");
    assert_false(s.err.retryable);
    assert_int_equal(peer_count(s.peer, "connect "), 1); /* and is not tried again */
    end(&s);
  }
  session s = with_certificate("good");
  s.options.ca_file = NULL; /* the system's authorities do not know ours */
  login_fails(&s, VBO_ERROR_TRUST, "not trusted here");
  assert_contains(s.err.hint, s.peer->fingerprint);
  end(&s);
}

static void takes_a_servers_own_certificate_as_ca_file(void **state) {
  (void)state;
  session s = with_certificate("selfsigned");
  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "selfsigned.pem"));
  s.options.ca_file = path;
  s.client = client_open(&s);
  get_is(&s, "/v8/x", "[1]");
  end(&s);
}

static void a_pin_replaces_authorities_and_names(void **state) {
  (void)state;
  static const char *const kinds[] = {"good", "expired", "wrong-name", "selfsigned"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    session s = with_certificate(kinds[i]);
    s.options.ca_file = NULL;
    vbo_client *client = client_open(&s);
    assert_false(vbo_client_login(client, &s.err) && strcmp(kinds[i], "good") != 0);
    char shown[64];
    snprintf(shown, sizeof shown, "%s", vbo_client_fingerprint(client));
    assert_int_equal(strlen(shown), 51);
    vbo_client_free(client);
    s.options.pin = shown;
    s.client = client_open(&s);
    get_is(&s, "/v8/x", "[1]");
    end(&s);
  }
}

static void notices_another_certificate(void **state) {
  (void)state;
  session s = prepare(SCRIPT);
  s.options.pin = s.peer->other;
  login_fails(&s, VBO_ERROR_TRUST, "does not match the pin");
  assert_contains(s.err.hint, s.peer->fingerprint);
  end(&s);
  /* It changes between two calls: changes use new connections. */
  s = begin("connection 2 certificate other\n" SCRIPT);
  get_is(&s, "/v8/x", "[1]");
  call_fails(&s, "POST", "/v8/x", true, NULL);
  assert_kind(s.err, TRUST);
  assert_contains(s.err.message, "changed");
  assert_false(s.err.sent);
  get_is(&s, "/v8/x", "[1]"); /* over the old connection, which is still good */
  end(&s);
}

static void reads_pins_in_every_spelling(void **state) {
  (void)state;
  session s = prepare(SCRIPT);
  static const char *const good[] = {
      "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      "SHA256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      ("E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:"
       "78:52:B8:55")};
  static const char *const bad[] = {
      "",
      "sha256/",
      "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=",
      "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
      "sha1/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      "e3b0c442",
      "sha256/*******",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855a"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    s.options.pin = good[i];
    vbo_client_free(client_open(&s));
    login_fails(&s, VBO_ERROR_TRUST, "pin");
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    s.options.pin = bad[i];
    if (vbo_client_open(s.engine, &s.options, &s.err) != NULL) fail_msg("taken: %s", bad[i]);
    assert_kind(s.err, USAGE);
  }
  end(&s);
}

static void refuses_unusable_ca_files(void **state) {
  (void)state;
  session s = prepare(SCRIPT);
  s.options.pin = NULL;
  char path[512];
  snprintf(path, sizeof path, "%s", peer_path(s.peer, "missing.pem"));
  s.options.ca_file = path;
  assert_null(vbo_client_open(s.engine, &s.options, &s.err));
  assert_kind(s.err, TRUST);
  assert_string_equal(s.err.code, "ENOENT");
  fclose(fopen(path, "w"));
  assert_null(vbo_client_open(s.engine, &s.options, &s.err));
  assert_kind(s.err, TRUST);
  assert_contains(s.err.message, "no certificate");
  end(&s);
}

static void tells_plain_http_from_tls(void **state) {
  (void)state;
  session s = prepare("connection 1 plain\n" SCRIPT);
  login_fails(&s, VBO_ERROR_TRUST, "does not speak TLS");
  end(&s);
  s = prepare("connection 1 refuse\n" SCRIPT);
  s.options.retries = -1;
  login_fails(&s, VBO_ERROR_NETWORK, "TLS handshake");
  assert_true(s.err.retryable);
  end(&s);
}

/* Two clients of one server on one engine, one that trusts its certificate and
 * one that does not: the second must not get at the first one's connection. */
static void keeps_clients_connections_apart(void **state) {
  (void)state;
  session s = begin(SCRIPT);
  get_is(&s, "/v8/x", "[1]");
  s.options.pin = s.peer->other;
  vbo_client *stranger = client_open(&s);
  assert_false(vbo_client_login(stranger, &s.err));
  assert_kind(s.err, TRUST);
  vbo_client_free(stranger);
  assert_int_equal(peer_count(s.peer, "connect "), 2);
  assert_int_equal(peer_count(s.peer, "POST /v8/token"), 1);
  get_is(&s, "/v8/x", "[1]");
  assert_int_equal(peer_count(s.peer, "connect "), 2);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trusts_a_given_authority_only),
      cmocka_unit_test(says_what_is_wrong_with_a_certificate),
      cmocka_unit_test(takes_a_servers_own_certificate_as_ca_file),
      cmocka_unit_test(a_pin_replaces_authorities_and_names),
      cmocka_unit_test(notices_another_certificate),
      cmocka_unit_test(reads_pins_in_every_spelling),
      cmocka_unit_test(refuses_unusable_ca_files),
      cmocka_unit_test(tells_plain_http_from_tls),
      cmocka_unit_test(keeps_clients_connections_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
