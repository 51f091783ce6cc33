/* SPDX-License-Identifier: MIT */
/*
 * What is left of the system for a daemon that runs: the files that it may still name (Landlock),
 * and the system calls that it may still make (seccomp). doc/security.md says what that is for.
 *
 * Files are closed before there are other threads, who inherit that; calls are closed when
 * everything has been started, for all threads that there are.
 */
#ifndef GEMD_SANDBOX_H
#define GEMD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_mode {
    SANDBOX_OFF,
    SANDBOX_ON,    /* a call that is not allowed fails with EPERM, and the kernel logs it */
    SANDBOX_STRICT /* it kills the daemon */
};

/* "off", "on", "strict"; false for anything else. */
bool sandbox_mode_parse(const char *name, enum sandbox_mode *mode);

/* What becomes of --sandbox when nobody says it: off under sanitizers, which need more calls. */
enum sandbox_mode sandbox_mode_default(void);

enum sandbox_right {
    SANDBOX_CREATE, /* make and write files in this directory */
    SANDBOX_WRITE,  /* write and truncate this file */
    SANDBOX_REMOVE  /* remove files of this directory */
};

struct sandbox_path {
    const char *path;
    enum sandbox_right right;
};

/*
 * No file but these can be named any more by this thread and those that it makes; also no TCP, no
 * abstract sockets and no signals to others, where the kernel can do that. Descriptors that are
 * open stay so. Needs no-new-privileges. 0; -EOPNOTSUPP: the kernel has no Landlock; or another
 * negative errno.
 */
int sandbox_close_files(const struct sandbox_path *paths, size_t count);

struct sandbox_calls {
    enum sandbox_mode mode; /* not SANDBOX_OFF */
    bool names;             /* files may be opened, removed: sandbox_close_files() has said which */
    bool compiles;          /* memory may become code: the model's compiler needs that */
    bool pins;              /* memory is pinned for a device, hw/pci/pin.h */
};

/*
 * For all threads of the process, for good. 0; -EOPNOTSUPP: the kernel has no such filters, or too
 * old ones (before 4.14); or another negative errno.
 */
int sandbox_close_calls(const struct sandbox_calls *calls);

#endif
