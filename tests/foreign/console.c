/* SPDX-License-Identifier: MIT */
/* A virtual terminal for a server that wants one: it is always number 1, and always in front. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/kd.h>
#include <linux/vt.h>

#include "tests/foreign/device.h"

int foreign_console_is(const char *path)
{
    return strncmp(path, "/dev/tty", 8) == 0;
}

int foreign_console_ioctl(unsigned long request, void *argument)
{
    switch (request) {
    case VT_OPENQRY:
        *(int *)argument = 1;
        return 0;
    case VT_GETSTATE:
        *(struct vt_stat *)argument = (struct vt_stat){.v_active = 1, .v_state = 2};
        return 0;
    case VT_GETMODE:
        *(struct vt_mode *)argument = (struct vt_mode){.mode = VT_AUTO};
        return 0;
    case KDGKBMODE:
    case KDGETMODE:
        *(int *)argument = 0;
        return 0;
    default:
        return 0;
    }
}
