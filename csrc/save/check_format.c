/* check_format.c: tells formats apart by their first bytes, and checks each as far as a stream
 * allows.
 *
 * A ZIP is checked to its last byte (check_zip.c). PST and MSG state in their headers how far they
 * reach. PDF has an end mark. Mail, HTML and CSV have no end that could be checked, so that only
 * their beginning counts. */
#include "save/check_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save/begins.h"
#include "save/check_zip.h"

typedef enum kind {
  KIND_ZIP,
  KIND_PST,
  KIND_MSG,
  KIND_EML,
  KIND_HTML,
  KIND_PDF,
  KIND_CSV,
  KIND_COUNT
} kind;

static const char *const names[KIND_COUNT] = {"zip", "pst", "msg", "eml", "html", "pdf", "csv"};
static const char *const titles[KIND_COUNT] = {
    "a ZIP archive",  "a PST file",     "an Outlook message", "a mail",
    "a page of HTML", "a PDF document", "a table in CSV"};

/* BEGINNING holds every header field that is read at the end: the last are at bytes 184 (PST) and
 * 512 (MSG). ENOUGH is the longest signature, that of a compound file. */
enum { BEGINNING = 1024, ENOUGH = 8 /* to tell them apart */, ENDING = 1024 };

/* Only a page that asks for a password has this. */
static const char password_field[] = "type=password";

struct vbo_format_check {
  unsigned allowed; /* bits of kinds */
  bool chosen;
  kind kind;
  uint64_t size;
  unsigned char begin[BEGINNING];
  size_t begun;
  vbo_zip_check *zip;
  unsigned char end[ENDING]; /* of a PDF */
  size_t ended;
  bool in_tag;    /* of HTML */
  size_t matched; /* of `password_field` */
  bool asks;      /* for a password */
};

/* --------------------------------------------------------------- beginnings */

/* Returns an unsigned number of `count` bytes, little endian, as all three binary formats have
 * it. */
static uint64_t little(const unsigned char *p, int count) {
  uint64_t value = 0;
  while (count-- > 0)
    value = value << 8 | p[count];
  return value;
}

static bool begins(const vbo_format_check *check, const char *bytes, size_t size) {
  return check->begun >= size && memcmp(check->begin, bytes, size) == 0;
}

/* RFC 5322: the name of a field is printable, and a colon ends it. */
static bool is_field(const vbo_format_check *check) {
  size_t at = vbo_begins_at(check->begin, check->begun);
  size_t start = at;
  while (at < check->begun && check->begin[at] > ' ' && check->begin[at] < 0x7f &&
         check->begin[at] != ':')
    at++;
  return at > start && at < check->begun && check->begin[at] == ':' &&
         memchr(check->begin, '\0', check->begun) == NULL;
}

/* The order of the kinds matters where several are allowed: choose() takes the first that fits, and
 * CSV, which fits nearly any text, comes last. */
static bool looks_like(const vbo_format_check *check, kind which) {
  size_t at = 0;
  switch (which) {
    case KIND_ZIP:
      /* An archive without entries begins with its end record. */
      return begins(check, "PK\3\4", 4) || begins(check, "PK\5\6", 4);
    case KIND_PST:
      return begins(check, "!BDN", 4);
    case KIND_MSG:
      return begins(check, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    case KIND_EML:
      return is_field(check);
    case KIND_HTML:
      at = vbo_begins_at(check->begin, check->begun);
      return begins(check, "\xFF\xFE", 2) || begins(check, "\xFE\xFF", 2) || /* UTF-16 */
             (at < check->begun && check->begin[at] == '<');
    case KIND_PDF:
      return begins(check, "%PDF-", 5);
    case KIND_CSV:
      return check->begun > 0 && !vbo_begins_html(check->begin, check->begun) &&
             !vbo_begins_json(check->begin, check->begun);
    case KIND_COUNT:
      break;
  }
  return false;
}

/* Names every format that was allowed: the caller may have left the choice to the server. */
static bool not_that(const vbo_format_check *check, vbo_error *err) {
  char wanted[160] = "";
  for (unsigned i = 0; i < KIND_COUNT; i++)
    if ((check->allowed & 1U << i) != 0) {
      size_t used = strlen(wanted);
      (void)snprintf(wanted + used, sizeof wanted - used, "%s%s", used > 0 ? " or " : "",
                     titles[i]);
    }
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "this is not %s", wanted);
  vbo_error_hint(err, "set check = false to save it as the server sends it");
  return false;
}

static bool choose(vbo_format_check *check, vbo_error *err) {
  for (unsigned i = 0; i < KIND_COUNT; i++)
    if ((check->allowed & 1U << i) != 0 && looks_like(check, (kind)i)) {
      check->chosen = true;
      check->kind = (kind)i;
      return true;
    }
  return not_that(check, err);
}

