/* page.c: see page.h.
 *
 * Whatever is unusual (a strange shape, a number beyond a double, no memory) makes the page fail or
 * a lookup unclear, and never wrong: the caller then decodes the whole with lua-cjson, whose result
 * counts. */
#include "json/page.h"

#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "base/text.h"

/* How many shapes are tried before the lexer, the last one that fitted first. */
enum { SHAPES_TRIED = 8 };
/* Digits that a double has room for in any case (its largest is 1.8e308). */
enum { SAFE = 300 };
/* More names than a record of this API has; beyond, nothing is looked up. */
enum { FIELDS_MOST = 200 };

/* ------------------------------------------------------------------ its lists */

/* Makes room for `more` elements. */
static bool list_reserve(vbo_json_list *list, size_t item, size_t more) {
  if (list->room - list->count >= more) return true;
  size_t room = list->room < 64 ? 64 : list->room * 2;
  if (room - list->count < more) room = list->count + more;
  /* The product below must not overflow. */
  if (room > SIZE_MAX / item) return false;
  void *moved = realloc(list->items, room * item);
  if (moved == NULL) return false;
  list->items = moved;
  list->room = room;
  return true;
}

static void *list_add(vbo_json_list *list, size_t item) {
  if (!list_reserve(list, item, 1)) return NULL;
  return (char *)list->items + item * list->count++;
}

#define ADD(list, type) ((type *)list_add(&(list), sizeof(type)))
#define AT(list, type, index) (&((type *)(list).items)[index])

static bool add_scalar(vbo_json_page *page, size_t start) {
  uint32_t *added = ADD(page->scalars, uint32_t);
  if (added == NULL) return false;
  /* Offsets have 32 bits: vbo_json_page_open refuses a larger text, and the lists take half the
   * memory. */
  *added = (uint32_t)start;
  return true;
}

static bool add_gap(vbo_json_page *page, size_t start, size_t end) {
  vbo_json_span *added = ADD(page->gaps, vbo_json_span);
  if (added == NULL) return false;
  *added = (vbo_json_span){.start = (uint32_t)start, .size = (uint32_t)(end - start)};
  return true;
}

static bool add_record(vbo_json_page *page, size_t start, size_t end, size_t scalar, size_t shape) {
  vbo_json_record *added = ADD(page->records, vbo_json_record);
  if (added == NULL) return false;
  *added = (vbo_json_record){.start = (uint32_t)start,
                             .end = (uint32_t)end,
                             .scalar = (uint32_t)scalar,
                             .shape = (uint32_t)shape};
  return true;
}

/* ---------------------------------------------------------- records of a shape */

/* Returns whether a number surely fits a double: one below 1e300 does. The page of another number
 * is not read here, and decoding the whole finds the overflow. */
static bool in_range(const char *text, size_t start, size_t end) {
  size_t at = text[start] == '-' ? start + 1 : start;
  size_t digits = at;
  while (at < end && vbo_json_digit(text[at]))
    at++;
  digits = at - digits;
  if (digits > SAFE) return false;
  while (at < end && text[at] != 'e' && text[at] != 'E')
    at++;
  if (at + 1 >= end || text[at + 1] == '-') return true;
  for (at += text[at + 1] == '+' ? 2 : 1; at < end && text[at] == '0';)
    at++;
  if (end - at > 3) return false;
  size_t exponent = 0;
  for (; at < end; at++)
    exponent = exponent * 10 + (size_t)(text[at] - '0');
  return digits + exponent <= SAFE;
}

/* Returns where the scalar at `at` ends; 0 without one. */
static inline size_t scalar_end(const char *text, size_t size, size_t at) {
  vbo_json_scan scan = {.text = text, .size = size, .at = at};
  if (text[at] == '"') return vbo_json_scan_string(&scan) ? scan.at : 0;
  switch (text[at]) {
    case 't':
    case 'n':
      return size - at >= 4 && memcmp(text + at, text[at] == 't' ? "true" : "null", 4) == 0 ? at + 4
                                                                                            : 0;
    case 'f':
      return size - at >= 5 && memcmp(text + at, "false", 5) == 0 ? at + 5 : 0;
    default:
      if (text[at] != '-' && !vbo_json_digit(text[at])) return 0;
      if (!vbo_json_scan_number(&scan)) return 0;
      if (!scan.exponent && scan.at - at <= SAFE) return scan.at;
      return in_range(text, at, scan.at) ? scan.at : 0;
  }
}

