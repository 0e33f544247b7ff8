/* statement.h: SQL statements of a journal's callers.
 *
 * The ones that a journal used last are kept prepared.  Anything else than reading and
 * changing rows (ATTACH, PRAGMA, BEGIN …) is refused. */
#ifndef VBO_STATEMENT_H
#define VBO_STATEMENT_H

#include "store/journal.h"

typedef struct vbo_statement {
  vbo_journal *journal; /* an owner of it, as long as the statement is open */
  struct sqlite3_stmt *handle;
  bool kept; /* handed back, not finalized */
} vbo_statement;

typedef enum vbo_value_kind { VBO_NULL, VBO_INTEGER, VBO_REAL, VBO_TEXT } vbo_value_kind;
typedef struct vbo_value {
  vbo_value_kind kind;
  int64_t integer;
  double real;
  const char *text; /* bound: copied; read: valid until the next step */
  size_t size;
} vbo_value;

/* Prepares `sql`, one statement; `writes`: it may write, otherwise it must not. */
bool vbo_statement_open(vbo_statement *statement, vbo_journal *journal, const char *sql,
                        size_t size, bool writes, vbo_error *err);
/* Returns how many parameters it has. */
int vbo_statement_parameters(const vbo_statement *statement);
/* Sets parameter `index`, from 1. */
bool vbo_statement_bind(vbo_statement *statement, int index, const vbo_value *value,
                        vbo_error *err);
/* Goes to the next row: 1; 0 at the end; -1 on failure. */
int vbo_statement_next(vbo_statement *statement, vbo_error *err);
/* Of the present row: columns from 0. */
int vbo_statement_columns(const vbo_statement *statement);
const char *vbo_statement_name(const vbo_statement *statement, int column);
void vbo_statement_value(const vbo_statement *statement, int column, vbo_value *value);
/* Returns the id of the row that was inserted last, and how many rows the last statement changed. */
void vbo_statement_result(const vbo_statement *statement, int64_t *row, int64_t *changes);
/* May run twice. */
void vbo_statement_close(vbo_statement *statement);

#endif
