/* SPDX-License-Identifier: MIT */
/* Compiled programs by what made them, and the thread that compiles. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "hw/model/render/jit/jit.h"
#include "hw/model/thread.h"

#define ENTRIES_MAX 192
#define BUCKETS     64
/* A program that was selected this often is worth the time that compiling it takes. */
#define PATIENCE 4

enum entry_state { SEEN, QUEUED, READY, FAILED, DROPPED };

struct jit_entry {
    struct jit_entry *next;   /* in the bucket */
    struct jit_entry *queued; /* next to be worked on */
    uint32_t hash;
    unsigned seen;
    uint64_t used; /* serial of the last scene that may */
    _Atomic enum entry_state state;
    jit_function function; /* when READY */
    void *code;
    struct jit_key key;
    struct program program; /* last: as many instructions as there are */
};

struct jit {
    const char *level; /* NULL: nothing is compiled */
    unsigned patience;
    struct jit_entry *bucket[BUCKETS], *current;
    unsigned count;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct jit_entry *first, **last; /* queue */
    bool stop, busy;
};

/* ---- the thread ---- */

struct compiler {
    const struct jit_plugin *plugin;
    struct jit_compiler *compiler;
    bool tried;
};

static void compile(const struct jit *jit, struct compiler *with, struct jit_entry *entry)
{
    if (!with->tried) {
        with->tried = true;
        with->plugin = jit_plugin_load();
        with->compiler = with->plugin != NULL ? with->plugin->create(jit->level) : NULL;
    }
    if (with->compiler != NULL) {
        const struct jit_request request = {&entry->key, &entry->program};
        entry->function = with->plugin->compile(with->compiler, &request, &entry->code);
    }
    atomic_store(&entry->state, entry->function != NULL ? READY : FAILED);
}

static void entry_free(const struct compiler *with, struct jit_entry *entry)
{
    if (entry->function != NULL) {
        with->plugin->release(with->compiler, entry->code);
    }
    free(entry);
}

static void work(struct jit *jit, struct compiler *with)
{
    pthread_mutex_lock(&jit->lock);
    for (;;) {
        while (jit->first == NULL && !jit->stop) {
            pthread_cond_wait(&jit->changed, &jit->lock);
        }
        struct jit_entry *entry = jit->first;
        if (entry == NULL) {
            break;
        }
        jit->first = entry->queued;
        jit->last = jit->first == NULL ? &jit->first : jit->last;
        jit->busy = true;
        const bool idle = jit->stop;
        pthread_mutex_unlock(&jit->lock);
        if (atomic_load(&entry->state) == DROPPED) {
            entry_free(with, entry);
        } else if (!idle) {
            compile(jit, with, entry);
        }
        pthread_mutex_lock(&jit->lock);
        jit->busy = false;
        pthread_cond_broadcast(&jit->changed);
    }
    pthread_mutex_unlock(&jit->lock);
}

static void free_all(struct jit *jit, const struct compiler *with)
{
    for (unsigned b = 0; b < BUCKETS; b++) {
        while (jit->bucket[b] != NULL) {
            struct jit_entry *entry = jit->bucket[b];
            jit->bucket[b] = entry->next;
            entry_free(with, entry);
        }
    }
}

static void *run(void *argument)
{
    struct jit *jit = argument;
    struct compiler with = {NULL, NULL, false};
    work(jit, &with);
    free_all(jit, &with);
    if (with.compiler != NULL) {
        with.plugin->destroy(with.compiler);
    }
    return NULL;
}

static void start_thread(struct jit *jit)
{
    jit->has_thread = thread_start(&jit->thread, run, jit) == 0;
}

static void enqueue(struct jit *jit, struct jit_entry *entry, enum entry_state state)
{
    if (!jit->has_thread) {
        start_thread(jit);
    }
    if (!jit->has_thread) {
        atomic_store(&entry->state, FAILED);
        return;
    }
    atomic_store(&entry->state, state);
    pthread_mutex_lock(&jit->lock);
    entry->queued = NULL;
    *jit->last = entry;
    jit->last = &entry->queued;
    pthread_cond_broadcast(&jit->changed);
    pthread_mutex_unlock(&jit->lock);
}

/* ---- entries ---- */

