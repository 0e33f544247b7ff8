/* statement.c: see statement.h. */
#include "store/statement.h"

#include <sqlite3.h>
#include <string.h>

/* ---------------------------------------------------------------- kept ones */

static bool is_text(sqlite3_stmt *statement, const char *sql, size_t size) {
  const char *text = sqlite3_sql(statement);
  return text != NULL && strncmp(text, sql, size) == 0 && text[size] == '\0';
}

/* Returns the kept statement of this text that is not in use, and takes it out. */
static sqlite3_stmt *take_kept(vbo_journal *journal, const char *sql, size_t size) {
  for (size_t i = 0; i < VBO_JOURNAL_STATEMENTS; i++) {
    vbo_kept *kept = &journal->kept[i];
    if (kept->statement == NULL || !is_text(kept->statement, sql, size)) continue;
    sqlite3_stmt *statement = kept->statement;
    kept->statement = NULL;
    return statement;
  }
  return NULL;
}

/* Keeps it in a free place, or that of the statement used longest ago. */
static void keep(vbo_journal *journal, sqlite3_stmt *statement) {
  vbo_kept *oldest = &journal->kept[0];
  for (size_t i = 0; i < VBO_JOURNAL_STATEMENTS && oldest->statement != NULL; i++) {
    vbo_kept *kept = &journal->kept[i];
    if (kept->statement == NULL || kept->used < oldest->used) oldest = kept;
  }
  sqlite3_finalize(oldest->statement);
  oldest->statement = statement;
  oldest->used = ++journal->uses;
}

/* -------------------------------------------------------------------- opening */

static bool refuse(sqlite3_stmt *statement, const char *why, vbo_error *err) {
  sqlite3_finalize(statement);
  return vbo_error_set(err, VBO_ERROR_USAGE, "SQL for the journal %s", why);
}

static sqlite3_stmt *prepare(vbo_journal *journal, const char *sql, size_t size, bool writes,
                             vbo_error *err) {
  sqlite3_stmt *statement = NULL;
  const char *rest = NULL;
  /* PERSISTENT: what is kept must not take up the lookaside memory of a connection. */
  int code =
      sqlite3_prepare_v3(journal->db, sql, (int)size, SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (code != SQLITE_OK) {
    (void)vbo_journal_failed(journal, code, "use", false, err);
    return NULL;
  }
  const char *why = statement == NULL                              ? "is empty"
                    : rest[strspn(rest, " \t\r\n;")] != '\0'       ? "is one statement"
                    : !writes && !sqlite3_stmt_readonly(statement) ? "must only read here"
                                                                   : NULL;
  if (why == NULL) return statement;
  (void)refuse(statement, why, err);
  return NULL;
}

bool vbo_statement_open(vbo_statement *statement, vbo_journal *journal, const char *sql,
                        size_t size, bool writes, vbo_error *err) {
  *statement = (vbo_statement){0};
  if (!vbo_journal_is_open(journal, err)) return false;
  if (strlen(sql) != size || size > 100000) return refuse(NULL, "is too long or holds a NUL", err);
  sqlite3_stmt *handle = take_kept(journal, sql, size);
  if (handle != NULL && !writes && !sqlite3_stmt_readonly(handle)) {
    keep(journal, handle);
    return refuse(NULL, "must only read here", err);
  }
  if (handle == NULL) handle = prepare(journal, sql, size, writes, err);
  if (handle == NULL) return false;
  *statement =
      (vbo_statement){.journal = vbo_journal_share(journal), .handle = handle, .kept = true};
  return true;
}

int vbo_statement_parameters(const vbo_statement *statement) {
  return sqlite3_bind_parameter_count(statement->handle);
}

static int bind(sqlite3_stmt *handle, int index, const vbo_value *value) {
  switch (value->kind) {
    case VBO_INTEGER:
      return sqlite3_bind_int64(handle, index, value->integer);
    case VBO_REAL:
      return sqlite3_bind_double(handle, index, value->real);
    case VBO_TEXT:
      return sqlite3_bind_text64(handle, index, value->text, value->size, SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    default:
      return sqlite3_bind_null(handle, index);
  }
}

bool vbo_statement_bind(vbo_statement *statement, int index, const vbo_value *value,
                        vbo_error *err) {
  int code = bind(statement->handle, index, value);
  return code == SQLITE_OK || vbo_journal_failed(statement->journal, code, "use", false, err);
}

/* ----------------------------------------------------------------------- rows */

int vbo_statement_next(vbo_statement *statement, vbo_error *err) {
  vbo_journal *journal = statement->journal;
  if (statement->handle == NULL || !vbo_journal_is_open(journal, err)) return -1;
  bool writes = !sqlite3_stmt_readonly(statement->handle);
  bool alone = sqlite3_get_autocommit(journal->db) != 0;
  if (writes && alone && !vbo_journal_in_place(journal, err)) return -1;
  int code = sqlite3_step(statement->handle);
  if (code == SQLITE_ROW) return 1;
  if (code == SQLITE_DONE) {
    if (writes && alone) journal->commits++;
    return 0;
  }
  (void)vbo_journal_failed(journal, code, writes ? "write" : "read", writes, err);
  return -1;
}

int vbo_statement_columns(const vbo_statement *statement) {
  return sqlite3_column_count(statement->handle);
}

const char *vbo_statement_name(const vbo_statement *statement, int column) {
  return sqlite3_column_name(statement->handle, column);
}

void vbo_statement_value(const vbo_statement *statement, int column, vbo_value *value) {
  sqlite3_stmt *handle = statement->handle;
  *value = (vbo_value){.kind = VBO_NULL};
  switch (sqlite3_column_type(handle, column)) {
    case SQLITE_INTEGER:
      value->kind = VBO_INTEGER;
      value->integer = sqlite3_column_int64(handle, column);
      break;
    case SQLITE_FLOAT:
      value->kind = VBO_REAL;
      value->real = sqlite3_column_double(handle, column);
      break;
    case SQLITE_NULL:
      break;
    default:
      value->text = sqlite3_column_blob(handle, column);
      value->size = (size_t)sqlite3_column_bytes(handle, column);
      value->kind = VBO_TEXT;
      if (value->text == NULL) value->text = "";
  }
}

void vbo_statement_result(const vbo_statement *statement, int64_t *row, int64_t *changes) {
  *row = sqlite3_last_insert_rowid(statement->journal->db);
  *changes = sqlite3_changes(statement->journal->db);
}

/* A statement that outlived its journal's close is finalized, which ends the connection
 * (sqlite3_close_v2). */
void vbo_statement_close(vbo_statement *statement) {
  vbo_journal *journal = statement->journal;
  sqlite3_stmt *handle = statement->handle;
  *statement = (vbo_statement){0};
  if (handle == NULL) return;
  if (journal->db != NULL && sqlite3_db_handle(handle) == journal->db) {
    sqlite3_reset(handle);
    sqlite3_clear_bindings(handle);
    keep(journal, handle);
  } else {
    sqlite3_finalize(handle);
  }
  vbo_journal_release(journal);
}
