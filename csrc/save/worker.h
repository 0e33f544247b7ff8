/* worker.h: what would block the loop, done beside it: hashing, checking and
 * writing files.
 *
 * An engine has one set of workers.  It holds no thread until the first job is
 * posted, and then as many as have something to do at once, up to a few; they
 * stay until the set is freed.  They block every signal and call nothing of the
 * loop's: what they found out is told on the loop's own thread. */
#ifndef VBO_WORKER_H
#define VBO_WORKER_H

#include "base/error.h"
#include "base/list.h"

typedef struct vbo_workers vbo_workers;

typedef enum vbo_job_state {
  VBO_JOB_IDLE,
  VBO_JOB_QUEUED,
  VBO_JOB_AT_WORK,
  VBO_JOB_AT_WORK_AGAIN /* posted meanwhile */
} vbo_job_state;

/* Sits in its owner.  One job is never at work on two threads, and what one
 * turn of it wrote the next one sees. */
typedef struct vbo_job {
  /* On a worker.  True: there is more to do, after others had their turn. */
  bool (*work)(void *owner);
  /* On the loop's thread, once after any number of vbo_job_tell; it may free the job. */
  void (*told)(void *owner);
  void *owner;
  vbo_workers *workers;
  vbo_job_state state;
  bool withdrawn;
  vbo_node queued;
  vbo_node news;
} vbo_job;

/* `wake`: makes the loop run vbo_workers_drive soon; called on any thread. */
vbo_workers *vbo_workers_new(void (*wake)(void *), void *data, vbo_error *err);
/* Lets the jobs at work end, ends the threads, and tells what is left to tell.
 * No job may be posted any more. */
void vbo_workers_free(vbo_workers *workers);
/* Tells what there is to tell.  Of the loop's thread, as all that follows but
 * vbo_job_tell. */
void vbo_workers_drive(vbo_workers *workers);

/* This process was forked off the one whose workers they are: they are not here,
 * and whatever they had locked stays so. */
bool vbo_workers_forked(const vbo_workers *workers);

/* Has it worked soon.  Where the system gives no thread it works here and now. */
void vbo_job_post(vbo_job *job);
/* From `work`, or from the loop's thread. */
void vbo_job_tell(vbo_job *job);
/* Nothing of it happens any more: true, and it may be freed.  False when it is
 * at work just now: its turn ends, and then `told` is called a last time. */
bool vbo_job_withdraw(vbo_job *job);
/* Returns when it is not at work. */
void vbo_job_wait(vbo_job *job);

#endif
