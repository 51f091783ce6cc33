/* SPDX-License-Identifier: MIT */
/* Finds the compiler beside the program that runs, or where the dynamic linker looks. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "hw/model/render/jit/jit.h"

/* Of the program's prefix: how it is in a build tree, and installed. */
static const char *const directories[] = {"lib", JIT_LIBRARY_DIRECTORY};

static void *open_beside(const char *directory)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0) {
        return NULL;
    }
    path[length] = '\0';
    char *end = strrchr(path, '/');
    const size_t left = end != NULL ? sizeof(path) - (size_t)(end - path) : 0;
    if (left == 0 || snprintf(end, left, "/../%s/" JIT_PLUGIN_FILE, directory) >= (int)left) {
        return NULL;
    }
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

/* It is never unloaded, so it is the process's, and looked for once. */
static pthread_once_t looked = PTHREAD_ONCE_INIT;
static const struct jit_plugin *found;

static void look(void)
{
    void *object = NULL;
    for (size_t i = 0; object == NULL && i < sizeof(directories) / sizeof(directories[0]); i++) {
        object = open_beside(directories[i]);
    }
    if (object == NULL) {
        object = dlopen(JIT_PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    }
    found = object != NULL ? dlsym(object, JIT_PLUGIN_SYMBOL) : NULL;
}

const struct jit_plugin *jit_plugin_load(void)
{
    pthread_once(&looked, look);
    return found;
}

const char *jit_level(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return "avx512";
    }
    return __builtin_cpu_supports("avx2") ? "avx2" : "sse2";
#else
    return NULL;
#endif
}
