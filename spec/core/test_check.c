/* Is it what it claims to be?  Archives in pieces of every size, cut anywhere, with any byte
 * changed. */
#include "harness.h"

#include "save/check.h"
#include "zip_samples.h"

typedef struct sample {
  const char *name;
  const unsigned char *bytes;
  size_t size;
} sample;

static const sample samples[] = {
    {"stored", stored, sizeof stored},
    {"deflated", deflated, sizeof deflated},
    {"streamed_stored", streamed_stored, sizeof streamed_stored},
    {"streamed_deflated", streamed_deflated, sizeof streamed_deflated},
    /* Descriptors without the optional signature, and with 64-bit sizes. */
    {"unsigned_stored", unsigned_stored, sizeof unsigned_stored},
    {"unsigned_deflated", unsigned_deflated, sizeof unsigned_deflated},
    {"unsigned_stored64", unsigned_stored64, sizeof unsigned_stored64},
    {"unsigned_deflated64", unsigned_deflated64, sizeof unsigned_deflated64},
    {"signed_stored64", signed_stored64, sizeof signed_stored64},
    {"signed_deflated64", signed_deflated64, sizeof signed_deflated64},
    {"nested_stored", nested_stored, sizeof nested_stored},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static bool passes(const char *names, const void *bytes, size_t size, size_t piece,
                   vbo_error *err) {
  *err = (vbo_error){0};
  vbo_check *check = vbo_check_new(names, err);
  assert_non_null(check);
  bool good = true;
  for (size_t at = 0; good && at < size; at += piece) {
    /* Of their own size each, so that ASan sees a read beyond. */
    size_t now = size - at < piece ? size - at : piece;
    char *copy = malloc(now);
    memcpy(copy, (const char *)bytes + at, now);
    good = vbo_check_add(check, copy, now, err);
    free(copy);
  }
  good = good && vbo_check_finish(check, err);
  if (good) assert_string_equal(vbo_check_missed(check), "");
  vbo_check_free(check);
  return good;
}

static void takes_whole_archives_in_any_pieces(void **state) {
  (void)state;
  vbo_error err;
  for (size_t i = 0; i < SAMPLES; i++)
    for (size_t piece = 1; piece <= samples[i].size; piece++)
      if (!passes("zip", samples[i].bytes, samples[i].size, piece, &err))
        fail_msg("%s in pieces of %zu: %s", samples[i].name, piece, err.message);
}

static void refuses_what_is_cut_anywhere(void **state) {
  (void)state;
  vbo_error err;
  for (size_t i = 0; i < SAMPLES; i++)
    for (size_t size = 0; size < samples[i].size; size++) {
      if (passes("zip", samples[i].bytes, size, 7, &err))
        fail_msg("%s passes with %zu of %zu bytes", samples[i].name, size, samples[i].size);
      assert_kind(err, INTEGRITY);
    }
}

static void refuses_what_goes_on(void **state) {
  (void)state;
  vbo_error err;
  for (size_t i = 0; i < SAMPLES; i++)
    for (size_t piece = 1; piece < 600; piece = piece * 2 + 1) {
      char longer[2000] = {0};
      memcpy(longer, samples[i].bytes, samples[i].size);
      assert_false(passes("zip", longer, samples[i].size + 1, piece, &err));
      assert_kind(err, INTEGRITY);
      assert_contains(err.message, "after the archive's end");
      memcpy(longer + samples[i].size, samples[i].bytes, samples[i].size);
      assert_false(passes("zip", longer, samples[i].size * 2, piece, &err));
    }
}

/* Fields that say nothing of the content: times, versions, attributes, and what only the other
 * header's twin of it tells. */
static bool is_idle(const unsigned char *bytes, size_t at) {
  for (size_t start = at + 1; start-- > 0;) {
    const unsigned char *p = bytes + start;
    size_t in = at - start;
    if (p[0] != 'P' || p[1] != 'K') continue;
    size_t name = p[2] == 3 && p[3] == 4 ? 30U + p[26] : 0;
    if (name > 0 && (p[6] & 8) != 0 && ((in >= name && in < name + p[28]) || in == 28))
      return true; /* the extra field of sizes that follow, and its length where those are 0 */
    if (name > 0 && in < 30) /* version, other flags, time; what follows the data */
      return (in >= 4 && in <= 7) || (in >= 10 && in <= 13) ||
             ((p[6] & 8) != 0 && in >= 14 && in <= 25);
    if (p[2] == 1 && p[3] == 2 && in < 46) /* versions, flags, method, time, disk, attributes */
      return (in >= 4 && in <= 15) || (in >= 34 && in <= 41);
    if (p[2] == 5 && p[3] == 6) return in >= 22;                        /* the comment */
    if (p[2] == 6 && p[3] == 6 && in < 56) return in >= 12 && in <= 31; /* versions, disks, twin */
  }
  return false;
}

static void finds_any_changed_byte(void **state) {
  (void)state;
  vbo_error err;
  size_t found = 0;
  size_t idle = 0;
  size_t alike = 0; /* packed data that is the same unpacked: bits that fill a byte up … */
  for (size_t i = 0; i < SAMPLES; i++)
    for (size_t at = 0; at < samples[i].size; at++)
      for (unsigned bit = 1; bit < 256; bit = bit * 2) {
        unsigned char copy[1000];
        memcpy(copy, samples[i].bytes, samples[i].size);
        copy[at] = (unsigned char)(copy[at] ^ bit);
        vbo_check *check = vbo_check_new("zip", &err);
        err = (vbo_error){0};
        bool good = vbo_check_add(check, copy, samples[i].size, &err) &&
                    vbo_check_finish(check, &err) && *vbo_check_missed(check) == '\0';
        vbo_check_free(check);
        found += !good;
        idle += good;
        if (good && !is_idle(samples[i].bytes, at) && (i % 2 == 0 || alike++ > found / 20 + 8))
          fail_msg("%s passes with bit %u of byte %zu changed", samples[i].name, bit, at);
      }
  assert_true(found > 2 * idle);
}

static void says_what_is_wrong(void **state) {
  (void)state;
  vbo_error err;
  unsigned char copy[1000];
  memcpy(copy, stored, sizeof stored);
  copy[40] ^= 1; /* in the first entry's data */
  assert_false(passes("zip", copy, sizeof stored, 1000, &err));
  assert_string_equal(err.message, "the archive is broken: the CRC of \"a.txt\"");
  assert_contains(err.hint, "check = false");
  assert_false(passes("zip", "<html>nothing</html>", 20, 20, &err));
  assert_string_equal(err.message, "this is not a ZIP archive");
  assert_false(passes("zip", "", 0, 1, &err));
  assert_kind(err, INTEGRITY);
}

static void begins_again(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_check *check = vbo_check_new("zip", &err);
  for (size_t size = 1; size < sizeof deflated; size += 13) {
    assert_true(vbo_check_add(check, deflated, size, &err));
    vbo_check_reset(check);
  }
  assert_true(vbo_check_add(check, deflated, sizeof deflated, &err));
  assert_true(vbo_check_finish(check, &err));
  assert_string_equal(vbo_check_made(check), "zip");
  vbo_check_free(check);
}

static void says_what_it_could_not_check(void **state) {
  (void)state;
  vbo_error err = {0};
  unsigned char copy[1000];
  memcpy(copy, stored, sizeof stored);
  for (size_t i = 0; i + 4 < sizeof stored; i++)
    if (memcmp(copy + i, "PK\3\4", 4) == 0 && copy[i + 26] == 5) copy[i + 8] = 14; /* LZMA */
  vbo_check *check = vbo_check_new("zip", &err);
  assert_true(vbo_check_add(check, copy, sizeof stored, &err));
  assert_true(vbo_check_finish(check, &err));
  assert_string_equal(vbo_check_made(check), "");
  assert_contains(vbo_check_missed(check), "zlib does not know");
  vbo_check_free(check);
}

static void put(unsigned char *at, uint64_t value, int count) {
  while (count-- > 0) {
    *at++ = (unsigned char)value;
    value >>= 8;
  }
}

static void reads_the_headers_of_mail(void **state) {
  (void)state;
  vbo_error err;
  static unsigned char pst[20000];
  memcpy(pst, "!BDN", 4);
  memcpy(pst + 8, "SM", 2);
  put(pst + 10, 23, 2);
  put(pst + 184, sizeof pst, 8);
  for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
    assert_true(passes("pst", pst, sizeof pst, piece, &err));
    assert_false(passes("pst", pst, sizeof pst - 1, piece, &err));
    assert_contains(err.message, "cut short");
  }
  put(pst + 184, sizeof pst / 2, 8);
  assert_true(passes("pst", pst, sizeof pst, 1000, &err));
  put(pst + 184, sizeof pst / 2 - 1, 8);
  assert_false(passes("pst", pst, sizeof pst, 1000, &err));
  assert_contains(err.message, "the PST file is too long: 20000 bytes, at most 9999 belong to it");
  put(pst + 10, 14, 2);
  put(pst + 184, 0, 8);
  put(pst + 168, sizeof pst + 1, 4);
  assert_false(passes("pst", pst, sizeof pst, 100, &err));
  put(pst + 168, sizeof pst, 4);
  assert_true(passes("pst", pst, sizeof pst, 100, &err));
  pst[9] = 'X';
  assert_false(passes("pst", pst, sizeof pst, 100, &err));
  pst[0] = '?';
  assert_false(passes("pst", pst, sizeof pst, 100, &err));
  assert_string_equal(err.message, "this is not a PST file");

  unsigned char msg[4096] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
  put(msg + 26, 3, 2);
  put(msg + 28, 0xFFFE, 2);
  put(msg + 30, 9, 2);
  put(msg + 44, 1, 4);
  put(msg + 48, 1, 4);
  put(msg + 76, 5, 4);
  assert_true(passes("msg", msg, sizeof msg, 10, &err));
  assert_true(passes("zip|msg", msg, sizeof msg, 10, &err));
  assert_false(passes("msg", msg, 6 * 512, 10, &err)); /* where the table should begin */
  assert_contains(err.message, "cut short");
  static unsigned char large[200000];
  memcpy(large, msg, sizeof msg);
  assert_true(passes("msg", large, 130 * 512, 1000, &err)); /* 128 sectors, the header, a piece */
  assert_false(passes("msg", large, sizeof large, 1000, &err));
  assert_contains(err.message, "the message is too long");
  msg[28] = 0;
  assert_false(passes("msg", msg, sizeof msg, 10, &err));
  assert_kind(err, INTEGRITY);
  assert_false(passes("zip|msg", "plain text", 10, 10, &err));
  assert_string_equal(err.message, "this is not a ZIP archive or an Outlook message");
}

