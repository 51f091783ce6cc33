/* SPDX-License-Identifier: MIT */
/*
 * The threads that draw scenes. They sleep while there is nothing to draw, and while the last tiles
 * of a scene are with others: the next scene may sample what these draw.
 */
#include <fenv.h>
#include <stdlib.h>

#include "hw/model/render/scene.h"
#include "hw/model/thread.h"

struct pool *pool_create(void)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    if (pool != NULL) {
        pthread_mutex_init(&pool->lock, NULL);
        pthread_cond_init(&pool->work, NULL);
        pthread_cond_init(&pool->done, NULL);
    }
    return pool;
}

static void remove_first(struct pool *pool)
{
    atomic_store_explicit(&pool->drawn, pool->queue[0]->serial, memory_order_release);
    pool->count--;
    for (unsigned i = 0; i < pool->count; i++) {
        pool->queue[i] = pool->queue[i + 1];
    }
    if (pool->count != 0 && pool->sleepers != 0) {
        pthread_cond_broadcast(&pool->work);
    }
    pthread_cond_signal(&pool->done);
}

/* The scene is drawn: others may know. It stays the first one, so that notes keep their order. */
static void deliver_notes(struct pool *pool, struct scene *scene)
{
    while (scene->delivered < scene->notes) {
        const struct render_note *note = &scene->note[scene->delivered++];
        pthread_mutex_unlock(&pool->lock);
        note->deliver(note->owner, note);
        pthread_mutex_lock(&pool->lock);
    }
}

/* Takes part in drawing the first scene. False when all its tiles are taken. Locked. */
static bool help(struct pool *pool, struct worker *worker)
{
    struct scene *scene = pool->count != 0 ? pool->queue[0] : NULL;
    if (scene == NULL || atomic_load(&scene->next) >= scene->shares) {
        return false;
    }
    scene->busy++;
    pthread_mutex_unlock(&pool->lock);
    fesetenv(&scene->arithmetic);
    scene_draw(scene, worker);
    pthread_mutex_lock(&pool->lock);
    if (--scene->busy == 0) {
        deliver_notes(pool, scene);
        remove_first(pool);
    }
    return true;
}

struct start {
    struct pool *pool;
    struct worker *worker;
};

static void *thread_main(void *data)
{
    struct start start = *(struct start *)data;
    free(data);
    pthread_mutex_lock(&start.pool->lock);
    while (!start.pool->quit) {
        if (!help(start.pool, start.worker)) {
            start.pool->sleepers++;
            pthread_cond_wait(&start.pool->work, &start.pool->lock);
            start.pool->sleepers--;
        }
    }
    pthread_mutex_unlock(&start.pool->lock);
    return NULL;
}

static void stop_threads(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++) {
        pthread_join(pool->thread[i], NULL);
        free(pool->worker[i]);
    }
    pool->threads = 0;
    pool->quit = false;
}

void pool_destroy(struct pool *pool)
{
    if (pool != NULL) {
        stop_threads(pool);
        pthread_cond_destroy(&pool->done);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->lock);
        free(pool);
    }
}

static bool start_thread(struct pool *pool, const struct worker *like)
{
    struct worker *worker = aligned_alloc(64, (sizeof(*worker) + 63u) & ~(size_t)63u);
    struct start *start = malloc(sizeof(*start));
    if (worker != NULL && start != NULL) {
        *worker = *like;
        *start = (struct start){pool, worker};
        pool->worker[pool->threads] = worker;
        if (thread_start(&pool->thread[pool->threads], thread_main, start) == 0) {
            pool->threads++;
            return true;
        }
    }
    free(worker);
    free(start);
    return false;
}

void pool_set_threads(struct pool *pool, unsigned threads, const struct worker *like)
{
    stop_threads(pool);
    while (pool->threads + 1 < threads && pool->threads < THREADS_MAX && start_thread(pool, like)) {
    }
}

void pool_submit(struct pool *pool, struct scene *scene, struct worker *own)
{
    scene_share(scene);
    scene->busy = 0;
    fegetenv(&scene->arithmetic);
    pthread_mutex_lock(&pool->lock);
    pool->queue[pool->count++] = scene;
    if (pool->sleepers != 0 && scene->shares > 1) {
        pthread_cond_broadcast(&pool->work);
    }
    pthread_mutex_unlock(&pool->lock);
    if (pool->threads == 0) {
        pool_wait(pool, scene->serial, own);
    }
}

bool pool_note(struct pool *pool, const struct render_note *note)
{
    pthread_mutex_lock(&pool->lock);
    struct scene *scene = pool->count != 0 ? pool->queue[pool->count - 1] : NULL;
    /* threads were woken for more than one share */
    const bool taken = scene != NULL && scene->shares > 1 && scene->notes < NOTES_MAX;
    if (taken) {
        scene->note[scene->notes++] = *note;
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

void pool_wait(struct pool *pool, uint64_t serial, struct worker *own)
{
    if (atomic_load_explicit(&pool->drawn, memory_order_acquire) >= serial) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->drawn, memory_order_relaxed) < serial) {
        if (!help(pool, own)) {
            pthread_cond_wait(&pool->done, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
}
