/* worker.c: a few threads, one queue, and notifications for the loop.
 *
 * The lock protects the queue, the news and the state of every job; it is never held during a job's
 * work nor a notification. Jobs are embedded in their owners, so that nothing is allocated to post
 * one, and posting cannot fail. */
#include "save/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/system.h"

/* One hashes a single fast transfer; more only wait for a disk side by side. */
enum { MOST_THREADS = 4 };

struct vbo_workers {
  void (*wake)(void *);
  void *wake_data;
  atomic_bool anything_new; /* spares the loop the lock */
  int64_t process;          /* the process whose threads they are: a fork has none of them */
  vbo_node registered;      /* in `living` */

  pthread_mutex_t lock;
  pthread_cond_t more; /* jobs, or the end */
  pthread_cond_t left; /* a job's turn has ended */
  vbo_list queue;
  size_t queue_size;
  vbo_list news;
  bool ending;
  unsigned idle;
  unsigned count;
  pthread_t threads[MOST_THREADS];
};

/* ------------------------------------------------------------ the way it ends
 *
 * A program that calls exit() with transfers under way goes on to take down the
 * libraries that the threads are using.  They are stopped first. */

static pthread_mutex_t living_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t living_once = PTHREAD_ONCE_INIT;
static vbo_list living;

static void stop(vbo_workers *workers);

/* Stops the threads of every set at exit(). The lock is held throughout, so that a set that is
 * being freed on another thread waits until its threads have ended. */
static void stop_all(void) {
  vbo_workers *workers = NULL;
  pthread_mutex_lock(&living_lock);
  while ((workers = vbo_list_take(&living)) != NULL)
    stop(workers);
  pthread_mutex_unlock(&living_lock);
}

/* A fork during another thread's change would give the child a lock that is never unlocked. */
static void before_fork(void) {
  pthread_mutex_lock(&living_lock);
}

static void after_fork(void) {
  pthread_mutex_unlock(&living_lock);
}

/* The three fork handlers (pthread_atfork) leave the lock open on both sides. `living` is the same
 * list in the child; vbo_workers_forked keeps it from joining threads that it lacks. */
static void begin_living(void) {
  vbo_list_init(&living);
  (void)pthread_atfork(before_fork, after_fork, after_fork);
  (void)atexit(stop_all);
}

static void register_workers(vbo_workers *workers) {
  pthread_once(&living_once, begin_living);
  pthread_mutex_lock(&living_lock);
  vbo_list_append(&living, &workers->registered, workers);
  pthread_mutex_unlock(&living_lock);
}

static void unregister_workers(vbo_workers *workers) {
  pthread_mutex_lock(&living_lock);
  vbo_node_unlink(&workers->registered);
  pthread_mutex_unlock(&living_lock);
}

/* --------------------------------------------------------------- the threads */

/* Called with the lock held. At the end of the queue: a job with more work comes after those that
 * wait. */
static void queue_job(vbo_job *job) {
  job->state = VBO_JOB_QUEUED;
  vbo_list_append(&job->workers->queue, &job->queued, job);
  job->workers->queue_size++;
}

/* Returns whether the loop has to be woken, once the lock is released. A job is in the news at most
 * once, however often it notifies. The exchange makes the first notification since the last drive
 * wake the loop, and only that one. */
static bool add_news(vbo_job *job) {
  vbo_workers *workers = job->workers;
  if (vbo_node_linked(&job->news)) return false;
  vbo_list_append(&workers->news, &job->news, job);
  return !atomic_exchange(&workers->anything_new, true);
}

/* Called with the lock held; releases it while the job works. A job that was withdrawn during its
 * turn is not queued again, but notifies a last time: its owner waits for that to free it. */
static void turn(vbo_workers *workers, vbo_job *job) {
  job->state = VBO_JOB_AT_WORK;
  pthread_mutex_unlock(&workers->lock);
  bool more = job->work(job->owner);
  pthread_mutex_lock(&workers->lock);
  bool again = job->state == VBO_JOB_AT_WORK_AGAIN;
  job->state = VBO_JOB_IDLE;
  bool wake = false;
  if (job->withdrawn)
    wake = add_news(job);
  else if (more || again)
    queue_job(job);
  pthread_cond_broadcast(&workers->left);
  if (wake) workers->wake(workers->wake_data);
}

static vbo_job *next_job(vbo_workers *workers) {
  vbo_job *job = vbo_list_take(&workers->queue);
  if (job != NULL) workers->queue_size--;
  return job;
}

/* Works off the queue until the end. Sleeping threads stay: starting one costs more than keeping
 * it. Checks `ending` after each turn: jobs that are still queued then are run by
 * vbo_workers_free. */
static void *run_thread(void *data) {
  vbo_workers *workers = data;
  pthread_mutex_lock(&workers->lock);
  while (!workers->ending) {
    vbo_job *job = next_job(workers);
    if (job != NULL) {
      turn(workers, job);
      continue;
    }
    workers->idle++;
    pthread_cond_wait(&workers->more, &workers->lock);
    workers->idle--;
  }
  pthread_mutex_unlock(&workers->lock);
  return NULL;
}

/* Signals are the program's: its handlers may expect its own threads. Called with the lock held. A
 * new thread inherits the mask of its creator (POSIX pthread_create), so that it never runs
 * unmasked for a moment, as it would if it blocked the signals itself. */