static void looks_how_text_begins(void **state) {
  (void)state;
  vbo_error err;
  static const char *const pages[] = {"<html>", "\xEF\xBB\xBF \r\n<!DOCTYPE html>", "\xFF\xFE<\0h"};
  for (size_t i = 0; i < 3; i++)
    assert_true(passes("html", pages[i], strlen(pages[i]), 1, &err));
  assert_false(passes("html", "{\"message\":\"no\"}", 16, 3, &err));
  assert_true(passes("eml", "Received: from x\r\n\r\n", 20, 1, &err));
  assert_false(passes("eml", "<html>", 6, 1, &err));
  assert_false(passes("eml", "no field: here", 14, 1, &err));
  assert_null(vbo_check_new("rar", &err));
  assert_kind(err, USAGE);
  assert_null(vbo_check_new("", &err));
  assert_null(vbo_check_new("zip|rar", &err));
}

/* ------------------------------------------------------------- documents */

static const char page[] = "\xEF\xBB\xBF\n<!DocType HTML><html>Sign in</html>";
static const char json[] = "{ \"message\": \"no\" }";

/* The check that a document of this name and size has passed with these bytes; NULL: refused. */
static const char *kept(const char *name, int64_t listed, const char *type, const void *bytes,
                        size_t size, size_t piece, char missed[200], vbo_error *err) {
  *err = (vbo_error){0};
  vbo_check *check = vbo_check_new("document", err);
  assert_non_null(check);
  vbo_check_expect(check, name, listed);
  /* An attempt before, which is forgotten. */
  (void)vbo_check_add(check, bytes, size / 2, err);
  vbo_check_reset(check);
  *err = (vbo_error){0};
  bool good = true;
  for (size_t at = 0; good && at < size; at += piece)
    good =
        vbo_check_add(check, (const char *)bytes + at, size - at < piece ? size - at : piece, err);
  vbo_check_type(check, type);
  good = good && vbo_check_finish(check, err);
  const char *made = good ? vbo_check_made(check) : NULL;
  (void)snprintf(missed, 200, "%s", good ? vbo_check_missed(check) : "");
  vbo_check_free(check);
  if (!good) assert_kind(*err, INTEGRITY);
  return made;
}

