/* feed.c: moves bytes from the loop to a worker that writes them.
 *
 * The loop fills pieces and queues them; a worker writes them and returns them empty. Both share
 * the feed's lock; a field belongs to the loop, to the worker, or to the lock, as the struct says.
 * The lock is held for a few assignments only, never during a write, so that the loop does not wait
 * for the disk.
 *
 * The memory is bounded twice: each feed has at most MOST_PIECES, and all feeds of an engine have
 * MOST_BYTES. A feed without any piece may always take one, so that none starves. */
#include "save/feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "save/worker.h"

enum {
  PIECE = 64 * 1024,       /* larger ones cost no less time, and show in the process's size */
  FIRST_PIECE = 16 * 1024, /* while the length is unknown: most files are small */
  MOST_PIECES = 4,
  /* in pieces of all feeds of an engine, beyond the one that each may have */
  MOST_BYTES = 4 * 1024 * 1024,
  PIECES_A_TURN = 8,
  PIECES_A_WAKE = 2,
  /* A smaller file gets its blocks in one go anyway. */
  RESERVED = 1024 * 1024,
  SEALS = 64 /* at once */
};

/* A buffer in one of three places: `filling` (the loop's), the queue `full`, or the stack
 * `empty`. */
typedef struct piece {
  struct piece *next;
  size_t room;
  size_t used;
  char bytes[];
} piece;

struct vbo_feeds {
  vbo_workers *workers;
  vbo_list all;
  vbo_list sealing; /* files that wait for their seals */
  size_t bytes;     /* in pieces */
};

struct vbo_feed {
  vbo_feeds *feeds;
  vbo_node node;
  vbo_job job;
  vbo_sink *sink; /* the worker's; the loop may only give it up */
  const vbo_feed_events *events;
  void *owner;

  /* The loop's, of the seal. */
  vbo_seal_callback *seal; /* NULL: none; does not change once bytes come */
  void *seal_owner;
  int64_t seal_tag;
  char *seal_path;
  vbo_node sealing;
  bool seal_asked;
  bool seal_alone; /* one of several has failed: each by itself */

  /* The loop's. */
  piece *filling;
  unsigned pieces;
  int64_t expected;
  int64_t taken;
  uint64_t disk;
  bool begun; /* something was handed over since the last restart */

  pthread_mutex_t lock;
  piece *full;
  /* Points into the feed itself while the queue is empty, so that a feed cannot be moved. */
  piece **full_end;
  unsigned full_count;
  piece *empty;
  unsigned empty_count;
  bool waiting; /* the loop, for this many empty ones */
  unsigned wanted;
  bool ready; /* they are there */
  bool restart;
  int64_t reserve; /* bytes to set aside first */
  bool reserved;   /* they are, or are just being */
  bool commit;
  bool complete; /* all but its name, by the worker */
  bool sealed;   /* … which it may have now */
  bool given_up;
  bool discarded; /* the sink, by the worker */
  bool withdrawn; /* the job, which was at work */
  bool ended;
  bool failed;

  int64_t total; /* committed */
  char type[64]; /* … with this Content-Type */

  int64_t written; /* the worker's */
  /* Written by the worker before `ended` or `failed`. */
  vbo_error failure;
  char sha256[VBO_DIGEST_HEX];
};

/* ------------------------------------------------------------ on the worker */

/* Notes a failure, without the lock: the loop reads it only once `failed` is set under it. The
 * first failure stays, as work() skips writing after it. */
static void fail(vbo_feed *feed, const vbo_error *err) {
  feed->failure = *err;
  pthread_mutex_lock(&feed->lock);
  feed->failed = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_notify(&feed->job);
}

/* Returns an empty piece, and notifies the loop once it has as many as it waits for. */
static void give_back(vbo_feed *feed, piece *used) {
  pthread_mutex_lock(&feed->lock);
  used->used = 0;
  used->next = feed->empty;
  feed->empty = used;
  feed->empty_count++;
  bool notify = feed->waiting && feed->empty_count >= feed->wanted;
  if (notify) {
    feed->waiting = false;
    feed->ready = true;
  }
  pthread_mutex_unlock(&feed->lock);
  if (notify) vbo_job_notify(&feed->job);
}