/* Matches the record at `start` with this shape: returns its end, and adds its scalars; 0 when it
 * differs. Commits its scalars at the end alone, so that a shape that differs half-way leaves none
 * behind. */
static size_t fit(vbo_json_page *page, const vbo_json_shape *shape, size_t start) {
  const char *text = page->text.data;
  size_t size = page->text.size;
  const vbo_json_span *gap = AT(page->gaps, vbo_json_span, shape->gap);
  const vbo_json_span *last = gap + shape->gaps - 1;
  size_t at = start;
  /* Reserved for all at once: the loop writes through a pointer that must not move. */
  if (!list_reserve(&page->scalars, sizeof(uint32_t), shape->gaps)) return 0;
  uint32_t *scalar = AT(page->scalars, uint32_t, page->scalars.count);
  for (;; gap++) {
    if (gap->size > size - at || memcmp(text + at, text + gap->start, gap->size) != 0) return 0;
    at += gap->size;
    if (gap == last) break;
    if (at >= size) return 0;
    *scalar++ = (uint32_t)at;
    at = scalar_end(text, size, at);
    if (at == 0) return 0;
  }
  page->scalars.count += shape->gaps - 1;
  return at;
}

/* Tries the last shape first, then the newest: records of one kind mostly follow each other. */
static size_t fit_any(vbo_json_page *page, size_t start, size_t *shape) {
  size_t count = page->shapes.count;
  if (count == 0) return 0;
  *shape = page->last_shape;
  size_t end = fit(page, AT(page->shapes, vbo_json_shape, *shape), start);
  for (size_t i = 1; end == 0 && i <= count && i < SHAPES_TRIED; i++) {
    *shape = count - i;
    if (*shape != page->last_shape)
      end = fit(page, AT(page->shapes, vbo_json_shape, *shape), start);
  }
  if (end != 0) page->last_shape = (uint32_t)*shape;
  return end;
}

/* ------------------------------------------------------ records of a new shape */

typedef struct learner {
  vbo_json_page *page;
  vbo_json_shape shape;
  unsigned depth; /* of the record's members */
  size_t gap;     /* where the gap under way began */
  size_t scalars; /* so far */
  vbo_json_span name;
} learner;

static bool learn_field(learner *l, uint32_t scalar) {
  vbo_json_field *added = ADD(l->page->fields, vbo_json_field);
  if (added == NULL) return false;
  *added = (vbo_json_field){.name = l->name, .scalar = scalar};
  l->shape.fields++;
  return true;
}

static bool learn_token(learner *l, const vbo_json_token *token) {
  size_t end = token->start + token->length;
  bool member = token->depth == l->depth;
  switch (token->type) {
    case VBO_JSON_KEY:
      /* Names of nested objects are a part of the gaps, where their bytes are compared. */
      if (!member) return true;
      l->name =
          (vbo_json_span){.start = (uint32_t)token->start + 1, .size = (uint32_t)token->length - 2};
      l->shape.odd = l->shape.odd || token->escaped;
      return true;
    case VBO_JSON_OBJECT:
    case VBO_JSON_ARRAY:
      return !member || learn_field(l, VBO_JSON_NESTED);
    case VBO_JSON_OBJECT_END:
    case VBO_JSON_ARRAY_END:
      return true;
    case VBO_JSON_NUMBER:
      /* Decoding must find the overflow (in_range). */
      if (!in_range(l->page->text.data, token->start, end)) return false;
      break;
    default:
      break;
  }
  if (member && !learn_field(l, (uint32_t)l->scalars)) return false;
  if (!add_gap(l->page, l->gap, token->start) || !add_scalar(l->page, token->start)) return false;
  l->gap = end;
  l->scalars++;
  return true;
}

/* of members with one name the last counts, which decoding knows */
static bool has_twins(const vbo_json_page *page, const vbo_json_shape *shape) {
  if (shape->fields == 0) return false;
  /* Comparing each pair is quadratic, and a hostile page may have a million names. */
  if (shape->fields > FIELDS_MOST) return true;
  const vbo_json_field *fields = AT(page->fields, vbo_json_field, shape->field);
  const char *text = page->text.data;
  for (uint32_t i = 1; i < shape->fields; i++)
    for (uint32_t j = 0; j < i; j++)
      if (fields[i].name.size == fields[j].name.size &&
          memcmp(text + fields[i].name.start, text + fields[j].name.start, fields[i].name.size) ==
              0)
        return true;
  return false;
}

