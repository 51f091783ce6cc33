/* SPDX-License-Identifier: MIT */
/* What compositors do to learn of monitors: udev's monitors in an epoll, libdrm, sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "tests/integration/drm/probe.h"

enum { WAIT_MS = 60000 };

static const char status_path[] = "/sys/class/drm/card0-VGA-1/status";

struct ears {
    struct udev *udev;
    struct udev_monitor *monitors[2]; /* udev's, the kernel's */
    int copies[2];                    /* duplicates of their descriptors, which are in 'epoll' */
    int epoll;
};

static bool ears_open(struct ears *ears)
{
    static const char *const names[] = {"udev", "kernel"};
    ears->udev = udev_new();
    ears->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < 2; i++) {
        struct udev_monitor *monitor = udev_monitor_new_from_netlink(ears->udev, names[i]);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        ears->monitors[i] = monitor;
        if (!TRUE(monitor != NULL) ||
            !TRUE(udev_monitor_filter_add_match_subsystem_devtype(monitor, "drm", "drm_minor") ==
                  0) ||
            !TRUE(udev_monitor_enable_receiving(monitor) == 0)) {
            return false;
        }
        ears->copies[i] = fcntl(udev_monitor_get_fd(monitor), F_DUPFD_CLOEXEC, 100);
        if (!TRUE(epoll_ctl(ears->epoll, EPOLL_CTL_ADD, ears->copies[i], &event) == 0)) {
            return false;
        }
    }
    return true;
}

static bool is(struct udev_device *device, const char *key, const char *value)
{
    const char *found = udev_device_get_property_value(device, key);

    return TRUE(found != NULL && strcmp(found, value) == 0);
}

static bool is_hotplug(struct udev_device *device)
{
    const char *action = udev_device_get_action(device);
    const char *number = udev_device_get_sysnum(device);
    const char *node = udev_device_get_devnode(device);

    return TRUE(action != NULL && strcmp(action, "change") == 0) &&
           TRUE(number != NULL && strcmp(number, "0") == 0) &&
           TRUE(node != NULL && strcmp(node, "/dev/dri/card0") == 0) &&
           is(device, "HOTPLUG", "1") && is(device, "CONNECTOR", "48") &&
           TRUE(udev_device_get_seqnum(device) > 0);
}

/* One event from each of both. */
static bool hear(struct ears *ears)
{
    unsigned heard = 0;

    while (heard != 3) {
        struct epoll_event event;
        if (!TRUE(epoll_wait(ears->epoll, &event, 1, WAIT_MS) == 1)) {
            return false;
        }
        struct udev_device *device = udev_monitor_receive_device(ears->monitors[event.data.u32]);
        const bool good = TRUE(device != NULL) && is_hotplug(device);
        udev_device_unref(device);
        if (!good || !TRUE((heard & 1u << event.data.u32) == 0)) {
            return false;
        }
        heard |= 1u << event.data.u32;
    }
    return true;
}

/* "connected 22 1024x768 128", by libdrm; sysfs must say the same. */
static bool say_connector(int card)
{
    char text[32] = "";
    drmModeConnector *connector = drmModeGetConnector(card, 48);
    const int fd = open(status_path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

    if (fd >= 0) {
        close(fd);
    }
    if (!TRUE(connector != NULL) || !TRUE(length > 0)) {
        return false;
    }
    const bool connected = connector->connection == DRM_MODE_CONNECTED;
    printf("%s %d %s\n", connected ? "connected" : "disconnected", connector->count_modes,
           connector->count_modes > 0 ? connector->modes[0].name : "-");
    fflush(stdout);
    drmModeFreeConnector(connector);
    return TRUE(strcmp(text, connected ? "connected\n" : "disconnected\n") == 0);
}

/* A socket of ours looks like the kernel's, and one of another protocol is the kernel's. */
static bool sockets(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 2}, own = {0};
    socklen_t size = sizeof(own);
    const int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    const int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    char byte;

    const bool good =
        TRUE(route >= 0 && fd >= 0) && TRUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) &&
        TRUE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) &&
        TRUE(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0) &&
        TRUE(getsockname(fd, (struct sockaddr *)&own, &size) == 0) &&
        TRUE(size == sizeof(own) && own.nl_family == AF_NETLINK && own.nl_pid != 0) &&
        TRUE(recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN) &&
        TRUE(getsockname(route, (struct sockaddr *)&own, (size = sizeof(own), &size)) == 0) &&
        TRUE(own.nl_family == AF_NETLINK);
    close(fd);
    close(route);
    return good;
}

int probe_uevents(int count)
{
    struct ears ears = {0};
    const int card = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);

    if (!TRUE(card >= 0) || !sockets() || !ears_open(&ears) || !say_connector(card)) {
        return 1;
    }
    for (int i = 0; i < count; i++) {
        if (!hear(&ears) || !say_connector(card)) {
            return 1;
        }
    }
    udev_monitor_unref(ears.monitors[0]);
    udev_monitor_unref(ears.monitors[1]);
    udev_unref(ears.udev);
    return 0;
}