/* A failed reservation is a failure of the file: a full disk is known before gigabytes have
 * come. */
static void reserve_room(vbo_feed *feed, int64_t size) {
  vbo_error err = {0};
  bool done = false;
  if (!vbo_sink_reserve(feed->sink, size, &done, &err)) fail(feed, &err);
  pthread_mutex_lock(&feed->lock);
  feed->reserved = done;
  pthread_mutex_unlock(&feed->lock);
}

/* Closing a file without a name frees all that was written of it. Runs on the worker, as freeing
 * the blocks of a large file can take long. */
static void discard(vbo_feed *feed) {
  vbo_sink_free(feed->sink);
  feed->sink = NULL;
  pthread_mutex_lock(&feed->lock);
  feed->discarded = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_notify(&feed->job);
}

static void name(vbo_feed *feed) {
  vbo_error err = {0};
  if (!vbo_sink_name(feed->sink, &err)) {
    fail(feed, &err);
    return;
  }
  pthread_mutex_lock(&feed->lock);
  feed->ended = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_notify(&feed->job);
}

/* Completes the file, and names it unless the loop has to seal it first. `total` was set under the
 * lock together with `commit`, and does not change after it. */
static void finish(vbo_feed *feed) {
  vbo_error err = {0};
  if (feed->written != feed->total) { /* whatever else went wrong, a file that is not whole gets
                                         no name */
    vbo_error_set(&err, VBO_ERROR_INTEGRITY, "the file must have %lld bytes, got %lld",
                  (long long)feed->total, (long long)feed->written);
    fail(feed, &err);
    return;
  }
  vbo_sink_type(feed->sink, feed->type); /* written before `commit` */
  if (!vbo_sink_complete(feed->sink, feed->sha256, &err)) {
    fail(feed, &err);
    return;
  }
  if (feed->seal == NULL) {
    name(feed);
    return;
  }
  pthread_mutex_lock(&feed->lock);
  feed->complete = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_notify(&feed->job);
}

typedef enum step {
  STEP_NONE,
  STEP_RESTART,
  STEP_RESERVE,
  STEP_WRITE,
  STEP_FINISH,
  STEP_NAME,
  STEP_DISCARD
} step;

/* Chooses the next step. The order counts: giving up cancels all else, a restart comes before
 * the bytes of the new attempt, room is reserved before they are written, and the file ends
 * last. */
static step next_step(vbo_feed *feed, piece **work, int64_t *reserve) {
  step found = STEP_NONE;
  pthread_mutex_lock(&feed->lock);
  if (feed->given_up) {
    found = feed->discarded ? STEP_NONE : STEP_DISCARD;
  } else if (feed->restart) {
    feed->restart = feed->reserved = false;
    found = STEP_RESTART;
  } else if (feed->reserve != 0) {
    *reserve = feed->reserve;
    feed->reserve = 0;
    feed->reserved = true;
    found = STEP_RESERVE;
  } else if (feed->full != NULL) {
    *work = feed->full;
    feed->full = feed->full->next;
    feed->full_count--;
    if (feed->full == NULL) feed->full_end = &feed->full;
    found = STEP_WRITE;
  } else if (feed->commit && !feed->ended && !feed->failed) {
    /* Between the two it waits for its seal. */
    if (!feed->complete) found = STEP_FINISH;
    if (feed->sealed) found = STEP_NAME;
  }
  pthread_mutex_unlock(&feed->lock);
  return found;
}

/* Does a few steps of one feed, then lets others have the thread. After a failure pieces are
 * still returned, so that the loop does not wait for them. */
static bool work(void *owner) {
  vbo_feed *feed = owner;
  for (int i = 0; i < PIECES_A_TURN; i++) {
    vbo_error err = {0};
    piece *with = NULL;
    int64_t reserve = 0;
    /* `failure` is read without the lock: only the worker writes it, and a job is on one worker at
     * a time. */
    bool broken = feed->failure.kind != VBO_OK;
    switch (next_step(feed, &with, &reserve)) {
      case STEP_NONE:
        return false;
      /* The bytes of the attempt before are in the file, so that it is emptied and counted anew. */
      case STEP_RESTART:
        feed->written = 0;
        if (!broken && !vbo_sink_reset(feed->sink, &err)) fail(feed, &err);
        break;
      case STEP_RESERVE:
        reserve_room(feed, reserve);
        break;
      case STEP_WRITE:
        if (!broken && !vbo_sink_write(feed->sink, with->bytes, with->used, &err)) fail(feed, &err);
        feed->written += (int64_t)with->used;
        give_back(feed, with);
        break;
      case STEP_FINISH:
        finish(feed);
        return false;
      case STEP_NAME:
        name(feed);
        return false;
      case STEP_DISCARD:
        discard(feed);
        return false;
    }
  }
  return true;
}