/* --------------------------------------------------- where the whole is there */

static bool cut_short(const char *what, uint64_t stated, uint64_t size, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "%s is cut short: %llu bytes, at least %llu belong to it",
                what, (unsigned long long)size, (unsigned long long)stated);
  vbo_error_hint(err, "save it again, or set check = false to save it as the server sends it");
  return false;
}

static bool goes_on(const char *what, uint64_t most, uint64_t size, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "%s is too long: %llu bytes, at most %llu belong to it",
                what, (unsigned long long)size, (unsigned long long)most);
  vbo_error_hint(err, "save it again, or set check = false to save it as the server sends it");
  return false;
}

/* [MS-PST] 2.2.2.6: the header says how long the file is.  Room that was set aside may follow. */
static bool finish_pst(const vbo_format_check *check, vbo_error *err) {
  /* The fields that are read below lie within the first 512 bytes, and so in `begin`. */
  if (check->size < 512) return cut_short("the PST file", 512, check->size, err);
  unsigned version = (unsigned)little(check->begin + 10, 2);
  if (memcmp(check->begin + 8, "SM", 2) != 0 || version < 14)
    return vbo_error_set(err, VBO_ERROR_INTEGRITY, "the PST file's header is broken");
  /* ibFileEof: 8 bytes at 184 in a Unicode file (version 23 and later), 4 bytes at 168 in an ANSI
   * file (14 and 15). */
  uint64_t stated = version >= 23 ? little(check->begin + 184, 8) : little(check->begin + 168, 4);
  if (stated > check->size) return cut_short("the PST file", stated, check->size, err);
  return check->size / 2 <= stated || goes_on("the PST file", stated, check->size, err);
}

/* [MS-CFB] 2.2: the sectors that the header names lie in the file. */
static bool finish_msg(const vbo_format_check *check, vbo_error *err) {
  /* The header, one sector of the allocation table and one of the directory, 512 bytes each. */
  if (check->size < 1536) return cut_short("the message", 1536, check->size, err);
  unsigned version = (unsigned)little(check->begin + 26, 2);
  unsigned shift = (unsigned)little(check->begin + 30, 2);
  if (little(check->begin + 28, 2) != 0xFFFE || (version != 3 && version != 4) ||
      shift != (version == 3 ? 9U : 12U))
    return vbo_error_set(err, VBO_ERROR_INTEGRITY, "the message's header is broken");
  uint64_t most = little(check->begin + 48, 4); /* the directory's first sector */
  uint64_t count = little(check->begin + 44, 4);
  /* The header has room for 109 sectors of the allocation table (the DIFAT). A message larger than
   * some 7 MB has further ones elsewhere, which a stream that keeps nothing cannot visit; the check
   * is then weaker, not wrong. */
  for (uint64_t i = 0; i < count && i < 109; i++) {
    uint64_t sector = little(check->begin + 76 + 4 * i, 4);
    /* Numbers from 0xFFFFFFFA on are reserved, and mark free or special places (MAXREGSECT). */
    if (sector < 0xFFFFFFFAU && sector > most) most = sector;
  }
  /* Sector 0 comes after the header, which takes the place of one. */
  uint64_t stated = ((most + 1) << shift) + 1;
  if (stated > check->size) return cut_short("the message", stated, check->size, err);
  /* A sector of the allocation table has four bytes for each sector. */
  uint64_t known = (count << (shift - 2)) + 1;
  return (check->size - 1) >> shift <= known ||
         goes_on("the message", (known + 1) << shift, check->size, err);
}

/* ----------------------------------------------------------------- the stream */

/* Keeps the last ENDING bytes of the stream in `end`, across pieces of any size. */
static void keep_end(vbo_format_check *check, const unsigned char *bytes, size_t size) {
  size_t add = size < ENDING ? size : ENDING;
  size_t keep = check->ended < ENDING - add ? check->ended : ENDING - add;
  memmove(check->end, check->end + check->ended - keep, keep);
  memcpy(check->end + keep, bytes + size - add, add);
  check->ended = keep + add;
}

/* Finds a log-in page, which is HTML, too, by its password field: in tags alone, since text may
 * mention such fields, and whatever the quotes are. */
static void look_for_password(vbo_format_check *check, const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size && !check->asks; i++) {
    unsigned char c = bytes[i];
    if (c == '<' || c == '>') {
      check->in_tag = c == '<';
      check->matched = 0;
    } else if (check->in_tag && c != '"' && c != '\'' && c > ' ') {
      if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + ('a' - 'A'));
      /* no part of the word begins anew within it, so that one counter is enough */
      check->matched = c == (unsigned char)password_field[check->matched]
                           ? check->matched + 1
                           : (size_t)(c == (unsigned char)password_field[0]);
      check->asks = password_field[check->matched] == '\0';
    }
  }
}

