/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    unsigned long session;
    char name[32];
    unsigned long long pid, uid, frames, batches, bytes;
};

static void take_value(struct entry *entry, const char *key, const char *value)
{
    const struct {
        const char *key;
        unsigned long long *number;
    } numbers[] = {
        {"pid", &entry->pid},         {"uid", &entry->uid},     {"frames", &entry->frames},
        {"batches", &entry->batches}, {"bytes", &entry->bytes},
    };
    if (strcmp(key, "name") == 0) {
        snprintf(entry->name, sizeof(entry->name), "%.31s", value);
    }
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].number = strtoull(value, NULL, 10);
        }
    }
}

static void print_entry(struct overlay_text *text, const struct entry *entry)
{
    if (entry->session != 0) {
        overlay_print(text, "%5lu %7llu %6llu %8llu %9llu %7llu  %s", entry->session, entry->pid,
                      entry->uid, entry->frames, entry->batches, entry->bytes >> 20, entry->name);
    }
}

void roster_print(struct overlay_text *text, const char *status)
{
    struct entry entry = {0};
    overlay_print(text, "  no.     pid   user   frames   batches     MiB  name");
    for (const char *line = status; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        unsigned long session;
        char key[32], value[64];
        line += *line == '\n';
        if (sscanf(line, "session.%lu.%31[a-z_]: %63[^\n]", &session, key, value) != 3) {
            continue;
        }
        if (session != entry.session) {
            print_entry(text, &entry);
            entry = (struct entry){.session = session};
        }
        take_value(&entry, key, value);
    }
    print_entry(text, &entry);
}