/* -------------------------------------------------------------- on the loop */

/* On the loop's thread only: `pieces` and `bytes` are the loop's and have no lock. */
static void free_pieces(vbo_feed *feed, piece *first) {
  while (first != NULL) {
    piece *next = first->next;
    feed->feeds->bytes -= first->room;
    feed->pieces--;
    free(first);
    first = next;
  }
}

/* Requires that the worker has let go of the job. The sink, if it was not committed, removes its
 * partial file. */
static void destroy(vbo_feed *feed) {
  vbo_node_unlink(&feed->node);
  vbo_node_unlink(&feed->sealing);
  vbo_sink_free(feed->sink);
  free(feed->seal_path);
  free_pieces(feed, feed->filling);
  free_pieces(feed, feed->full);
  free_pieces(feed, feed->empty);
  pthread_mutex_destroy(&feed->lock);
  free(feed);
}

/* Frees the feed once the worker has let go of the job in it; until then the worker notifies once
 * more. The job lies within the feed's memory, so that the worker may touch that until its turn
 * ends. */
static void destroy_idle(vbo_feed *feed) {
  if (vbo_job_withdraw(&feed->job)) {
    destroy(feed);
    return;
  }
  pthread_mutex_lock(&feed->lock);
  feed->withdrawn = true;
  pthread_mutex_unlock(&feed->lock);
}

/* Takes a notification of the worker: copies the state under the lock, then acts without it,
 * since `ended` may free the feed. */
static void on_notified(void *owner) {
  vbo_feed *feed = owner;
  pthread_mutex_lock(&feed->lock);
  bool given_up = feed->given_up;
  bool over = feed->discarded || feed->withdrawn;
  bool failed = feed->failed;
  bool ended = feed->ended;
  bool complete = feed->complete;
  bool ready = feed->ready;
  feed->ready = false;
  pthread_mutex_unlock(&feed->lock);
  /* The order counts: a feed that was abandoned has no owner to notify, and a failure is more than
   * readiness. */
  if (given_up) {
    if (over) destroy_idle(feed);
  } else if (failed) {
    feed->events->ended(feed->owner, &feed->failure);
  } else if (ended) {
    feed->events->ended(feed->owner, NULL);
  } else if (complete) {
    /* Sealed after all notifications, with the others that are complete by then. */
    if (!feed->seal_asked) vbo_list_append(&feed->feeds->sealing, &feed->sealing, feed);
    feed->seal_asked = true;
  } else if (ready) {
    feed->events->ready(feed->owner);
  }
}

/* Has the worker name the file, or ends the feed, which may be freed then. `failure` of the feed is
 * the worker's, which may still be in the turn that completed the file. */
static void settle_seal(vbo_feed *feed, const vbo_error *failure) {
  if (failure != NULL) {
    feed->events->ended(feed->owner, failure);
    return;
  }
  pthread_mutex_lock(&feed->lock);
  feed->sealed = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_post(&feed->job);
}

/* Takes the first file that waits, and those that the same callback can seal with it. */
static size_t take_together(vbo_feeds *feeds, vbo_feed *out[SEALS]) {
  size_t count = 0;
  vbo_node *next = feeds->sealing.head.next;
  while (next != &feeds->sealing.head && count < SEALS) {
    vbo_feed *feed = next->owner;
    next = next->next;
    bool fits = count == 0 || (feed->seal == out[0]->seal &&
                               feed->seal_owner == out[0]->seal_owner && !feed->seal_alone);
    if (!fits) continue;
    vbo_node_unlink(&feed->sealing);
    out[count++] = feed;
    if (feed->seal_alone) break;
  }
  return count;
}