static bool finish_html(const vbo_format_check *check, vbo_error *err) {
  if (!check->asks) return true;
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "this is a page that asks for a password");
  vbo_error_hint(err,
                 "look for a proxy between here and the server; with check = false the page "
                 "is saved");
  return false;
}

/* ISO 32000-1, 7.5.5, puts %%EOF on the last line. Readers accept it within the last 1024 bytes, as
 * writers append bytes after it. */
static bool finish_pdf(const vbo_format_check *check, vbo_error *err) {
  for (size_t i = 0; i + 5 <= check->ended; i++)
    if (memcmp(check->end + i, "%%EOF", 5) == 0) return true;
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "the PDF document is cut short: its end is missing");
  vbo_error_hint(err, "save it again, or set check = false to save it as the server sends it");
  return false;
}

bool vbo_format_check_add(vbo_format_check *check, const void *bytes, size_t size, vbo_error *err) {
  if (size == 0) return true;
  /* Both run before the format is chosen, as the choice may come only at the end of a short
   * stream. */
  if ((check->allowed & 1U << KIND_PDF) != 0) keep_end(check, bytes, size);
  if ((check->allowed & 1U << KIND_HTML) != 0) look_for_password(check, bytes, size);
  size_t before = check->begun;
  size_t keep = BEGINNING - before < size ? BEGINNING - before : size;
  memcpy(check->begin + before, bytes, keep);
  check->begun += keep;
  check->size += size;
  /* Text may begin with white space. */
  bool text = (check->allowed & (1U << KIND_EML | 1U << KIND_HTML | 1U << KIND_CSV)) != 0;
  if (!check->chosen && check->begun >= (text ? BEGINNING : ENOUGH)) {
    if (!choose(check, err) ||
        (check->kind == KIND_ZIP && (check->zip = vbo_zip_check_new(err)) == NULL))
      return false;
    /* The archive check sees the stream from its first byte: those kept before this piece come
     * first. */
    if (check->zip != NULL && !vbo_zip_check_add(check->zip, check->begin, before, err))
      return false;
  }
  return check->zip == NULL || vbo_zip_check_add(check->zip, bytes, size, err);
}

/* A stream shorter than ENOUGH, or a text shorter than BEGINNING, is chosen only here. */
bool vbo_format_check_finish(vbo_format_check *check, vbo_error *err) {
  if (!check->chosen && !choose(check, err)) return false;
  switch (check->kind) {
    case KIND_ZIP:
      /* Too small for one: an archive's end alone has 22 bytes. */
      if (check->zip == NULL) return cut_short("the archive", 22, check->size, err);
      return vbo_zip_check_finish(check->zip, err);
    case KIND_PST:
      return finish_pst(check, err);
    case KIND_MSG:
      return finish_msg(check, err);
    case KIND_HTML:
      return finish_html(check, err);
    case KIND_PDF:
      return finish_pdf(check, err);
    default:
      return true;
  }
}

/* A partial check is not reported as made: a caller must not record more than was proven. */
const char *vbo_format_check_made(const vbo_format_check *check) {
  return check->chosen && *vbo_format_check_missed(check) == '\0' ? names[check->kind] : "";
}

const char *vbo_format_check_missed(const vbo_format_check *check) {
  const char *zip = check->zip != NULL ? vbo_zip_check_missed(check->zip) : NULL;
  return zip != NULL ? zip : "";
}

/* -------------------------------------------------------------------- life span */

/* Returns the kinds in a list such as "zip|msg" as bits; 0 when one of them is unknown. */
static unsigned kinds_of(const char *list) {
  unsigned found = 0;
  while (*list != '\0') {
    size_t size = strcspn(list, "|");
    unsigned bit = 0;
    for (unsigned i = 0; i < KIND_COUNT; i++)
      if (strlen(names[i]) == size && memcmp(list, names[i], size) == 0) bit = 1U << i;
    if (bit == 0) return 0;
    found |= bit;
    list += size;
    if (*list == '|') list++;
  }
  return found;
}

vbo_format_check *vbo_format_check_new(const char *list, vbo_error *err) {
  unsigned allowed = kinds_of(list);
  if (allowed == 0) {
    vbo_error_set(err, VBO_ERROR_USAGE,
                  "no such check: \"%.80s\"; there are zip, pst, msg, eml, html, pdf, csv and "
                  "document",
                  list);
    return NULL;
  }
  vbo_format_check *check = calloc(1, sizeof *check);
  if (check == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  check->allowed = allowed;
  return check;
}

void vbo_format_check_reset(vbo_format_check *check) {
  unsigned allowed = check->allowed;
  vbo_zip_check_free(check->zip);
  *check = (vbo_format_check){.allowed = allowed};
}

void vbo_format_check_free(vbo_format_check *check) {
  if (check == NULL) return;
  vbo_zip_check_free(check->zip);
  free(check);
}