/* Reads the record whose "{" is `open` with the lexer. */
static bool learn(vbo_json_page *page, vbo_json_lexer *lexer, const vbo_json_token *open) {
  vbo_json_token token;
  size_t first = page->scalars.count;
  learner l = {.page = page, .depth = open->depth + 1, .gap = open->start};
  /* Indexes rather than pointers: the lists move when they grow. */
  l.shape.gap = (uint32_t)page->gaps.count;
  l.shape.field = (uint32_t)page->fields.count;
  do {
    if (!vbo_json_next(lexer, &token) || !learn_token(&l, &token)) return false;
  } while (token.type != VBO_JSON_OBJECT_END || token.depth != open->depth);
  if (!add_gap(page, l.gap, token.start + 1)) return false;
  l.shape.gaps = (uint32_t)l.scalars + 1;
  l.shape.odd = l.shape.odd || has_twins(page, &l.shape);
  vbo_json_shape *added = ADD(page->shapes, vbo_json_shape);
  if (added == NULL) return false;
  *added = l.shape;
  page->last_shape = (uint32_t)page->shapes.count - 1;
  return add_record(page, open->start, token.start + 1, first, page->last_shape);
}

/* ------------------------------------------------------------------- the page */

/* Adds the records of a known shape that follow one another from `at` on without white space
 * between them, and returns the end of the last. */
static size_t read_run(vbo_json_page *page, size_t at) {
  const char *text = page->text.data; /* a NUL ends it */
  while (text[at] == ',' && text[at + 1] == '{') {
    size_t first = page->scalars.count;
    size_t shape = 0;
    size_t end = fit_any(page, at + 1, &shape);
    if (end == 0 || !add_record(page, at + 1, end, first, shape)) {
      page->scalars.count = first; /* the lexer decides */
      break;
    }
    at = end;
  }
  return at;
}

/* Reads the records behind a "[". */
static bool read_records(vbo_json_page *page, vbo_json_lexer *lexer, const vbo_json_token *list) {
  vbo_json_token token;
  page->list_start = list->start;
  while (vbo_json_next(lexer, &token)) {
    if (token.type == VBO_JSON_ARRAY_END) {
      page->list_end = token.start + 1;
      return true;
    }
    if (token.type != VBO_JSON_OBJECT) return false;
    size_t first = page->scalars.count;
    size_t shape = 0;
    size_t end = fit_any(page, token.start, &shape);
    if (end == 0) {
      if (!learn(page, lexer, &token)) return false;
    } else {
      if (!add_record(page, token.start, end, first, shape)) return false;
      /* The lexer has read the "{" alone: it goes on behind the last record, as if it had read
       * them. */
      vbo_json_close_at(lexer, read_run(page, end));
    }
  }
  return false;
}

/* Reads the members of the object around them. */
static bool read_envelope(vbo_json_page *page, vbo_json_lexer *lexer) {
  vbo_json_token token;
  bool found = false;
  while (vbo_json_next(lexer, &token)) {
    if (token.type == VBO_JSON_NUMBER &&
        !in_range(lexer->text, token.start, token.start + token.length))
      return false;
    if (token.type != VBO_JSON_KEY || token.depth != 1) continue;
    if (token.escaped) return false; /* it could be `results`, written otherwise */
    if (!vbo_json_begins(lexer->text, &token, "results", true)) continue;
    /* A second `results` is left to decoding, for which the last one counts. */
    if (found || !vbo_json_next(lexer, &token) || token.type != VBO_JSON_ARRAY) return false;
    if (!read_records(page, lexer, &token)) return false;
    found = true;
  }
  return found && lexer->problem == NULL;
}

static bool read_page(vbo_json_page *page, unsigned max_depth) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  vbo_json_start(&lexer, page->text.data, page->text.size, max_depth);
  if (!vbo_json_next(&lexer, &token)) return false;
  if (token.type == VBO_JSON_OBJECT) return read_envelope(page, &lexer);
  if (token.type != VBO_JSON_ARRAY || !read_records(page, &lexer, &token)) return false;
  page->bare = true;
  return !vbo_json_next(&lexer, &token) && lexer.problem == NULL;
}