/* Seals some files with one call: one commit of a journal costs as much as fifty. */
static void seal_some(vbo_feeds *feeds) {
  vbo_feed *some[SEALS];
  vbo_sealed files[SEALS];
  vbo_error err = {0};
  size_t count = take_together(feeds, some);
  if (count == 0) return;
  for (size_t i = 0; i < count; i++)
    files[i] = (vbo_sealed){.tag = some[i]->seal_tag,
                            .path = some[i]->seal_path,
                            .sha256 = some[i]->sha256,
                            .file = *vbo_sink_identity(some[i]->sink)};
  bool good = some[0]->seal(some[0]->seal_owner, files, count, &err);
  if (!good && err.kind == VBO_OK)
    vbo_error_set(&err, VBO_ERROR_JOURNAL, "the file could not be recorded");
  if (!good && count > 1) {
    /* One of them may be at fault. */
    for (size_t i = 0; i < count; i++) {
      some[i]->seal_alone = true;
      vbo_list_append(&feeds->sealing, &some[i]->sealing, some[i]);
    }
    return;
  }
  for (size_t i = 0; i < count; i++)
    settle_seal(some[i], good ? NULL : &err);
}

vbo_feeds *vbo_feeds_new(void (*wake)(void *), void *data, vbo_error *err) {
  vbo_feeds *feeds = calloc(1, sizeof *feeds);
  if (feeds == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  vbo_list_init(&feeds->all);
  vbo_list_init(&feeds->sealing);
  feeds->workers = vbo_workers_new(wake, data, err);
  if (feeds->workers != NULL) return feeds;
  free(feeds);
  return NULL;
}

void vbo_feeds_free(vbo_feeds *feeds) {
  if (feeds == NULL) return;
  vbo_workers_free(feeds->workers); /* which notifies the last of those given up */
  free(feeds);
}

void vbo_feeds_drive(vbo_feeds *feeds) {
  if (feeds == NULL) return;
  vbo_workers_drive(feeds->workers);
  while (vbo_list_first(&feeds->sealing) != NULL)
    seal_some(feeds);
}

vbo_workers *vbo_feeds_workers(vbo_feeds *feeds) {
  return feeds->workers;
}

vbo_feed *vbo_feed_new(vbo_feeds *feeds, vbo_sink *sink, const vbo_feed_events *events, void *owner,
                       vbo_error *err) {
  vbo_feed *feed = calloc(1, sizeof *feed);
  if (feed == NULL) {
    vbo_sink_free(sink);
    vbo_error_memory(err);
    return NULL;
  }
  feed->feeds = feeds;
  feed->sink = sink;
  feed->events = events;
  feed->owner = owner;
  feed->expected = -1;
  feed->full_end = &feed->full;
  feed->job =
      (vbo_job){.work = work, .notified = on_notified, .owner = feed, .workers = feeds->workers};
  pthread_mutex_init(&feed->lock, NULL);
  vbo_list_append(&feeds->all, &feed->node, feed);
  return feed;
}

bool vbo_feed_seal(vbo_feed *feed, vbo_seal_callback *seal, void *owner, int64_t tag,
                   const char *path, vbo_error *err) {
  feed->seal_path = vbo_path_absolute(path);
  if (feed->seal_path == NULL)
    return vbo_error_set(err, VBO_ERROR_DISK, "cannot tell the working directory");
  feed->seal = seal;
  feed->seal_owner = owner;
  feed->seal_tag = tag;
  return true;
}

/* Returns the bytes still to be written that the disk's free space does not lack yet. Reserved
 * bytes are already missing from the free space: counting them here, too, would refuse files that
 * fit. */
static int64_t claim_of(vbo_feed *feed, uint64_t disk) {
  if (feed->disk != disk || feed->expected <= feed->taken) return 0;
  pthread_mutex_lock(&feed->lock);
  bool reserved = feed->reserved;
  pthread_mutex_unlock(&feed->lock);
  return reserved ? 0 : feed->expected - feed->taken;
}

/* Returns how much of the disk's free space the engine's other files still need: each alone
 * would fit. */
static int64_t claimed_by_others(const vbo_feed *feed) {
  int64_t sum = 0;
  const vbo_list *all = &feed->feeds->all;
  for (const vbo_node *node = all->head.next; node != &all->head; node = node->next) {
    if (node->owner != feed) sum += claim_of(node->owner, feed->disk);
  }
  return sum;
}

bool vbo_feed_expect(vbo_feed *feed, int64_t size, vbo_error *err) {
  int64_t space = 0;
  feed->expected = -1;
  /* Where the free space is unknown (some network file systems), the write itself will fail. */
  if (size >= RESERVED && vbo_sink_space(feed->sink, &space, &feed->disk)) {
    space -= claimed_by_others(feed);
    if (size > space) return vbo_sink_refuse(feed->sink, size, space, err);
    pthread_mutex_lock(&feed->lock);
    feed->reserve = size;
    pthread_mutex_unlock(&feed->lock);
  }
  feed->expected = size;
  return true;
}

/* Returns NULL where a limit or the memory forbids it; the feed then counts as full. */
static piece *new_piece(vbo_feed *feed, size_t room) {
  if (feed->pieces > 0 && (feed->pieces >= MOST_PIECES || feed->feeds->bytes + room > MOST_BYTES))
    return NULL;
  piece *made = malloc(sizeof *made + room);
  if (made == NULL) return NULL; /* as if full, unless it is the first */
  *made = (piece){.room = room};
  feed->pieces++;
  feed->feeds->bytes += room;
  return made;
}

/* Returns the room for what libcurl offers at once (CURL_MAX_WRITE_SIZE, 16 KiB). */
static size_t room_wanted(const vbo_feed *feed, size_t size) {
  size_t room = PIECE;
  bool first = !feed->begun && feed->filling == NULL;
  if (first && feed->expected < 0) room = FIRST_PIECE;
  if (first && feed->expected >= 0 && feed->expected < PIECE) room = (size_t)feed->expected;
  return room < size ? size : room;
}

/* Returns an empty piece, a new one where that is allowed, or NULL: the feed is full. A piece that
 * is too small (the first) is replaced. The empty pieces are a stack: the one that was returned
 * last is most likely still in a cache. */
static piece *take_empty(vbo_feed *feed, size_t size) {
  size_t room = room_wanted(feed, size);
  pthread_mutex_lock(&feed->lock);
  piece *found = feed->empty;
  if (found != NULL) {
    feed->empty = found->next;
    feed->empty_count--;
    found->next = NULL;
  }
  pthread_mutex_unlock(&feed->lock);
  if (found != NULL && found->room < room) {
    free_pieces(feed, found);
    found = NULL;
  }
  return found != NULL ? found : new_piece(feed, room);
}

/* Hands over the piece under way. `commit` goes with the last piece: a worker that saw it before
 * would end the file without it. A waiting loop posts the job even for a single piece: otherwise
 * none would come back. */
static void hand_over(vbo_feed *feed, bool wait, bool commit) {
  piece *full = feed->filling;
  feed->filling = NULL;
  feed->begun = true;
  pthread_mutex_lock(&feed->lock);
  if (full != NULL) {
    *feed->full_end = full;
    feed->full_end = &full->next;
    feed->full_count++;
  }
  /* waking a worker costs as much as writing half a piece */
  feed->commit = feed->commit || commit;
  feed->total = feed->taken;
  bool post = wait || feed->commit || feed->full_count >= PIECES_A_WAKE;
  /* half of them at once, so that the loop is not woken for each */
  feed->wanted = (feed->pieces + 1) / 2;
  feed->ready = wait && feed->empty_count >= feed->wanted; /* by now */
  feed->waiting = wait && !feed->ready;
  bool notify = feed->ready;
  pthread_mutex_unlock(&feed->lock);
  if (post) vbo_job_post(&feed->job);
  if (notify) vbo_job_notify(&feed->job);
}

static size_t put(piece *to, const char *bytes, size_t size) {
  size_t fits = to->room - to->used;
  if (fits > size) fits = size;
  memcpy(to->bytes + to->used, bytes, fits);
  to->used += fits;
  return fits;
}

/* Takes all of `bytes` or none: libcurl offers the same bytes again after a pause
 * (CURL_WRITEFUNC_PAUSE), and a part that was taken would then be written twice. So the second
 * piece is secured before the first is filled. */
bool vbo_feed_take(vbo_feed *feed, const void *bytes, size_t size, vbo_feeding *feeding,
                   vbo_error *err) {
  *feeding = VBO_FED;
  piece *next = NULL;
  size_t room = feed->filling != NULL ? feed->filling->room - feed->filling->used : 0;
  if (room < size && (next = take_empty(feed, size)) == NULL) {
    if (feed->pieces == 0) return vbo_error_memory(err);
    /* The worker has all its pieces now, so that some are sure to come back. */
    hand_over(feed, true, false);
    *feeding = VBO_FEED_FULL;
    return true;
  }
  const char *from = bytes;
  feed->taken += (int64_t)size;
  if (feed->filling != NULL) {
    size_t done = put(feed->filling, from, size);
    from += done;
    size -= done;
    if (feed->filling->used == feed->filling->room) hand_over(feed, false, false);
  }
  if (next != NULL) {
    (void)put(next, from, size);
    feed->filling = next;
  }
  return true;
}

/* Queued pieces go back unwritten. The one that a worker is writing now stays its own; the restart
 * that follows in next_step() empties the file after it. */
void vbo_feed_restart(vbo_feed *feed) {
  feed->expected = -1;
  feed->taken = 0;
  pthread_mutex_lock(&feed->lock);
  feed->reserve = 0;
  pthread_mutex_unlock(&feed->lock);
  if (feed->filling != NULL) feed->filling->used = 0;
  /* Nothing was handed over, so that the file is still empty and the worker needs no turn. */
  if (!feed->begun) return;
  feed->begun = false;
  pthread_mutex_lock(&feed->lock);
  while (feed->full != NULL) {
    piece *full = feed->full;
    feed->full = full->next;
    full->used = 0;
    full->next = feed->empty;
    feed->empty = full;
    feed->empty_count++;
  }
  feed->full_end = &feed->full;
  feed->full_count = 0;
  feed->waiting = feed->ready = false;
  feed->restart = true;
  pthread_mutex_unlock(&feed->lock);
  vbo_job_post(&feed->job);
}

void vbo_feed_commit(vbo_feed *feed, const char *type) {
  pthread_mutex_lock(&feed->lock);
  (void)snprintf(feed->type, sizeof feed->type, "%s", type != NULL ? type : "");
  pthread_mutex_unlock(&feed->lock);
  hand_over(feed, false, true);
}

/* Before the commit it is never too late. After it, whichever thread changes the sink's stage first
 * decides: this one, which abandons the file, or the worker, which names it. In the latter case the
 * name is awaited, which takes one rename. */
bool vbo_feed_too_late(vbo_feed *feed) {
  pthread_mutex_lock(&feed->lock);
  bool commit = feed->commit;
  pthread_mutex_unlock(&feed->lock);
  if (!commit || vbo_sink_give_up(feed->sink)) return false;
  vbo_job_wait(&feed->job);
  pthread_mutex_lock(&feed->lock);
  bool ended = feed->ended;
  pthread_mutex_unlock(&feed->lock);
  return ended;
}

const char *vbo_feed_sha256(const vbo_feed *feed) {
  return feed->sha256;
}

const vbo_sink *vbo_feed_sink(const vbo_feed *feed) {
  return feed->sink;
}

void vbo_feed_free(vbo_feed *feed) {
  if (feed == NULL) return;
  /* In a fork the feed's memory is left: its lock may be held for ever by a thread that does not
   * exist here. */
  if (vbo_workers_forked(feed->feeds->workers)) {
    vbo_node_unlink(&feed->node);
    vbo_sink_free(feed->sink); /* closes our twins of its files, and removes none */
    return;
  }
  feed->expected = -1; /* it claims no room any more */
  vbo_node_unlink(&feed->sealing);
  pthread_mutex_lock(&feed->lock);
  /* A feed whose first bytes were never handed over has no work under way: the loop frees it at
   * once. */
  bool open = feed->begun && !feed->ended;
  pthread_mutex_unlock(&feed->lock);
  /* The partial file is gone from here on.  Only then may the worker close the sink. */
  if (open) (void)vbo_sink_give_up(feed->sink);
  pthread_mutex_lock(&feed->lock);
  feed->given_up = true;
  pthread_mutex_unlock(&feed->lock);
  if (open) {
    vbo_job_post(&feed->job);
  } else {
    destroy_idle(feed);
  }
}
