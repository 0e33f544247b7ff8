/* journal.h: a journal of runs in one SQLite file (vbo.h has what other programs see of it).
 *
 * The file is in WAL mode with `synchronous=FULL`: a commit that returned survives a power cut.  A
 * journal belongs to one thread; it is counted by its owners, since permits outlive a close.
 *
 * The latch stops every later change: `latched` is set once and never cleared.  A write that fails
 * for good (a full disk, a file that was replaced) sets it, too. */
#ifndef VBO_JOURNAL_H
#define VBO_JOURNAL_H

#include "base/error.h"
#include "store/place.h"

struct sqlite3;
struct sqlite3_stmt;

enum {
  VBO_JOURNAL_FORMAT = 1,
  VBO_JOURNAL_STATEMENTS = 48,
  VBO_JOURNAL_ID = 37,
  VBO_RUN_NAME = 32
};

/* Steps that have had a permit, by their ids: a hash table with open addressing. */
typedef struct vbo_issued {
  int64_t step; /* 0: free */
  int64_t attempt;
} vbo_issued;

typedef struct vbo_kept {
  struct sqlite3_stmt *statement;
  uint64_t used;
} vbo_kept;

struct vbo_journal {
  int owners;
  struct sqlite3 *db; /* NULL: not open */
  int64_t process;    /* that opened it: a fork must not use it (sqlite.org/howtocorrupt) */
  vbo_place place;    /* `path` is NULL in memory */
  bool read_only;
  bool own; /* a statement of the store itself is prepared: no authorizer */
  int64_t commits;
  bool latched;
  vbo_error latch;
  int64_t run; /* of a C program (steps.c); 0: none */
  char run_name[VBO_RUN_NAME];
  char id[VBO_JOURNAL_ID];
  unsigned char key[32];
  vbo_kept kept[VBO_JOURNAL_STATEMENTS];
  uint64_t uses;
  vbo_issued *issued;
  size_t issued_room; /* a power of 2 */
  size_t issued_count;
  int64_t *locked; /* runs whose lock this journal holds */
  size_t locked_count;
};

/* Creates a journal that is not open yet. */
vbo_journal *vbo_journal_new(vbo_error *err);
/* Adds an owner, who gives it up with vbo_journal_release; the last one closes the file. */
vbo_journal *vbo_journal_share(vbo_journal *journal);
void vbo_journal_release(vbo_journal *journal);
/* Closes the file, and gives up its locks.  The latch stays. */
void vbo_journal_stop(vbo_journal *journal);
bool vbo_journal_is_open(const vbo_journal *journal, vbo_error *err);

/* Begins a transaction and holds the journal against other writers, which it waits for up to 10 s
 * (JOURNAL, `retryable`). */
bool vbo_journal_begin(vbo_journal *journal, vbo_error *err);
bool vbo_journal_commit(vbo_journal *journal, vbo_error *err);
bool vbo_journal_rollback(vbo_journal *journal, vbo_error *err);
/* Returns whether a transaction is open. */
bool vbo_journal_busy(const vbo_journal *journal);
/* Checks that the file is still the one that was opened; otherwise latches. */
bool vbo_journal_in_place(vbo_journal *journal, vbo_error *err);

/* Sets the latch, unless it is set. */
void vbo_journal_latch(vbo_journal *journal, const vbo_error *why);
/* Returns whether changes may go out; otherwise `err` is what latched. */
bool vbo_journal_unlatched(const vbo_journal *journal, vbo_error *err);

/* Computes the HMAC-SHA-256 under the journal's key, in lower case hex. */
bool vbo_journal_hmac(const vbo_journal *journal, const void *bytes, size_t size, char hex[65],
                      vbo_error *err);

/* Returns whether this journal holds the lock of the run. */
bool vbo_journal_holds(const vbo_journal *journal, int64_t run);

/* Fills in `err` from the error that SQLite has for `doing` ("write"); returns false.  `latches`:
 * sets the latch for errors that stay. */
bool vbo_journal_failed(vbo_journal *journal, int code, const char *doing, bool latches,
                        vbo_error *err);
/* Runs one statement of the store itself, which gives no rows. */
bool vbo_journal_run(vbo_journal *journal, const char *sql, vbo_error *err);
/* Returns the first column of the first row of such a statement as an integer. */
bool vbo_journal_integer(vbo_journal *journal, const char *sql, int64_t *value, vbo_error *err);

#endif
