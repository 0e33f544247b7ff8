/* page.h: a page of records, looked through but not built.
 *
 * A loop over a million documents reads a field or two of each.  What it does not
 * read is checked here (a page is JSON from its first byte to its last, or it is no
 * page), and nothing is made of it.
 *
 * Records of a page look alike: the same members in the same order, around other
 * scalars.  The first of its kind is read by the lexer, which leaves its *shape*: the
 * bytes between its scalars.  A record with the very bytes of a shape at the same
 * places is well-formed where that one was, so that of the others only the scalars
 * are read.  What fits no shape is read by the lexer again. */
#ifndef VBO_JSON_PAGE_H
#define VBO_JSON_PAGE_H

#include "json/json.h"

typedef struct vbo_json_record {
  uint32_t start;  /* of its "{" */
  uint32_t end;    /* behind its "}" */
  uint32_t scalar; /* index of its first one */
  uint32_t shape;
} vbo_json_record;

typedef struct vbo_json_span {
  uint32_t start;
  uint32_t size;
} vbo_json_span;

/* A member of a record: its name, and which of the record's scalars it is. */
typedef struct vbo_json_field {
  vbo_json_span name; /* without quotes, in the first record of the shape */
  uint32_t scalar;    /* VBO_JSON_NESTED: an object or an array */
} vbo_json_field;

#define VBO_JSON_NESTED UINT32_MAX

typedef struct vbo_json_shape {
  uint32_t gap;    /* index of its first gap: there is one more than scalars */
  uint32_t gaps;   /* how many */
  uint32_t field;  /* index of its first field */
  uint32_t fields; /* how many */
  bool odd;        /* names written with escapes, or twice: nothing is looked up here */
} vbo_json_shape;

/* A growing list of equal things. */
typedef struct vbo_json_list {
  void *items;
  size_t count;
  size_t room;
} vbo_json_list;

typedef struct vbo_json_page {
  vbo_buffer text;       /* ours */
  vbo_json_list records; /* vbo_json_record */
  vbo_json_list scalars; /* uint32_t: where each begins */
  vbo_json_list shapes;  /* vbo_json_shape */
  vbo_json_list gaps;    /* vbo_json_span */
  vbo_json_list fields;  /* vbo_json_field */
  size_t list_start;     /* of the "[" around the records */
  size_t list_end;       /* behind its "]" */
  bool bare;             /* the list is the whole document */
  uint32_t last_shape;   /* that fitted */
  uint32_t last_field;   /* that was asked for, of that shape */
} vbo_json_page;

/* Reads a document whose value is a list of objects, or an object with such a list as its
 * `results`, and takes the bytes out of `text`. False (and `text` as it was) when it is something
 * else, not JSON, deeper than `max_depth`, or when out of memory: decoding the whole will show
 * which. */
bool vbo_json_page_open(vbo_json_page *page, vbo_buffer *text, unsigned max_depth);
void vbo_json_page_free(vbo_json_page *page);
/* Returns the bytes that it holds. */
size_t vbo_json_page_size(const vbo_json_page *page);

size_t vbo_json_page_count(const vbo_json_page *page);
/* Returns a record (from 0) as it is written. */
const char *vbo_json_page_record(const vbo_json_page *page, size_t record, size_t *size);

typedef enum vbo_json_found {
  VBO_JSON_ABSENT,  /* the record has no such member */
  VBO_JSON_FOUND,   /* a scalar */
  VBO_JSON_UNCLEAR, /* an object, an array, or a record that needs decoding */
} vbo_json_found;

/* Finds the member of this name, of several the last. `squashed`: case and underscores of the
 * record's names do not count (`name` has neither capitals nor underscores), as long as it is the
 * only one. */
vbo_json_found vbo_json_page_find(vbo_json_page *page, size_t record, const char *name, size_t size,
                                  bool squashed, vbo_json_span *value);

#endif
