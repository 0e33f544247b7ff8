/* seal.c: notes saved files in the journal before they get their names (vbo.h).
 *
 * A run that dies between the two leaves a sealed step without a file, which a resume saves again;
 * one that dies after the rename leaves a step whose file can be recognized. */
#include "store/journal.h"

#include <string.h>

#include "store/statement.h"

static const char update[] =
    "UPDATE step SET state = 'sealed', path = ?, size = ?, sha256 = ?, inode = ?, device = ?,"
    " modified = ? WHERE id = ? AND kind = 'save' AND state IN ('intent', 'sealed')";

static vbo_value text(const char *value) {
  if (*value == '\0') return (vbo_value){.kind = VBO_NULL};
  return (vbo_value){.kind = VBO_TEXT, .text = value, .size = strlen(value)};
}

/* SQLite's integers have a sign: of an inode or a device all 64 bits are kept. */
static vbo_value integer(int64_t value) {
  return (vbo_value){.kind = VBO_INTEGER, .integer = value};
}

static bool write(vbo_journal *journal, const vbo_sealed *sealed, vbo_error *err) {
  const vbo_identity *file = &sealed->file;
  const vbo_value values[] = {text(sealed->path),
                              integer(file->size),
                              text(sealed->sha256),
                              integer((int64_t)file->inode),
                              integer((int64_t)file->device),
                              integer(file->modified),
                              integer(sealed->tag)};
  vbo_statement statement;
  int64_t row = 0;
  int64_t changes = 0;
  if (!vbo_statement_open(&statement, journal, update, sizeof update - 1, true, err)) return false;
  bool good = true;
  for (int i = 0; good && i < (int)(sizeof values / sizeof *values); i++)
    good = vbo_statement_bind(&statement, i + 1, &values[i], err);
  good = good && vbo_statement_next(&statement, err) == 0;
  if (good) vbo_statement_result(&statement, &row, &changes);
  vbo_statement_close(&statement);
  return good &&
         (changes == 1 || vbo_error_set(err, VBO_ERROR_JOURNAL, "step %lld is not a save under way",
                                        (long long)sealed->tag));
}

bool vbo_journal_seal(void *owner, const vbo_sealed *files, size_t count, vbo_error *err) {
  vbo_journal *journal = owner;
  if (!vbo_journal_is_open(journal, err) || !vbo_journal_in_place(journal, err)) return false;
  /* Within a transaction of its caller it would not be committed before the rename. */
  if (vbo_journal_busy(journal))
    return vbo_error_set(err, VBO_ERROR_JOURNAL, "a transaction of the journal is open");
  if (!vbo_journal_begin(journal, err)) return false;
  bool good = true;
  for (size_t i = 0; good && i < count; i++)
    good = write(journal, &files[i], err);
  if (good && vbo_journal_commit(journal, err)) return true;
  (void)vbo_journal_rollback(journal, NULL);
  return false;
}
