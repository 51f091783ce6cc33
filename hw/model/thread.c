/* SPDX-License-Identifier: MIT */
#include "hw/model/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*main)(void *data), void *data)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, main, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
