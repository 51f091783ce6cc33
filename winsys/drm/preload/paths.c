/* SPDX-License-Identifier: MIT */
#include "winsys/drm/preload/paths.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "winsys/drm/preload/next.h"

enum rule_kind {
    RULE_LIST, /* this directory itself: its entries have rules of their own, or are the host's */
    RULE_TREE, /* it and all that is beneath */
    RULE_NAME, /* all names that begin so, and what is beneath; a digit may not follow */
};

struct rule {
    enum rule_kind kind;
    const char *path;
};

#define PCI "pci0000:00/0000:00:02.0"

static const struct rule rules[] = {
    {RULE_LIST, "/dev/dri"},
    {RULE_TREE, "/dev/dri/card0"},
    {RULE_TREE, "/dev/dri/renderD128"},
    {RULE_LIST, "/dev/dri/by-path"},
    {RULE_NAME, "/dev/dri/by-path/pci-0000:00:02.0-"},
    {RULE_LIST, "/sys/dev/char"},
    {RULE_TREE, "/sys/dev/char/226:0"},
    {RULE_TREE, "/sys/dev/char/226:128"},
    {RULE_LIST, "/sys/class"},
    {RULE_LIST, "/sys/class/drm"},
    {RULE_TREE, "/sys/class/drm/version"},
    {RULE_NAME, "/sys/class/drm/card0"},
    {RULE_TREE, "/sys/class/drm/renderD128"},
    {RULE_LIST, "/sys/bus"},
    {RULE_LIST, "/sys/bus/pci"},
    {RULE_LIST, "/sys/bus/pci/devices"},
    {RULE_TREE, "/sys/bus/pci/devices/0000:00:02.0"},
    {RULE_LIST, "/sys/bus/pci/drivers"},
    {RULE_TREE, "/sys/bus/pci/drivers/i915"},
    {RULE_LIST, "/sys/devices"},
    {RULE_LIST, "/sys/devices/pci0000:00"},
    {RULE_TREE, "/sys/devices/" PCI},
    {RULE_TREE, "/sys/module/i915"},
    {RULE_TREE, "/sys/kernel/debug/dri"},
    {RULE_TREE, "/run/udev/control"},
    {RULE_TREE, "/run/udev/data/c226:0"},
    {RULE_TREE, "/run/udev/data/c226:128"},
    {RULE_TREE, "/run/udev/data/+pci:0000:00:02.0"},
    {RULE_NAME, "/run/udev/data/+drm:card0"},
    {RULE_LIST, "/run/udev/tags/seat"},
    {RULE_LIST, "/run/udev/tags/master-of-seat"},
};

/* What the program calls it, and where it is in R. */
static const struct {
    const char *program, *ours;
} roots[] = {{"/dev/dri", "/dri"}, {"/sys", "/sys"}, {"/run/udev", "/udev"}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char runtime[PATH_MAX];
static size_t runtime_length;

static void find_runtime(void)
{
    Dl_info info;
    char path[PATH_MAX];

    if (dladdr((void *)&find_runtime, &info) == 0 || info.dli_fname == NULL ||
        strlen(info.dli_fname) >= sizeof(path)) {
        return;
    }
    strcpy(path, info.dli_fname);
    char *slash = strrchr(path, '/');
    if (path[0] != '/' || slash == path) {
        return;
    }
    *slash = '\0';
    strcpy(runtime, path);
    runtime_length = strlen(runtime);
}

const char *path_runtime(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find_runtime);
    return runtime;
}

/* Whether 'path' is 'head' or lies beneath. */
static bool begins(const char *path, const char *head, size_t length)
{
    return strncmp(path, head, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool path_is_ours(const char *path, const char *part)
{
    return path_runtime()[0] != '\0' && begins(path, runtime, runtime_length) &&
           begins(path + runtime_length, part, strlen(part));
}

static bool rule_matches(const struct rule *rule, const char *path)
{
    const size_t length = strlen(rule->path);
    const char *rest = path + length;

    if (strncmp(path, rule->path, length) != 0) {
        return false;
    }
    switch (rule->kind) {
    case RULE_LIST:
        /* What is above it is not ours to know: the kernel goes there from R. */
        return rest[0] == '\0' || strcmp(rest, "/") == 0 || begins(rest, "/..", 3);
    case RULE_TREE:
        return rest[0] == '\0' || rest[0] == '/';
    case RULE_NAME:
        return rest[0] < '0' || rest[0] > '9';
    }
    return false;
}

static bool has_rule(const char *path)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (rule_matches(&rules[i], path)) {
            return true;
        }
    }
    return false;
}

/* Most paths of a program end here, with no system call. */
static bool may_matter(const char *path)
{
    return strncmp(path, "/dev", 4) == 0 || strncmp(path, "/sys", 4) == 0 ||
           strncmp(path, "/run", 4) == 0 || strncmp(path, "/proc", 5) == 0 ||
           begins(path, runtime, runtime_length);
}

bool path_unmap(char *path)
{
    if (path_runtime()[0] == '\0' || !begins(path, runtime, runtime_length)) {
        return false;
    }
    const char *inside = path + runtime_length;
    for (size_t i = 0; i < COUNT(roots); i++) {
        const size_t length = strlen(roots[i].ours), named = strlen(roots[i].program);
        if (begins(inside, roots[i].ours, length)) {
            /* R is longer than any of these. */
            const char *rest = inside + length;
            memmove(path + named, rest, strlen(rest) + 1);
            memcpy(path, roots[i].program, named);
            return true;
        }
    }
    return false;
}