static bool start_thread(vbo_workers *workers) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(&workers->threads[workers->count], NULL, run_thread, workers) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started) workers->count++;
  return started;
}

bool vbo_workers_forked(const vbo_workers *workers) {
  return workers->process != vbo_process_id();
}

/* Ends the threads after their present turns. Joins outside the lock, which the threads need to
 * end. */
static void stop(vbo_workers *workers) {
  if (vbo_workers_forked(workers)) return;
  pthread_mutex_lock(&workers->lock);
  workers->ending = true;
  pthread_cond_broadcast(&workers->more);
  pthread_mutex_unlock(&workers->lock);
  for (unsigned i = 0; i < workers->count; i++)
    pthread_join(workers->threads[i], NULL);
  workers->count = 0;
}

/* ------------------------------------------------------------- the loop's side */

vbo_workers *vbo_workers_new(void (*wake)(void *), void *data, vbo_error *err) {
  vbo_workers *workers = calloc(1, sizeof *workers);
  if (workers == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  workers->wake = wake;
  workers->wake_data = data;
  workers->process = vbo_process_id();
  atomic_init(&workers->anything_new, false);
  vbo_list_init(&workers->queue);
  vbo_list_init(&workers->news);
  pthread_mutex_init(&workers->lock, NULL);
  pthread_cond_init(&workers->more, NULL);
  pthread_cond_init(&workers->left, NULL);
  register_workers(workers);
  return workers;
}

void vbo_workers_free(vbo_workers *workers) {
  if (workers == NULL) return;
  /* In a fork the threads are missing, and one of them may have held a lock. */
  if (vbo_workers_forked(workers)) return;
  unregister_workers(workers);
  stop(workers);
  pthread_mutex_lock(&workers->lock);
  /* The queued jobs run here: an abandoned feed is freed only after its job has closed the sink. */
  for (vbo_job *job = NULL; (job = next_job(workers)) != NULL;)
    turn(workers, job);
  pthread_mutex_unlock(&workers->lock);
  /* The last notifications free the feeds that wait for them. */
  vbo_workers_drive(workers);
  pthread_cond_destroy(&workers->more);
  pthread_cond_destroy(&workers->left);
  pthread_mutex_destroy(&workers->lock);
  free(workers);
}

/* The flag is cleared before the list is read: news that come meanwhile set it again, and are not
 * lost. The lock is released for each call, since `notified` may post, withdraw or free jobs. */
void vbo_workers_drive(vbo_workers *workers) {
  if (workers == NULL || !atomic_exchange(&workers->anything_new, false)) return;
  for (;;) {
    pthread_mutex_lock(&workers->lock);
    vbo_job *job = vbo_list_take(&workers->news);
    pthread_mutex_unlock(&workers->lock);
    if (job == NULL) return;
    job->notified(job->owner);
  }
}

/* A job at work is not queued a second time, which would put it on two threads; the mark
 * AT_WORK_AGAIN queues it after its turn. */
void vbo_job_post(vbo_job *job) {
  vbo_workers *workers = job->workers;
  pthread_mutex_lock(&workers->lock);
  if (job->state == VBO_JOB_AT_WORK) job->state = VBO_JOB_AT_WORK_AGAIN;
  if (job->state == VBO_JOB_IDLE) {
    queue_job(job);
    if (workers->queue_size <= workers->idle || workers->count == MOST_THREADS || workers->ending ||
        !start_thread(workers))
      pthread_cond_signal(&workers->more);
    /* without threads, or at the program's end: slower, but correct */
    while (workers->count == 0 && (job = next_job(workers)) != NULL)
      turn(workers, job);
  }
  pthread_mutex_unlock(&workers->lock);
}

void vbo_job_notify(vbo_job *job) {
  vbo_workers *workers = job->workers;
  pthread_mutex_lock(&workers->lock);
  /* A withdrawn job is notified when its turn has ended, not before. */
  bool wake = !job->withdrawn && add_news(job);
  pthread_mutex_unlock(&workers->lock);
  if (wake) workers->wake(workers->wake_data);
}

/* The job leaves the news in any case: after true its memory may be freed at once. */
bool vbo_job_withdraw(vbo_job *job) {
  vbo_workers *workers = job->workers;
  if (vbo_workers_forked(workers)) return true;
  pthread_mutex_lock(&workers->lock);
  if (job->state == VBO_JOB_QUEUED) {
    vbo_node_unlink(&job->queued);
    workers->queue_size--;
    job->state = VBO_JOB_IDLE;
  }
  bool free_now = job->state == VBO_JOB_IDLE;
  job->withdrawn = true;
  vbo_node_unlink(&job->news);
  pthread_mutex_unlock(&workers->lock);
  return free_now;
}

/* `left` is broadcast, as several may wait, each for another job. */
void vbo_job_wait(vbo_job *job) {
  vbo_workers *workers = job->workers;
  if (vbo_workers_forked(workers)) return;
  pthread_mutex_lock(&workers->lock);
  while (job->state != VBO_JOB_IDLE && workers->count > 0)
    pthread_cond_wait(&workers->left, &workers->lock);
  pthread_mutex_unlock(&workers->lock);
}
