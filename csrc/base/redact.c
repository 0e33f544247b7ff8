/* redact.c: see redact.h.
 *
 * A text is a row of characters, each with its place in the text. Decoding one layer of escapes
 * gives a shorter row with the same places; each row is searched for the secrets, and the matches
 * are marked in the text. */
#include "base/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escapes.h"
#include "base/secret.h"
#include "base/text.h"

/* The bounds keep the time of redaction in proportion to the text, whatever is in it. */
enum {
  LAYERS = 3,
  WINDOW = 64 * 1024,  /* bytes of a text that are searched at once, */
  OVERLAP = 16 * 1024, /* and how many more follow for a match across the border */
  WORK = 200,          /* characters examined for each one of a window, a bound for hostile text */
  LONG = 32,           /* of a secret with so many bytes … */
  BEGINNING = 16       /* … its first ones are a secret, too: servers show tokens cut short */
};

typedef struct range {
  size_t from;
  size_t to;
} range;

typedef struct candidate {
  vbo_secret *secret;
  unsigned char first; /* the low byte of its first character */
} candidate;

typedef struct search {
  size_t least;    /* bytes of a secret */
  size_t shortest; /* bytes of what is looked for */
  const char *own;
  candidate *secrets; /* sorted by `first` */
  size_t secret_count;
  size_t secret_room;
  size_t firsts[257]; /* where those with this `first` begin */
  range *found;
  size_t found_count;
  size_t found_room;
  size_t window; /* where the row's places begin */
  bool any;      /* something was found at all */
  bool only_any; /* and nothing else matters */
  bool starved;  /* out of memory */
  size_t *work;  /* characters that may still be examined */
} search;

static void find(search *s, const vbo_row *text, int layer);

/* ---------------------------------------------------------------- the secrets */

/* Returns whether the secret is a word that our messages and every error object have anyway. Hiding
 * such a word would garble each message and guard little. */
