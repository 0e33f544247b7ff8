/* place.h: where a journal may be, and whose it is.
 *
 * All checks look at names and never open the database file: closing any descriptor of it would end
 * the POSIX locks that SQLite holds on it in this process. */
#ifndef VBO_PLACE_H
#define VBO_PLACE_H

#include "base/error.h"

/* A file of this inode. */
typedef struct vbo_inode {
  uint64_t disk;
  uint64_t node; /* 0: none */
} vbo_inode;

typedef struct vbo_place {
  char *path;    /* absolute, its folder without symbolic links */
  char *name;    /* its last part, within `path` */
  int directory; /* its folder; -1: none */
  int runs;      /* the file PATH-runs, which has a lock for each live run; -1: none */
  vbo_inode wal; /* of PATH-wal */
  vbo_inode runs_inode;
} vbo_place;

/* Finds the folder, which is made (0700) when it is missing, and the file, which is made (0600),
 * and checks who may write them.  Read only: makes nothing; NOT_FOUND. */
bool vbo_place_find(vbo_place *place, const char *path, bool read_only, vbo_error *err);
/* Notes PATH-wal, once SQLite has made it, and gives the files beside the journal to its group. */
void vbo_place_settle(vbo_place *place);
/* Checks that PATH-wal and PATH-runs are still those that were seen; false when one is gone. */
bool vbo_place_keeps(vbo_place *place);
/* Returns whether PATH-wal holds commits that are not in the file. */
bool vbo_place_has_log(const vbo_place *place);
void vbo_place_leave(vbo_place *place);

#endif
