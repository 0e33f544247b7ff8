/* worker.h: threads for what would block the loop: hashing, checking and writing files.
 *
 * An engine has one set of workers. It holds no thread until the first job is posted, and then as
 * many as have work at once, up to a few; they stay until the set is freed. They block every
 * signal and call nothing of the loop's: their results are reported on the loop's own thread. */
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

/* A job, embedded in its owner. It never works on two threads at once, and each turn sees what the
 * one before wrote. */
typedef struct vbo_job {
  /* Works on a worker. Returns true for more work, after others had their turn. */
  bool (*work)(void *owner);
  /* Notifies on the loop's thread, once after any number of vbo_job_notify; it may free the job. */
  void (*notified)(void *owner);
  void *owner;
  vbo_workers *workers;
  vbo_job_state state;
  bool withdrawn;
  vbo_node queued;
  vbo_node news;
} vbo_job;

/* Creates them. `wake`, called on any thread, makes the loop run vbo_workers_drive soon. */
vbo_workers *vbo_workers_new(void (*wake)(void *), void *data, vbo_error *err);
/* Lets the jobs at work end, ends the threads, and delivers the notifications that are left. No
 * job may be posted after that. */
void vbo_workers_free(vbo_workers *workers);
/* Delivers the notifications. On the loop's thread, like all that follows but vbo_job_notify. */
void vbo_workers_drive(vbo_workers *workers);

/* Returns whether this process was forked off the one that made them: their threads are missing,
 * and what they had locked stays locked. */
bool vbo_workers_forked(const vbo_workers *workers);

/* Queues it. Where the system gives no thread it works here and now. */
void vbo_job_post(vbo_job *job);
/* Asks for a notification, from `work` or from the loop's thread. */
void vbo_job_notify(vbo_job *job);
/* Withdraws it. True: nothing of it happens after that, and it may be freed. False when it is at
 * work: its turn ends, and then `notified` is called a last time. */
bool vbo_job_withdraw(vbo_job *job);
/* Waits until it is not at work. */
void vbo_job_wait(vbo_job *job);

#endif
