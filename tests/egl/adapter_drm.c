/* SPDX-License-Identifier: MIT */
#include "tests/egl/fixture.h"

#include <fcntl.h>

#include "tests/egl/gbm_device.h"

int gbm_device_open(void)
{
    const int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

unsigned gbm_device_handles(void)
{
    return 0;
}

bool gbm_device_say_tiles(bool tiles)
{
    return false;
}

bool gbm_device_be_foreign(bool foreign)
{
    return false;
}

bool gbm_device_has_mesa(void)
{
    return true;
}
