/* SPDX-License-Identifier: MIT */
/*
 * usage: confine deny NAME... -- PROGRAM ARGUMENT...: runs a program that has not these system
 * calls (ENOSYS), as on a kernel without them; confine only NAME...: that has none but these
 * (EPERM). Names that are not known are passed over.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    bool only = argc > 1 && strcmp(argv[1], "only") == 0;
    uint32_t named = only ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS);
    scmp_filter_ctx filter = seccomp_init(only ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
    int i = 2;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        int call = seccomp_syscall_resolve_name(argv[i]);
        if (call != __NR_SCMP_ERROR && seccomp_rule_add(filter, named, call, 0) != 0) {
            fprintf(stderr, "confine: no rule for %s\n", argv[i]);
            return 125;
        }
    }
    if (filter == NULL || i + 1 >= argc || seccomp_load(filter) != 0) {
        fprintf(stderr, "confine: no filter\n");
        return 125;
    }
    seccomp_release(filter);
    execv(argv[i + 1], argv + i + 1);
    fprintf(stderr, "confine: %s: %s\n", argv[i + 1], strerror(errno));
    return 126;
}
