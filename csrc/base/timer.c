/* timer.c: see timer.h.
 *
 * A pairing heap, since most timers are moved or stopped before they fire: it sets one in O(1) and
 * removes any in O(log n) amortized. */
#include "base/timer.h"

#include <stddef.h>

#include "base/system.h"

/* Makes the later of two roots the first child of the earlier one. */
static vbo_timer *meld(vbo_timer *a, vbo_timer *b) {
  if (a == NULL) return b;
  if (b == NULL) return a;
  if (b->due < a->due) {
    vbo_timer *swap = a;
    a = b;
    b = swap;
  }
  b->sibling = a->child;
  if (a->child != NULL) a->child->previous = b;
  b->previous = a;
  a->child = b;
  a->sibling = a->previous = NULL;
  return a;
}

/* Melds the children of a removed root, in pairs and then all together (Fredman et al. 1986). A
 * loop: hundreds of siblings must not become hundreds of stack frames. */
static vbo_timer *meld_children(vbo_timer *child) {
  vbo_timer *pairs = NULL;
  while (child != NULL) {
    vbo_timer *a = child;
    vbo_timer *b = a->sibling;
    child = b != NULL ? b->sibling : NULL;
    a->sibling = a->previous = NULL;
    if (b != NULL) b->sibling = b->previous = NULL;
    vbo_timer *pair = meld(a, b);
    pair->sibling = pairs;
    pairs = pair;
  }
  vbo_timer *root = NULL;
  while (pairs != NULL) {
    vbo_timer *next = pairs->sibling;
    pairs->sibling = NULL;
    root = meld(root, pairs);
    pairs = next;
  }
  return root;
}

/* Cuts the timer out of its parent's children and melds its own children back in. */
void vbo_timer_stop(vbo_timers *timers, vbo_timer *timer) {
  if (!timer->set) return;
  timer->set = false;
  vbo_timer *children = meld_children(timer->child);
  if (timers->root == timer) {
    timers->root = children;
  } else {
    /* `previous` is the parent for a first child, and a sibling for the others. */
    if (timer->previous->child == timer)
      timer->previous->child = timer->sibling;
    else
      timer->previous->sibling = timer->sibling;
    if (timer->sibling != NULL) timer->sibling->previous = timer->previous;
    timers->root = meld(timers->root, children);
  }
  timer->child = timer->sibling = timer->previous = NULL;
}

void vbo_timer_set(vbo_timers *timers, vbo_timer *timer, int64_t due) {
  /* Callers set their timer after each event, often to the same time. */
  if (timer->set && timer->due == due) return;
  vbo_timer_stop(timers, timer);
  timer->due = due;
  timer->set = true;
  timer->child = timer->sibling = timer->previous = NULL;
  timers->root = meld(timers->root, timer);
}

int64_t vbo_timers_now(const vbo_timers *timers) {
  return timers->clock != NULL ? timers->clock() : vbo_monotonic_ms();
}

int64_t vbo_timers_next(const vbo_timers *timers) {
  return timers->root == NULL ? INT64_MAX : timers->root->due;
}

void vbo_timers_fire(vbo_timers *timers, int64_t now) {
  /* A timer that is set again for `now` while it fires must not fire for ever: its owner sets a
   * later time. */
  while (timers->root != NULL && timers->root->due <= now) {
    vbo_timer *timer = timers->root;
    vbo_timer_stop(timers, timer);
    /* The heap is whole again before this: `fire` may set and stop any timer, and free its own. */
    timer->fire(timer->owner);
  }
}
