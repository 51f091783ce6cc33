/* SPDX-License-Identifier: MIT */
/* Programs are translated once and found again by the command that loads them. */
#include "hw/model/render/internal.h"

#include <stdlib.h>

#define PROGRAMS_MAX 256
#define BUCKETS      (sizeof(((struct program_cache *)0)->bucket) / sizeof(struct program *))

static uint32_t hash_of(const uint32_t *dw, size_t count)
{
    uint32_t hash = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ dw[i]) * 0x9e3779b1u;
        hash ^= hash >> 15;
    }
    return hash;
}

static struct program **find_oldest(struct render *render)
{
    struct program **oldest = NULL;
    for (size_t b = 0; b < BUCKETS; b++) {
        for (struct program **at = &render->programs.bucket[b]; *at != NULL; at = &(*at)->next) {
            if ((oldest == NULL || (*at)->used < (*oldest)->used) && *at != render->program) {
                oldest = at;
            }
        }
    }
    return oldest;
}

static void drop_one(struct render *render)
{
    struct program **oldest = find_oldest(render);
    if (oldest != NULL) {
        struct program *program = *oldest;
        cache_wait(render, program->used);
        *oldest = program->next;
        program_destroy(program);
        render->programs.count--;
    }
}

void program_used(struct render *render, const struct program *program)
{
    ((struct program *)program)->used = render->serial;
}

const struct program *program_find(struct render *render, const uint32_t *dw, size_t count)
{
    const uint32_t hash = hash_of(dw, count);
    struct program *program = render->programs.bucket[hash % BUCKETS];
    for (; program != NULL; program = program->next) {
        if (program->hash == hash && program->dwords == count &&
            memcmp(program->text, dw, count * sizeof(*dw)) == 0) {
            program->used = render->serial;
            return program;
        }
    }
    return NULL;
}

void program_keep(struct render *render, struct program *program, const uint32_t *dw, size_t count)
{
    if (render->programs.count >= PROGRAMS_MAX) {
        drop_one(render);
    }
    program->hash = hash_of(dw, count);
    program->dwords = (uint32_t)count;
    memcpy(program->text, dw, count * sizeof(*dw));
    program->used = render->serial;
    program->next = render->programs.bucket[program->hash % BUCKETS];
    render->programs.bucket[program->hash % BUCKETS] = program;
    render->programs.count++;
}

void program_cache_clear(struct render *render)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        while (render->programs.bucket[b] != NULL) {
            struct program *program = render->programs.bucket[b];
            render->programs.bucket[b] = program->next;
            program_destroy(program);
        }
    }
    render->programs.count = 0;
    render->program = NULL;
}