bool vbo_json_page_open(vbo_json_page *page, vbo_buffer *text, unsigned max_depth) {
  memset(page, 0, sizeof *page);
  if (text->data == NULL || text->size >= UINT32_MAX) return false;
  /* Taken over before it is read, since the shapes point into it; handed back when it is not a
   * page. */
  page->text = *text;
  if (!read_page(page, max_depth)) {
    page->text = (vbo_buffer){0};
    vbo_json_page_free(page);
    return false;
  }
  *text = (vbo_buffer){.limit = text->limit, .secure = text->secure};
  return true;
}

void vbo_json_page_free(vbo_json_page *page) {
  vbo_buffer_free(&page->text);
  free(page->records.items);
  free(page->scalars.items);
  free(page->shapes.items);
  free(page->gaps.items);
  free(page->fields.items);
  memset(page, 0, sizeof *page);
}

size_t vbo_json_page_size(const vbo_json_page *page) {
  return page->text.capacity + page->records.room * sizeof(vbo_json_record) +
         page->scalars.room * sizeof(uint32_t) + page->gaps.room * sizeof(vbo_json_span) +
         page->fields.room * sizeof(vbo_json_field) + page->shapes.room * sizeof(vbo_json_shape);
}

size_t vbo_json_page_count(const vbo_json_page *page) {
  return page->records.count;
}

const char *vbo_json_page_record(const vbo_json_page *page, size_t record, size_t *size) {
  const vbo_json_record *r = AT(page->records, vbo_json_record, record);
  *size = r->end - r->start;
  return page->text.data + r->start;
}

/* ------------------------------------------------------------------ its fields */

static bool same(const vbo_json_page *page, const vbo_json_field *field, const char *name,
                 size_t size) {
  return field->name.size == size && memcmp(page->text.data + field->name.start, name, size) == 0;
}

static bool same_squashed(const vbo_json_page *page, const vbo_json_field *field, const char *name,
                          size_t size) {
  const char *s = page->text.data + field->name.start;
  size_t used = 0;
  for (size_t i = 0; i < field->name.size; i++) {
    if (s[i] == '_') continue;
    if (used == size || vbo_ascii_lower(s[i]) != name[used]) return false;
    used++;
  }
  return used == size;
}

/* Finds the field of a shape with this name; NULL without one. `unclear`: several names are alike.
 */
static const vbo_json_field *find_field(vbo_json_page *page, const vbo_json_shape *shape,
                                        const char *name, size_t size, bool squashed,
                                        bool *unclear) {
  if (shape->fields == 0) return NULL;
  const vbo_json_field *fields = AT(page->fields, vbo_json_field, shape->field);
  const vbo_json_field *found = NULL;
  /* a loop asks each record for the same field */
  if (!squashed && page->last_field < shape->fields &&
      same(page, &fields[page->last_field], name, size))
    return &fields[page->last_field];
  for (uint32_t i = 0; i < shape->fields; i++) {
    if (!(squashed ? same_squashed : same)(page, &fields[i], name, size)) continue;
    if (!squashed) {
      page->last_field = i;
      return &fields[i];
    }
    if (found != NULL) *unclear = true;
    found = &fields[i];
  }
  return found;
}

vbo_json_found vbo_json_page_find(vbo_json_page *page, size_t record, const char *name, size_t size,
                                  bool squashed, vbo_json_span *value) {
  const vbo_json_record *r = AT(page->records, vbo_json_record, record);
  const vbo_json_shape *shape = AT(page->shapes, vbo_json_shape, r->shape);
  if (shape->odd) return VBO_JSON_UNCLEAR;
  bool unclear = false;
  const vbo_json_field *field = find_field(page, shape, name, size, squashed, &unclear);
  if (unclear) return VBO_JSON_UNCLEAR;
  if (field == NULL) return VBO_JSON_ABSENT;
  if (field->scalar == VBO_JSON_NESTED) return VBO_JSON_UNCLEAR;
  const uint32_t *starts = AT(page->scalars, uint32_t, r->scalar);
  /* There is a gap in front of each scalar and one behind the last: gap n + 1 follows scalar n. */
  const vbo_json_span *gaps = AT(page->gaps, vbo_json_span, shape->gap);
  /* It ends where the gap behind it begins. */
  uint32_t next = field->scalar + 1;
  uint32_t end = (next + 1 == shape->gaps ? r->end : starts[next]) - gaps[next].size;
  *value = (vbo_json_span){.start = starts[field->scalar], .size = end - starts[field->scalar]};
  return VBO_JSON_FOUND;
}
