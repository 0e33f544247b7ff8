/* The proxy of a client: how it is found, and that its password is never repeated. */
#include "harness.h"

#include "http/proxy.h"
#include "base/secret.h"

static vbo_proxy proxy;
static vbo_error err;

static bool find(const char *given) {
  vbo_proxy_free(&proxy);
  err = (vbo_error){0};
  return vbo_proxy_find(given, "vbo.example.com", &proxy, &err);
}

static void is(const char *given, const char *url, const char *user, const char *password) {
  if (!find(given)) fail_msg("%s: %s", given, err.message);
  assert_string_equal(proxy.url, url);
  assert_string_equal(proxy.user != NULL ? proxy.user : "", user);
  assert_string_equal(proxy.password != NULL ? vbo_secret_bytes(proxy.password) : "", password);
}

static void reads_urls(void **state) {
  (void)state;
  is("", "", "", "");
  is("http://proxy.example.com:3128", "http://proxy.example.com:3128", "", "");
  is("http://proxy.example.com:3128/", "http://proxy.example.com:3128", "", "");
  is("proxy", "http://proxy:1080", "", "");
  is("socks5h://10.0.0.1:1080", "socks5h://10.0.0.1:1080", "", "");
  is("http://svc:S3cr3t@proxy:80", "http://proxy:80", "svc", "S3cr3t");
  is("svc:S3cr3t@proxy:80", "http://proxy:80", "svc", "S3cr3t");
  is("http://svc@proxy:80", "http://proxy:80", "svc", "");
  is("http://svc:a%40b%3Ac%2Fd%25@[::1]:80", "http://[::1]:80", "svc", "a@b:c/d%");
  is("http://svc:100%@proxy:80", "http://proxy:80", "svc", "100%");
  is("http://svc:S3cr3t@pw@proxy:80", "http://proxy:80", "svc", "S3cr3t@pw");
  is("http://svc:S3cr3t/pw?#@proxy:80", "http://proxy:80", "svc", "S3cr3t/pw?#");
  assert_string_equal(proxy.name, "the proxy proxy:80 (the option 'proxy')");
  vbo_proxy_free(&proxy);
}

static void never_shows_what_it_refuses(void **state) {
  (void)state;
  static const char *const urls[] = {
      "http://svc:S3cr3t@[::1:3128",      "http://svc:S3cr3t@",
      "http://svc:S3cr3t@proxy:99999",    "http://svc:S3cr3t@proxy:0",
      "http://svc:S3cr3t@proxy:80/path",  "http://svc:S3cr3t@pro xy:80",
      "https://svc:S3cr3t@proxy:80",      "ftp://svc:S3cr3t@proxy:80",
      "http://svc:S3cr3t@proxy:80\r\nX:", "http://svc:S3cr3t"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    assert_false(find(urls[i]));
    assert_kind(err, USAGE);
    assert_contains(err.message, "the option 'proxy'");
    assert_null(strstr(err.message, "S3cr3t"));
    assert_null(strstr(err.hint, "S3cr3t"));
  }
  vbo_proxy_free(&proxy);
}

static void asks_the_environment(void **state) {
  (void)state;
  static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY",   "no_proxy",    "NO_PROXY"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unsetenv(names[i]);
  is(NULL, "", "", "");
  setenv("ALL_PROXY", "http://all:1", 1);
  is(NULL, "http://all:1", "", "");
  setenv("HTTPS_PROXY", "http://svc:S3cr3t@upper:2", 1);
  is(NULL, "http://upper:2", "svc", "S3cr3t");
  assert_string_equal(proxy.name, "the proxy upper:2 (HTTPS_PROXY)");
  setenv("https_proxy", "http://lower:3", 1);
  is(NULL, "http://lower:3", "", "");
  is("http://given:4", "http://given:4", "", "");
  setenv("NO_PROXY", "localhost,example.com", 1);
  is(NULL, "", "", "");
  is("http://given:4", "http://given:4", "", ""); /* an option is meant */
  setenv("no_proxy", "other.com", 1);
  is(NULL, "http://lower:3", "", "");
  setenv("https_proxy", "", 1);
  is(NULL, "", "", ""); /* set to nothing: none */
  vbo_proxy_free(&proxy);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unsetenv(names[i]);
}

static void knows_exceptions(void **state) {
  (void)state;
  static const struct {
    const char *list;
    const char *host;
    bool covered;
  } cases[] = {
      {"*", "anything", true},
      {"", "anything", false},
      {"example.com", "example.com", true},
      {"example.com", "VBO.Example.COM", true},
      {".example.com", "vbo.example.com", true},
      {"example.com.", "vbo.example.com", true},
      {"example.com", "badexample.com", false},
      {"a, b\tlocalhost", "localhost", true},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.0/8", "127.9.8.7", true},
      {"10.0.0.0/9", "10.127.0.1", true},
      {"10.0.0.0/9", "10.128.0.1", false},
      {"10.0.0.0/x", "10.0.0.1", false},
      {"10.0.0.0/33", "10.0.0.1", false},
      {"0.0.0.0/0", "10.0.0.1", true},
      {"::1", "::1", true},
      {"[::1]", "0:0::1", true},
      {"fd00::/8", "fd12::3", true},
      {"fd00::/8", "fe12::3", false},
      {"7.0.0.1", "127.0.0.1", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (vbo_proxy_excepted(cases[i].list, cases[i].host) != cases[i].covered)
      fail_msg("%s, %s", cases[i].list, cases[i].host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_urls),
      cmocka_unit_test(never_shows_what_it_refuses),
      cmocka_unit_test(asks_the_environment),
      cmocka_unit_test(knows_exceptions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