static uint32_t hash_of(const struct jit_key *key, const struct program *program)
{
    uint32_t hash = program->hash, word;
    for (size_t i = 0; i + sizeof(word) <= sizeof(*key); i += sizeof(word)) {
        memcpy(&word, (const uint8_t *)key + i, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b1u;
        hash ^= hash >> 15;
    }
    return hash;
}

static bool matches(const struct jit_entry *entry, const struct jit_key *key,
                    const struct program *program)
{
    return entry->program.hash == program->hash && entry->program.dwords == program->dwords &&
           memcmp(&entry->key, key, sizeof(*key)) == 0 &&
           memcmp(entry->program.text, program->text, program->dwords * sizeof(program->text[0])) ==
               0;
}

/* What the thread works on, or will, stays. */
static void drop_oldest(struct render *render)
{
    struct jit *jit = render->jit;
    struct jit_entry **oldest = NULL;
    for (unsigned b = 0; b < BUCKETS; b++) {
        for (struct jit_entry **at = &jit->bucket[b]; *at != NULL; at = &(*at)->next) {
            if (atomic_load(&(*at)->state) != QUEUED &&
                (oldest == NULL || (*at)->used < (*oldest)->used)) {
                oldest = at;
            }
        }
    }
    if (oldest == NULL) {
        return;
    }
    struct jit_entry *entry = *oldest;
    render_finish(render); /* something may be to be drawn with it */
    *oldest = entry->next;
    jit->count--;
    if (atomic_load(&entry->state) == READY) {
        enqueue(jit, entry, DROPPED);
    } else {
        free(entry);
    }
}

static struct jit_entry *find(struct render *render, const struct jit_key *key)
{
    struct jit *jit = render->jit;
    const struct program *program = render->draw.program;
    if (jit->current != NULL && matches(jit->current, key, program)) {
        return jit->current;
    }
    const uint32_t hash = hash_of(key, program);
    struct jit_entry *entry = jit->bucket[hash % BUCKETS];
    while (entry != NULL && (entry->hash != hash || !matches(entry, key, program))) {
        entry = entry->next;
    }
    if (entry != NULL) {
        return entry;
    }
    if (jit->count >= ENTRIES_MAX) {
        drop_oldest(render);
    }
    const size_t code = program->count * sizeof(program->code[0]);
    entry = calloc(1, sizeof(*entry));
    if (entry != NULL) {
        entry->hash = hash;
        memcpy(&entry->key, key, sizeof(*key));
        memcpy(&entry->program, program, offsetof(struct program, code) + code);
        entry->next = jit->bucket[hash % BUCKETS];
        jit->bucket[hash % BUCKETS] = entry;
        jit->count++;
    }
    return entry;
}

void jit_select(struct render *render)
{
    struct jit *jit = render->jit;
    struct draw *draw = &render->draw;
    struct jit_key key;
    draw->code = NULL;
    if (jit == NULL || jit->level == NULL || !jit_key_make(render, &key)) {
        return;
    }
    struct jit_entry *entry = find(render, &key);
    jit->current = entry;
    if (entry == NULL) {
        return;
    }
    entry->used = render->serial;
    const enum entry_state state = atomic_load(&entry->state);
    if (state == SEEN && ++entry->seen >= jit->patience) {
        enqueue(jit, entry, QUEUED);
    } else if (state == READY) {
        draw->code = entry->function;
        draw->code_is_whole = key.whole;
    }
}

/* ---- life ---- */

struct jit *jit_create(void)
{
    struct jit *jit = calloc(1, sizeof(*jit));
    if (jit == NULL) {
        return NULL;
    }
    jit->level = jit_level();
    jit->patience = PATIENCE;
    jit->last = &jit->first;
    pthread_mutex_init(&jit->lock, NULL);
    pthread_cond_init(&jit->changed, NULL);
    return jit;
}

void jit_destroy(struct jit *jit)
{
    if (jit == NULL) {
        return;
    }
    if (jit->has_thread) {
        pthread_mutex_lock(&jit->lock);
        jit->stop = true;
        pthread_cond_broadcast(&jit->changed);
        pthread_mutex_unlock(&jit->lock);
        pthread_join(jit->thread, NULL);
    } else {
        const struct compiler none = {NULL, NULL, false};
        free_all(jit, &none);
    }
    pthread_cond_destroy(&jit->changed);
    pthread_mutex_destroy(&jit->lock);
    free(jit);
}

void jit_set(struct render *render, const char *level, unsigned patience)
{
    render_finish(render); /* something may be to be drawn with what goes */
    draw_changed(render);
    jit_destroy(render->jit);
    render->jit = jit_create();
    render->draw.code = NULL;
    render->dirty = DIRTY_ALL;
    if (render->jit != NULL) {
        render->jit->level = level;
        render->jit->patience = patience;
    }
}

bool jit_wait(struct render *render)
{
    struct jit *jit = render->jit;
    pthread_mutex_lock(&jit->lock);
    while (jit->first != NULL || jit->busy) {
        pthread_cond_wait(&jit->changed, &jit->lock);
    }
    pthread_mutex_unlock(&jit->lock);
    render->dirty = DIRTY_ALL;
    return jit->current != NULL && atomic_load(&jit->current->state) == READY;
}

bool render_load_compiler(void)
{
    return jit_plugin_load() != NULL;
}