/* The directory that a relative path begins at, as the program knows it. *ours: it is in R. */
static bool base_of(int at, char path[PATH_ROOM], bool *ours)
{
    char link[48];
    long length;

    if (at == AT_FDCWD) {
        length = syscall(SYS_getcwd, path, (size_t)PATH_MAX);
    } else {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
        length = syscall(SYS_readlinkat, AT_FDCWD, link, path, (size_t)PATH_MAX - 1);
    }
    if (length <= 0 || path[0] != '/') {
        return false;
    }
    path[length] = '\0';
    *ours = path_unmap(path);
    return true;
}

/* Appends 'path' with "//" and "/./" made one slash. ".." stays the kernel's. */
static bool append(struct path_room *room, size_t at, const char *path)
{
    for (; *path != '\0'; path++) {
        const bool after_slash = at > 0 && room->text[at - 1] == '/';
        if (after_slash && path[0] == '/') {
            continue;
        }
        if (after_slash && path[0] == '.' && (path[1] == '/' || path[1] == '\0')) {
            continue;
        }
        if (at + 1 >= sizeof(room->text)) {
            return false;
        }
        room->text[at++] = *path;
    }
    room->text[at] = '\0';
    return true;
}

/* The absolute path, when it may be one that has a rule. *ours: it begins at a directory in R. */
static bool absolute(int at, const char *path, struct path_room *room, bool *ours)
{
    *ours = false;
    if (path == NULL || path[0] == '\0' || path_runtime()[0] == '\0') {
        return false;
    }
    if (path[0] == '/') {
        return (may_matter(path) || path[1] == '/' || path[1] == '.') && append(room, 0, path);
    }
    if (!base_of(at, room->text, ours)) {
        return false;
    }
    size_t length = strlen(room->text);
    if (!may_matter(room->text) && length > 1) {
        return false;
    }
    if (length > 1) {
        room->text[length++] = '/';
    }
    return append(room, length, path);
}

/* Puts R's path in the place of the program's. */
static bool into_runtime(struct path_room *room)
{
    for (size_t i = 0; i < COUNT(roots); i++) {
        const size_t named = strlen(roots[i].program), length = strlen(roots[i].ours);
        if (!begins(room->text, roots[i].program, named)) {
            continue;
        }
        const size_t rest = strlen(room->text) - named;
        if (runtime_length + length + rest >= sizeof(room->text)) {
            return false;
        }
        memmove(room->text + runtime_length + length, room->text + named, rest + 1);
        memcpy(room->text, runtime, runtime_length);
        memcpy(room->text + runtime_length, roots[i].ours, length);
        return true;
    }
    return false;
}

/*
 * The host may have another device where ours is, and what belongs to that one stays to be seen:
 * not its attributes, but directories beneath that we have none of.
 */
static bool is_hosts_own(const char *program, const char *mapped)
{
    static const char device[] = "/sys/devices/" PCI "/";
    char part[PATH_ROOM];
    struct stat status;

    if (strncmp(program, device, sizeof(device) - 1) != 0 ||
        syscall(SYS_faccessat, AT_FDCWD, mapped, F_OK) == 0) {
        return false;
    }
    const size_t length = strcspn(program + sizeof(device) - 1, "/");
    snprintf(part, sizeof(part), "%s%.*s", runtime, (int)(sizeof(device) - 1 + length), program);
    return syscall(SYS_faccessat, AT_FDCWD, part, F_OK) != 0 &&
           NEXT(stat)(part + runtime_length, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *path_map(int at, const char *path, struct path_room *room)
{
    const int error = errno;
    const char *result = path;
    struct path_room program;
    bool ours;

    if (absolute(at, path, room, &ours)) {
        strcpy(program.text, room->text);
        if (has_rule(room->text) && into_runtime(room) && !is_hosts_own(program.text, room->text)) {
            result = room->text;
        } else if (ours && !begins(path, "..", 2) && strstr(path, "/..") == NULL) {
            /* Not the link to it in R. */
            strcpy(room->text, program.text);
            result = room->text;
        }
    }
    errno = error;
    return result;
}

/* "123/fd/4" after "/proc/", "4" after "/dev/fd/". */
static bool parse_number(const char **text, int *number)
{
    char *end;

    if (**text < '0' || **text > '9') {
        return false;
    }
    errno = 0;
    const long value = strtol(*text, &end, 10);
    if (errno != 0 || value > INT_MAX) {
        return false;
    }
    *text = end;
    *number = (int)value;
    return true;
}

static bool skip(const char **text, const char *head)
{
    const size_t length = strlen(head);

    if (strncmp(*text, head, length) != 0) {
        return false;
    }
    *text += length;
    return true;
}

static bool parse_descriptor(const char *text, pid_t *process, int *fd)
{
    *process = 0;
    if (!skip(&text, "/dev/fd/") && !skip(&text, "/proc/self/fd/") &&
        !skip(&text, "/proc/thread-self/fd/")) {
        if (!skip(&text, "/proc/") || !parse_number(&text, process) || !skip(&text, "/fd/")) {
            return false;
        }
        if (*process == getpid()) {
            *process = 0;
        }
    }
    return parse_number(&text, fd) && *text == '\0';
}

bool path_descriptor(int at, const char *path, pid_t *process, int *fd)
{
    struct path_room room;
    const int error = errno;
    bool ours;
    const bool is = absolute(at, path, &room, &ours) && parse_descriptor(room.text, process, fd);

    errno = error;
    return is;
}
