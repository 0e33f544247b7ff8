/* list.h: doubly linked lists whose links sit in the elements, so that adding and removing is O(1)
 * and never fails. */
#ifndef VBO_LIST_H
#define VBO_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct vbo_node {
  struct vbo_node *next; /* NULL: in no list */
  struct vbo_node *previous;
  void *owner;
} vbo_node;

/* The head is a node of its own: an empty list points to itself. */
typedef struct vbo_list {
  vbo_node head;
} vbo_list;

static inline void vbo_list_init(vbo_list *list) {
  list->head.next = list->head.previous = &list->head;
  list->head.owner = NULL;
}

static inline bool vbo_node_linked(const vbo_node *node) {
  return node->next != NULL;
}

static inline void vbo_list_append(vbo_list *list, vbo_node *node, void *owner) {
  node->owner = owner;
  node->next = &list->head;
  node->previous = list->head.previous;
  list->head.previous->next = node;
  list->head.previous = node;
}

static inline void vbo_node_unlink(vbo_node *node) {
  if (node->next == NULL) return;
  node->previous->next = node->next;
  node->next->previous = node->previous;
  node->next = node->previous = NULL;
}

/* Returns the owner of the first element; NULL for an empty list. */
static inline void *vbo_list_first(const vbo_list *list) {
  return list->head.next->owner;
}

/* Removes the first element and returns its owner; NULL for an empty list. */
static inline void *vbo_list_take(vbo_list *list) {
  void *owner = list->head.next->owner;
  if (owner != NULL) vbo_node_unlink(list->head.next);
  return owner;
}

/* A node that its parent ends without knowing its type: clients of an engine, transfers of a
 * client. */
typedef struct vbo_child {
  vbo_node node;
  void (*end)(void *owner, const char *why); /* must unlink the node */
  void *owner;
} vbo_child;

static inline void vbo_child_join(vbo_list *children, vbo_child *child) {
  vbo_list_append(children, &child->node, child);
}

/* Ends every child.  One end may end others, so each starts from the list as it is by then. */
static inline void vbo_children_end(vbo_list *children, const char *why) {
  vbo_child *child = NULL;
  while ((child = (vbo_child *)vbo_list_first(children)) != NULL)
    child->end(child->owner, why);
}

/* Moves all elements of `from` behind those of `to`. */
static inline void vbo_list_move(vbo_list *to, vbo_list *from) {
  if (from->head.next == &from->head) return;
  from->head.next->previous = to->head.previous;
  to->head.previous->next = from->head.next;
  from->head.previous->next = &to->head;
  to->head.previous = from->head.previous;
  vbo_list_init(from);
}

#endif