static void tells_documents_from_what_comes_instead(void **state) {
  (void)state;
  static const char octets[] = "application/octet-stream";
  static const struct {
    const char *name;
    int64_t listed;
    const char *type;
    const void *bytes;
    size_t size;
    const char *made; /* NULL: refused with … */
    const char *words;
  } cases[] = {
      {"a.docx", sizeof stored, octets, stored, sizeof stored, "size", ""},
      {"a.docx", sizeof page - 1, octets, page, sizeof page - 1, "size", ""},
      {"a.docx", sizeof stored + 90, octets, stored, sizeof stored, "zip", "its size"},
      {"A.XLSX", sizeof unsigned_deflated - 90, NULL, unsigned_deflated, sizeof unsigned_deflated,
       "zip", "its size"},
      {"a.docx", sizeof stored + 90, octets, stored, sizeof stored - 1, NULL, "bytes came of"},
      {"a.docx", sizeof stored + 70000, octets, stored, sizeof stored, NULL, "bytes came of"},
      {"a.docx", -1, octets, stored, sizeof stored, "zip", "which the server does not list"},
      {"a.bin", sizeof stored + 90, octets, stored, sizeof stored, NULL, "bytes came of"},
      {"a.bin", sizeof stored - 1, octets, stored, sizeof stored, NULL, "bytes came of"},
      {"a.bin", -1, octets, stored, sizeof stored, "", "which the server does not list"},
      {"a.docx", 100, octets, page, sizeof page - 1, NULL, "a page of HTML came instead"},
      {"a.docx", -1, octets, page, sizeof page - 1, NULL, "a page of HTML came instead"},
      {"a.jpg", 5, "text/html", "oops", 4, NULL, "called text/html"},
      {"a.jpg", -1, "application/problem+json", "oops", 4, NULL, "called application/json"},
      {"a.jpg", -1, octets, json, sizeof json - 1, NULL, "JSON came instead"},
      {"a.html", -1, "text/html", page, sizeof page - 1, "", "which the server does not list"},
      {"a.html", 5, "text/html", page, sizeof page - 1, NULL, "bytes came of"},
      {"a.json", sizeof json - 1, "application/json", json, sizeof json - 1, "size", ""},
      {"a.txt", 0, octets, "", 0, "size", ""},
      {"a.txt", 7, octets, "", 0, NULL, "nothing came of \"a.txt\", which has 7 bytes"},
      {NULL, 7, octets, "sixsix", 6, NULL, "6 bytes came of \"the document\""},
      {"a.one", 7, octets, "sixsix", 6, "", "its size"},
      {"a.one", 7, octets, "", 0, NULL, "nothing came"},
      {"a.averyveryverylongsuffix", 6, octets, "sixsix", 6, "size", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (size_t piece = 1; piece < 2000; piece = piece * 7 + 1) {
      vbo_error err;
      char missed[200];
      const char *made = kept(cases[i].name, cases[i].listed, cases[i].type, cases[i].bytes,
                              cases[i].size, piece, missed, &err);
      if ((made == NULL) != (cases[i].made == NULL) ||
          (made != NULL && strcmp(made, cases[i].made) != 0))
        fail_msg("case %zu in pieces of %zu: %s (%s)", i, piece, made != NULL ? made : "refused",
                 err.message);
      if (made == NULL || *cases[i].words != '\0')
        assert_contains(made == NULL ? err.message : missed, cases[i].words);
      else
        assert_string_equal(missed, "");
    }
}

static void looks_at_reports_and_log_in_pages(void **state) {
  (void)state;
  vbo_error err;
  static const char pdf[] = "%PDF-1.4 and so on\n%%EOF\r\n";
  for (size_t piece = 1; piece < 60; piece++) {
    assert_true(passes("pdf", pdf, sizeof pdf - 1, piece, &err));
    assert_false(passes("pdf", pdf, sizeof pdf - 9, piece, &err));
    assert_contains(err.message, "its end is missing");
    assert_false(passes("pdf", page, sizeof page - 1, piece, &err));
    assert_true(passes("csv", "a,b\n1,2\n", 8, piece, &err));
    assert_false(passes("csv", page, sizeof page - 1, piece, &err));
    assert_false(passes("csv", json, sizeof json - 1, piece, &err));
    static const char login[] = "<html><FORM><INPUT name=p Type = 'Password'></FORM>";
    assert_false(passes("html|zip", login, sizeof login - 1, piece, &err));
    assert_contains(err.message, "asks for a password");
    static const char post[] = "<html><p>write type=\"password\" in it</p><b class=\"type\">x</b>";
    assert_true(passes("html|zip", post, sizeof post - 1, piece, &err));
  }
  assert_false(passes("csv", "", 0, 1, &err));
  static char large[5000] = "%PDF-1.4";
  memcpy(large + sizeof large - 600, "%%EOF", 5);
  assert_true(passes("pdf", large, sizeof large, 700, &err));
  memcpy(large + sizeof large - 600, "-----", 5);
  memcpy(large + 100, "%%EOF", 5); /* of a revision before */
  assert_false(passes("pdf", large, sizeof large, 700, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_whole_archives_in_any_pieces),
      cmocka_unit_test(refuses_what_is_cut_anywhere),
      cmocka_unit_test(refuses_what_goes_on),
      cmocka_unit_test(finds_any_changed_byte),
      cmocka_unit_test(says_what_is_wrong),
      cmocka_unit_test(begins_again),
      cmocka_unit_test(says_what_it_could_not_check),
      cmocka_unit_test(reads_the_headers_of_mail),
      cmocka_unit_test(looks_how_text_begins),
      cmocka_unit_test(tells_documents_from_what_comes_instead),
      cmocka_unit_test(looks_at_reports_and_log_in_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
