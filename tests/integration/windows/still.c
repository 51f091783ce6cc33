/* SPDX-License-Identifier: MIT */
/*
 * Preloaded, it has a program stay at a frame (FRAMES): two runs of one program show the same
 * picture, however fast each of them is. What the program itself takes for the time of day is the
 * number of its frames, 60 of which are a second; libraries have the real one. After the last
 * frame the thread that showed it says so on standard error and waits for ever, others go on.
 *
 * Whoever loads EGL by itself is given our eglSwapBuffers() by dlsym(), too: programs, SDL, epoxy.
 */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    FRAMES_PER_S = 60,
    BEGIN_S = 1700000000, /* any time will do */
};

typedef void (*function)(void);

static const char *const loaders[] = {"/libSDL2", "/libepoxy"};

static atomic_uint frames;

static void count_frame(void)
{
    static const char done[] = "still: the picture stays\n";

    if (atomic_fetch_add(&frames, 1) + 1 < FRAMES) {
        return;
    }
    if (write(STDERR_FILENO, done, sizeof(done) - 1) < 0) {
        abort();
    }
    for (;;) {
        pause();
    }
}

/* The C library's dlsym(): ours hides it. */
static function find(void *library, const char *name)
{
    static void *(*next)(void *, const char *);

    if (!next) {
        next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    return next ? (function)next(library, name) : NULL;
}

/* EGL's own, whoever has loaded it. */
static function find_in_egl(const char *name)
{
    void *library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);

    return library ? find(library, name) : NULL;
}

static function find_extension(const char *name)
{
    static PFNEGLGETPROCADDRESSPROC next;

    if (!next) {
        next = (PFNEGLGETPROCADDRESSPROC)find_in_egl("eglGetProcAddress");
    }
    return next ? (function)next(name) : NULL;
}

EXPORT EGLBoolean eglSwapBuffers(EGLDisplay display, EGLSurface surface)
{
    static PFNEGLSWAPBUFFERSPROC next;

    if (!next) {
        next = (PFNEGLSWAPBUFFERSPROC)find_in_egl("eglSwapBuffers");
    }
    if (!next || !next(display, surface)) {
        return EGL_FALSE;
    }
    count_frame();
    return EGL_TRUE;
}

/* Of EXT and of KHR, which are the same. */
static EGLBoolean swap_with_damage(EGLDisplay display, EGLSurface surface, const EGLint *rectangles,
                                   EGLint count)
{
    static PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC next;

    if (!next) {
        next = (PFNEGLSWAPBUFFERSWITHDAMAGEEXTPROC)find_extension("eglSwapBuffersWithDamageEXT");
    }
    if (!next || !next(display, surface, rectangles, count)) {
        return EGL_FALSE;
    }
    count_frame();
    return EGL_TRUE;
}

/* What stands for a function of EGL; NULL: itself. */
static function replacement(const char *name)
{
    static const struct {
        const char *name;
        function function;
    } replaced[] = {
        {"eglSwapBuffers", (function)eglSwapBuffers},
        {"eglSwapBuffersWithDamageEXT", (function)swap_with_damage},
        {"eglSwapBuffersWithDamageKHR", (function)swap_with_damage},
        {"eglGetProcAddress", (function)eglGetProcAddress},
    };

    for (unsigned i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        if (strcmp(name, replaced[i].name) == 0) {
            return replaced[i].function;
        }
    }
    return NULL;
}

EXPORT __eglMustCastToProperFunctionPointerType eglGetProcAddress(const char *name)
{
    function found = find_extension(name);

    return found && replacement(name) ? replacement(name) : found;
}

static bool is_program(const void *caller)
{
    Dl_info of_caller, of_program;

    return dladdr(caller, &of_caller) && dladdr((const void *)getauxval(AT_ENTRY), &of_program) &&
           of_caller.dli_fbase == of_program.dli_fbase;
}

/* libEGL and the vendors look for these names, too, and must find their own. */
static bool is_loader(const void *caller)
{
    Dl_info info;

    if (is_program(caller)) {
        return true;
    }
    for (unsigned i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        if (dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, loaders[i])) {
            return true;
        }
    }
    return false;
}

EXPORT void *dlsym(void *restrict handle, const char *restrict name)
{
    function found = find(handle, name);

    if (found && replacement(name) && is_loader(__builtin_return_address(0))) {
        found = replacement(name);
    }
    return (void *)found;
}

static struct timespec frame_time(void)
{
    unsigned frame = atomic_load(&frames);

    return (struct timespec){
        .tv_sec = BEGIN_S + frame / FRAMES_PER_S,
        .tv_nsec = frame % FRAMES_PER_S * (1000000000L / FRAMES_PER_S),
    };
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);

    if (is_program(__builtin_return_address(0))) {
        *now = frame_time();
        return 0;
    }
    if (!next) {
        next = (int (*)(clockid_t, struct timespec *))find(RTLD_NEXT, "clock_gettime");
    }
    return next(clock, now);
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    static int (*next)(struct timeval *, void *);

    if (is_program(__builtin_return_address(0))) {
        struct timespec time = frame_time();

        *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
        return 0;
    }
    if (!next) {
        next = (int (*)(struct timeval *, void *))find(RTLD_NEXT, "gettimeofday");
    }
    return next(now, zone);
}
