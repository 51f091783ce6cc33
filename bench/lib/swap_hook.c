/* SPDX-License-Identifier: MIT */
#include "bench/lib/swap_hook.h"

#include <EGL/eglext.h>
#include <dlfcn.h>
#include <string.h>
#include <sys/auxv.h>

static const char *const loaders[] = {"/libSDL2", "/libepoxy"};

swap_hook_function swap_hook_find(void *library, const char *name)
{
    static void *(*next)(void *, const char *); /* behind ours */

    if (!next) {
        next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    }
    return next ? (swap_hook_function)next(library, name) : NULL;
}

swap_hook_function swap_hook_find_in_egl(const char *name)
{
    void *library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);

    return library ? swap_hook_find(library, name) : NULL;
}

static swap_hook_function find_extension(const char *name)
{
    static PFNEGLGETPROCADDRESSPROC next;

    if (!next) {
        next = (PFNEGLGETPROCADDRESSPROC)swap_hook_find_in_egl("eglGetProcAddress");
    }
    return next ? (swap_hook_function)next(name) : NULL;
}

SWAP_HOOK_EXPORT EGLBoolean eglSwapBuffers(EGLDisplay display, EGLSurface surface)
{
    static PFNEGLSWAPBUFFERSPROC next;

    if (!next) {
        next = (PFNEGLSWAPBUFFERSPROC)swap_hook_find_in_egl("eglSwapBuffers");
    }
    if (!next || !next(display, surface)) {
        return EGL_FALSE;
    }
    swap_hook_shown(display);
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
    swap_hook_shown(display);
    return EGL_TRUE;
}

/* What stands for a function of EGL; NULL: itself. */
static swap_hook_function replacement(const char *name)
{
    static const struct {
        const char *name;
        swap_hook_function function;
    } replaced[] = {
        {"eglSwapBuffers", (swap_hook_function)eglSwapBuffers},
        {"eglSwapBuffersWithDamageEXT", (swap_hook_function)swap_with_damage},
        {"eglSwapBuffersWithDamageKHR", (swap_hook_function)swap_with_damage},
        {"eglGetProcAddress", (swap_hook_function)eglGetProcAddress},
    };

    for (unsigned i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
        if (strcmp(name, replaced[i].name) == 0) {
            return replaced[i].function;
        }
    }
    return NULL;
}

SWAP_HOOK_EXPORT __eglMustCastToProperFunctionPointerType eglGetProcAddress(const char *name)
{
    swap_hook_function found = find_extension(name);

    return found && replacement(name) ? replacement(name) : found;
}

bool swap_hook_is_program(const void *caller)
{
    Dl_info of_caller, of_program;

    return dladdr(caller, &of_caller) && dladdr((const void *)getauxval(AT_ENTRY), &of_program) &&
           of_caller.dli_fbase == of_program.dli_fbase;
}

/* libEGL and the vendors look for these names, too, and must find their own. */
static bool is_loader(const void *caller)
{
    Dl_info info;

    for (unsigned i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        if (dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, loaders[i])) {
            return true;
        }
    }
    return swap_hook_is_program(caller);
}

SWAP_HOOK_EXPORT void *dlsym(void *restrict handle, const char *restrict name)
{
    swap_hook_function found = swap_hook_find(handle, name);

    if (found && replacement(name) && is_loader(__builtin_return_address(0))) {
        found = replacement(name);
    }
    return (void *)found;
}