static bool is_plain_word(const char *bytes, size_t size) {
  static const char *const words[] = {"password", "secret", "token",  "message", "error",
                                      "server",   "proxy",  "client", "detail",  "title",
                                      "errors",   "code",   "login",  "user",    "errorCode"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (vbo_ascii_equal(bytes, size, words[i], strlen(words[i]))) return true;
  return false;
}

/* Stands in for memmem(3), which not every libc declares. */
static bool contains(const char *text, size_t size, const char *part, size_t part_size) {
  for (size_t at = 0; at + part_size <= size; at++)
    if (memcmp(text + at, part, part_size) == 0) return true;
  return false;
}

/* Makes room for one more element; false when out of memory. */
static bool grow(search *s, void **array, size_t count, size_t *room, size_t size) {
  if (count < *room) return true;
  size_t more = *room == 0 ? 16 : *room * 2;
  void *moved = more > SIZE_MAX / size ? NULL : realloc(*array, more * size);
  if (moved == NULL) {
    s->starved = true;
    return false;
  }
  *array = moved;
  *room = more;
  return true;
}

/* Runs inside vbo_secret_each, with the list locked: it takes a share and does nothing slow. A
 * secret that is being freed is left out. */
static void add_secret(void *owner, vbo_secret *secret) {
  search *s = owner;
  const char *bytes = vbo_secret_bytes(secret);
  size_t size = vbo_secret_size(secret);
  void *array = s->secrets;
  uint32_t point = 0;
  if (size < s->least || is_plain_word(bytes, size)) return;
  if (s->own != NULL && contains(s->own, strlen(s->own), bytes, size)) return;
  if (!grow(s, &array, s->secret_count, &s->secret_room, sizeof *s->secrets)) return;
  s->secrets = array;
  if (!vbo_secret_hold(secret)) return;
  size_t looked_for = size >= LONG ? BEGINNING : size;
  if (s->secret_count == 0 || looked_for < s->shortest) s->shortest = looked_for;
  vbo_row_point(bytes, size, &point);
  s->secrets[s->secret_count++] = (candidate){secret, (unsigned char)(point & 0xFF)};
}

static int by_first(const void *a, const void *b) {
  const candidate *one = a;
  const candidate *other = b;
  return (int)one->first - (int)other->first;
}

/* Groups the secrets by the low byte of their first character: most places of a text then need no
 * comparison at all. */
static void sort_secrets(search *s) {
  if (s->secret_count > 1) qsort(s->secrets, s->secret_count, sizeof *s->secrets, by_first);
  size_t k = 0;
  for (size_t first = 0; first <= 256; first++) {
    while (k < s->secret_count && s->secrets[k].first < first)
      k++;
    s->firsts[first] = k;
  }
}

/* Returns how many characters from `at` on are the secret; 0 when they are not. */
static size_t matches(const vbo_row *text, size_t at, const vbo_secret *secret) {
  const char *bytes = vbo_secret_bytes(secret);
  size_t size = vbo_secret_size(secret);
  size_t done = 0;
  size_t i = at;
  while (done < size) {
    uint32_t wanted = 0;
    size_t length = vbo_row_point(bytes + done, size - done, &wanted);
    if (wanted == '\r' && done + length < size) { /* line ends are rewritten on the way */
      done += length;
      continue;
    }
    while (i < text->count && i > at && text->at[i].point == '\r' && wanted != '\r')
      i++;
    if (i == text->count) break;
    uint32_t is = text->at[i].point;
    if (is != wanted && !(is == '+' && wanted == ' ')) break;
    done += length;
    i++;
  }
  return done == size || (size >= LONG && done >= BEGINNING) ? i - at : 0;
}

static void mark(search *s, size_t from, size_t to) {
  void *array = s->found;
  s->any = true;
  if (s->only_any) return;
  if (!grow(s, &array, s->found_count, &s->found_room, sizeof *s->found)) return;
  s->found = array;
  s->found[s->found_count++] = (range){s->window + from, s->window + to};
}

static size_t longest_match(const search *s, const vbo_row *text, size_t at, uint32_t first) {
  size_t longest = 0;
  /* The longest counts: a secret may begin with another. */
  for (size_t k = s->firsts[first]; k < s->firsts[first + 1]; k++) {
    size_t size = matches(text, at, s->secrets[k].secret);
    if (size > longest) longest = size;
  }
  return longest;
}

static void find_plain(search *s, const vbo_row *text) {
  for (size_t i = 0; i < text->count; i++) {
    uint32_t first = text->at[i].point & 0xFF;
    size_t longest = longest_match(s, text, i, first);
    if (text->at[i].point == '+') { /* a blank in a form */
      size_t blank = longest_match(s, text, i, ' ');
      if (blank > longest) longest = blank;
    }
    if (longest == 0) continue;
    mark(s, text->at[i].from, text->at[i + longest - 1].to);
    if (s->only_any) return;
    i += longest - 1;
  }
}

/* ------------------------------------------------------------- Base64 and hex */

static int base64_value(uint32_t point) {
  if (point >= 'A' && point <= 'Z') return (int)(point - 'A');
  if (point >= 'a' && point <= 'z') return (int)(point - 'a') + 26;
  if (point >= '0' && point <= '9') return (int)(point - '0') + 52;
  if (point == '+' || point == '-') return 62;
  return point == '/' || point == '_' ? 63 : -1;
}

static int hex_value(uint32_t point) {
  return vbo_row_digit(point, 16);
}

/* A coding whose characters each carry `bits` of the bytes. */
typedef struct coding {
  int (*value)(uint32_t point);
  unsigned bits;
  unsigned phases; /* where in the text the first whole byte may begin */
} coding;

/* Returns whether the bytes hold a secret, with or without the zeros of UTF-16. */
static bool holds(search *s, const char *bytes, size_t size) {
  vbo_row text = {.at = malloc((size + 1) * sizeof *text.at)};
  search inner = *s;
  if (text.at == NULL) {
    s->starved = true;
    return false;
  }
  inner.any = false;
  inner.only_any = true;
  int passes = size > 0 && memchr(bytes, '\0', size) != NULL ? 2 : 1;
  for (int zeros = 0; zeros < passes && !inner.any; zeros++) {
    text.count = 0;
    for (size_t at = 0; at < size;) {
      vbo_glyph made = {.from = 0, .to = 0};
      at += vbo_row_point(bytes + at, size - at, &made.point);
      if (zeros == 0 || made.point != 0) text.at[text.count++] = made;
    }
    /* One more layer of escapes inside, and no further Base64: only_any leaves it out. */
    find(&inner, &text, LAYERS - 1);
  }
  vbo_row_free(&text);
  s->starved = s->starved || inner.starved;
  return inner.any;
}

static bool run_holds(search *s, const vbo_row *text, size_t from, size_t to, const coding *code) {
  char *bytes = malloc(to - from + 1);
  bool found = false;
  if (bytes == NULL) {
    s->starved = true;
    return false;
  }
  /* The secret may have been encoded behind other bytes, so that its first byte begins inside a
   * group. */
  for (unsigned phase = 0; phase < code->phases && !found; phase++) {
    size_t size = 0;
    unsigned skip = phase;
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = from; i < to; i++) {
      int value = code->value(text->at[i].point);
      if (value < 0) continue; /* a line end */
      if (skip > 0) {
        skip--;
        continue;
      }
      held = held << code->bits | (uint32_t)value;
      bits += code->bits;
      if (bits >= 8) bytes[size++] = (char)(held >> (bits -= 8) & 0xFF);
    }
    found = holds(s, bytes, size);
  }
  vbo_secure_wipe(bytes, to - from + 1);
  free(bytes);
  return found;
}

/* Marks the whole run that holds a secret: its first and last characters carry bits of it, too. */
static void find_coded(search *s, const vbo_row *text, const coding *code) {
  for (size_t i = 0; i < text->count; i++) {
    if (code->value(text->at[i].point) < 0) continue;
    size_t end = i;
    size_t letters = 0;
    for (size_t k = i; k < text->count; k++) {
      bool letter = code->value(text->at[k].point) >= 0;
      if (!letter && text->at[k].point != '\r' && text->at[k].point != '\n') break;
      letters += letter;
      if (letter) end = k + 1;
    }
    /* A run that is too short for the shortest secret needs no decoding. */
    if (letters * code->bits / 8 >= s->shortest && run_holds(s, text, i, end, code)) {
      while (end < text->count && text->at[end].point == '=') /* padding */
        end++;
      mark(s, text->at[i].from, text->at[end - 1].to);
    }
    i = end - 1;
  }
}

