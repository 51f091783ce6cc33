/* SPDX-License-Identifier: MIT */
/*
 * Intrusive doubly linked lists: a link is embedded in its element, and a list is a link too.
 * An unlinked link points to itself, so that removing twice is harmless.
 */
#ifndef GEMD_LIST_H
#define GEMD_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/* Walks a list; the body may remove 'item' itself, but no other element. */
#define list_for_each(item, list, type, member)                                                    \
    for (type *item = list_entry((list)->next, type, member),                                      \
              *item##_next = list_entry(item->member.next, type, member);                          \
         &item->member != (list);                                                                  \
         item = item##_next, item##_next = list_entry(item->member.next, type, member))

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

/* Puts 'link' before 'place': at the end, when place is the list itself. */
static inline void list_insert_before(struct list *place, struct list *link)
{
    link->prev = place->prev;
    link->next = place;
    place->prev->next = link;
    place->prev = link;
}

static inline void list_append(struct list *list, struct list *link)
{
    list_insert_before(list, link);
}

static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

#define list_first(list, type, member)                                                             \
    (list_empty(list) ? NULL : list_entry((list)->next, type, member))
#define list_last(list, type, member)                                                              \
    (list_empty(list) ? NULL : list_entry((list)->prev, type, member))

#endif
