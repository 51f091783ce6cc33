/* SPDX-License-Identifier: MIT */
#ifndef GEMD_TOOLS_GEMCTL_LIST_H
#define GEMD_TOOLS_GEMCTL_LIST_H

#include <jansson.h>
#include <stdint.h>

/* A list of the daemon (enum gemd_list_what), and its columns; NULL after one line on stderr. */
json_t *list_fetch(const char *socket, uint32_t what, json_t **columns);

#endif