/* --------------------------------------------------------------------- all of it */

/* Counts the work; false once it is used up. */
static bool afford(search *s, size_t count) {
  if (*s->work < count) {
    *s->work = 0;
    return false;
  }
  *s->work -= count;
  return true;
}

static void find(search *s, const vbo_row *text, int layer) {
  static const coding codings[] = {{base64_value, 6, 4}, {hex_value, 4, 2}};
  if (!afford(s, text->count)) return;
  find_plain(s, text);
  for (size_t i = 0; i < 2 && !s->only_any; i++)
    find_coded(s, text, &codings[i]);
  if (layer == LAYERS) return;
  unsigned kinds = 0;
  for (unsigned which = 1; which <= VBO_ESCAPES_ALL; which++) {
    /* Each kind alone, then all together when at least two occur: mixed escapes hide a secret from
     * either kind alone. */
    bool single = (which & (which - 1)) == 0;
    if (!single && (which != VBO_ESCAPES_ALL || (kinds & (kinds - 1)) == 0)) continue;
    vbo_row decoded;
    if (vbo_row_decode(text, which, &decoded, &s->starved)) {
      kinds |= which;
      find(s, &decoded, layer + 1);
    }
    vbo_row_free(&decoded);
    if (s->only_any && s->any) return;
  }
}

static void find_in_window(search *s, const char *text, size_t size) {
  vbo_row characters = {.at = malloc((size + 1) * sizeof *characters.at)};
  if (characters.at == NULL) {
    s->starved = true;
    return;
  }
  for (size_t at = 0; at < size;) {
    vbo_glyph made = {.from = (uint32_t)at};
    at += vbo_row_point(text + at, size - at, &made.point);
    made.to = (uint32_t)at;
    characters.at[characters.count++] = made;
  }
  /* The bound grows with the window, and leaves short texts room for all layers. */
  size_t work = (characters.count + 100) * WORK;
  s->work = &work;
  find(s, &characters, 0);
  s->work = NULL;
  vbo_row_free(&characters);
  /* So many layers that not all of them were searched: hide all of it. */
  if (work == 0) mark(s, 0, size);
}

static int by_place(const void *a, const void *b) {
  const range *first = a;
  const range *second = b;
  return first->from < second->from ? -1 : first->from > second->from;
}

/* Writes the stars. A match can be shorter than three bytes (two characters of Latin-1). Runs in
 * place: the stars are never longer than what they replace. */
static size_t replace(const search *s, char *text, size_t size) {
  size_t used = 0;
  size_t at = 0;
  for (size_t i = 0; i < s->found_count;) {
    size_t from = s->found[i].from;
    size_t to = s->found[i].to;
    /* Matches that overlap or touch become one: stars between them would show where one secret
     * ends. */
    for (i++; i < s->found_count && s->found[i].from <= to; i++)
      if (s->found[i].to > to) to = s->found[i].to;
    memmove(text + used, text + at, from - at);
    used += from - at;
    size_t stars = to - from < 3 ? to - from : 3;
    memset(text + used, '*', stars);
    used += stars;
    at = to;
  }
  memmove(text + used, text + at, size - at);
  return used + size - at;
}

/* Holds a share of each secret until the end, since other threads may free theirs meanwhile. */
static size_t redact(char *text, size_t size, const char *own, size_t least) {
  search s = {.own = own, .least = least < VBO_REDACT_LEAST ? VBO_REDACT_LEAST : least};
  if (size == 0) return 0;
  vbo_secret_each(add_secret, &s);
  sort_secrets(&s);
  for (size_t at = 0; at < size && s.secret_count > 0; at += WINDOW) {
    size_t rest = size - at;
    s.window = at;
    find_in_window(&s, text + at, rest < WINDOW + OVERLAP ? rest : WINDOW + OVERLAP);
  }
  if (s.found_count > 1) qsort(s.found, s.found_count, sizeof *s.found, by_place);
  /* A search that ran out of memory has proved nothing: all of the text is hidden. */
  if (s.starved) {
    size = size < 3 ? size : 3;
    memset(text, '*', size);
  } else if (s.found_count > 0) {
    size = replace(&s, text, size);
  }
  for (size_t i = 0; i < s.secret_count; i++)
    vbo_secret_free(s.secrets[i].secret);
  free(s.secrets);
  free(s.found);
  return size;
}

size_t vbo_redact(char *text, size_t size, const char *own) {
  return redact(text, size, own, VBO_REDACT_LEAST);
}

size_t vbo_redact_long(char *text, size_t size, size_t least) {
  return redact(text, size, NULL, least);
}

void vbo_redact_line(char *text) {
  text[vbo_redact(text, strlen(text), NULL)] = '\0';
}
