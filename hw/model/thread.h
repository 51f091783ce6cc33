/* SPDX-License-Identifier: MIT */
/* How the model begins a thread of its own. */
#ifndef GEMD_HW_MODEL_THREAD_H
#define GEMD_HW_MODEL_THREAD_H

#include <pthread.h>

/* Signals are for the threads of whoever has the model: this one gets none. 0 or an errno. */
int thread_start(pthread_t *thread, void *(*main)(void *data), void *data);

#endif
