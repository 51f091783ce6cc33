/* SPDX-License-Identifier: MIT */
#include "winsys/drm/server/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define PCI       "sys/devices/pci0000:00/0000:00:02.0"
#define CARD      PCI "/drm/card0"
#define RENDER    PCI "/drm/renderD128"
#define CONNECTOR PCI "/drm/card0/" DRM_TREE_CONNECTOR

/* In texts, %d stands for the chip's number in small hexadecimal digits, %D in large ones. */
struct text_row {
    const char *path, *text;
};

static const struct text_row texts[] = {
    {PCI "/vendor", "0x8086\n"},
    {PCI "/device", "0x%d\n"},
    {PCI "/subsystem_vendor", "0x8086\n"},
    {PCI "/subsystem_device", "0x%d\n"},
    {PCI "/class", "0x030000\n"},
    {PCI "/boot_vga", "1\n"},
    {PCI "/enable", "1\n"},
    {PCI "/irq", "16\n"},
    {PCI "/numa_node", "-1\n"},
    {PCI "/modalias", "pci:v00008086d0000%Dsv00008086sd0000%Dbc03sc00i00\n"},
    {PCI "/uevent", "DRIVER=i915\nPCI_CLASS=30000\nPCI_ID=8086:%D\nPCI_SUBSYS_ID=8086:%D\n"
                    "PCI_SLOT_NAME=0000:00:02.0\n"
                    "MODALIAS=pci:v00008086d0000%Dsv00008086sd0000%Dbc03sc00i00\n"},
    /* Registers, ports, aperture, page table; then what is not there, and no ROM. */
    {PCI "/resource", "0x00000000fea00000 0x00000000fea7ffff 0x0000000000040200\n"
                      "0x000000000000dc00 0x000000000000dc07 0x0000000000040101\n"
                      "0x00000000d0000000 0x00000000dfffffff 0x0000000000042208\n"
                      "0x00000000fe900000 0x00000000fe9fffff 0x0000000000040200\n"
                      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"},
    {CARD "/dev", "226:0\n"},
    {CARD "/uevent", "MAJOR=226\nMINOR=0\nDEVNAME=dri/card0\nDEVTYPE=drm_minor\n"},
    {RENDER "/dev", "226:128\n"},
    {RENDER "/uevent", "MAJOR=226\nMINOR=128\nDEVNAME=dri/renderD128\nDEVTYPE=drm_minor\n"},
    {CONNECTOR "/uevent", "DEVTYPE=drm_connector\n"},
    {"sys/class/drm/version", "drm 1.1.0 20060810\n"},
    /* What i915 says of itself where programs look for it. */
    {"sys/module/i915/initstate", "live\n"},
    {"sys/module/i915/refcnt", "1\n"},
    {"sys/module/i915/parameters/disable_display", "N\n"},
    {"sys/module/i915/parameters/enable_fbc", "0\n"},
    {"sys/module/i915/parameters/enable_guc", "0\n"},
    {"sys/module/i915/parameters/enable_hangcheck", "Y\n"},
    {"sys/module/i915/parameters/enable_psr", "0\n"},
    {"sys/module/i915/parameters/error_capture", "Y\n"},
    {"sys/module/i915/parameters/force_reset_modeset_test", "N\n"},
    {"sys/module/i915/parameters/load_detect_test", "N\n"},
    {"sys/module/i915/parameters/modeset", "-1\n"},
    {"sys/module/i915/parameters/nuclear_pageflip", "Y\n"}, /* so gen3 has atomic commits */
    {"sys/module/i915/parameters/reset", "3\n"},
    {"sys/kernel/debug/dri/0/name", "i915 dev=0000:00:02.0 unique=0000:00:02.0\n"},
    {"sys/kernel/debug/dri/0/i915_drop_caches", "0x00000000\n"},
    {"sys/kernel/debug/dri/0/i915_gem_drop_caches", "0x00000000\n"},
    {"sys/kernel/debug/dri/0/i915_wedged", "0\n"},
    {"sys/kernel/debug/dri/0/i915_error_state", "No error state collected\n"},
    {"sys/kernel/debug/dri/0/i915_capabilities",
     "graphics version: 3\nmedia version: 3\ndisplay version: 3\npciid: 0x%d\n"
     "has_llc: no\nhas_logical_contexts: no\nppgtt-type: 0\nppgtt-size: 0\n"},
    {"sys/kernel/debug/dri/0/i915_ring_missed_irq", "0x00000000\n"},
    {"sys/kernel/debug/dri/0/i915_ring_test_irq", "0x00000000\n"},
    /* The data base of udev: known since it was looked at, of the seat's first graphics. */
    {"udev/data/c226:0", "I:1000000\nE:ID_PATH=pci-0000:00:02.0\nE:ID_PATH_TAG=pci-0000_00_02_0\n"
                         "E:ID_FOR_SEAT=drm-pci-0000_00_02_0\nE:ID_SEAT=seat0\n"
                         "G:seat\nG:master-of-seat\nG:uaccess\n"
                         "Q:seat\nQ:master-of-seat\nQ:uaccess\nV:1\n"},
    {"udev/data/c226:128", "I:1000000\nE:ID_PATH=pci-0000:00:02.0\n"
                           "E:ID_PATH_TAG=pci-0000_00_02_0\nV:1\n"},
    {"udev/data/+pci:0000:00:02.0", "I:1000000\nE:ID_VENDOR_FROM_DATABASE=Intel Corporation\n"
                                    "V:1\n"},
    {"udev/data/+drm:" DRM_TREE_CONNECTOR, "I:1000000\nE:ID_PATH=pci-0000:00:02.0\nV:1\n"},
    {"udev/control", ""}, /* udev is there, says libudev, if this is */
    {"udev/tags/seat/c226:0", ""},
    {"udev/tags/master-of-seat/c226:0", ""},
};

struct link_row {
    const char *path, *target;
};

static const struct link_row links[] = {
    {PCI "/subsystem", "../../../bus/pci"},
    {PCI "/driver", "../../../bus/pci/drivers/i915"},
    {CARD "/device", "../../../0000:00:02.0"},
    {CARD "/subsystem", "../../../../../class/drm"},
    {RENDER "/device", "../../../0000:00:02.0"},
    {RENDER "/subsystem", "../../../../../class/drm"},
    {CONNECTOR "/device", "../../card0"},
    {CONNECTOR "/subsystem", "../../../../../../class/drm"},
    {"sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0"},
    {"sys/class/drm/renderD128", "../../devices/pci0000:00/0000:00:02.0/drm/renderD128"},
    {"sys/class/drm/" DRM_TREE_CONNECTOR,
     "../../devices/pci0000:00/0000:00:02.0/drm/card0/" DRM_TREE_CONNECTOR},
    {"sys/dev/char/226:0", "../../devices/pci0000:00/0000:00:02.0/drm/card0"},
    {"sys/dev/char/226:128", "../../devices/pci0000:00/0000:00:02.0/drm/renderD128"},
    {"sys/bus/pci/devices/0000:00:02.0", "../../../devices/pci0000:00/0000:00:02.0"},
    {"sys/bus/pci/drivers/i915/0000:00:02.0", "../../../../devices/pci0000:00/0000:00:02.0"},
    {"sys/bus/pci/drivers/i915/module", "../../../../module/i915"},
    {"sys/module/i915/drivers/pci:i915", "../../../bus/pci/drivers/i915"},
    {"sys/kernel/debug/dri/128", "0"},
    {"dri/by-path/pci-0000:00:02.0-card", "../card0"},
    {"dri/by-path/pci-0000:00:02.0-render", "../renderD128"},
};

/* Directories that list the host's entries, too. */
static const struct link_row lists[] = {
    {"dri", "/dev/dri"},
    {"dri/by-path", "/dev/dri/by-path"},
    {"sys/dev/char", "/sys/dev/char"},
    {"sys/class", "/sys/class"},
    {"sys/class/drm", "/sys/class/drm"},
    {"sys/bus", "/sys/bus"},
    {"sys/bus/pci", "/sys/bus/pci"},
    {"sys/bus/pci/devices", "/sys/bus/pci/devices"},
    {"sys/bus/pci/drivers", "/sys/bus/pci/drivers"},
    {"sys/devices", "/sys/devices"},
    {"sys/devices/pci0000:00", "/sys/devices/pci0000:00"},
    {"udev/tags/seat", "/run/udev/tags/seat"},
    {"udev/tags/master-of-seat", "/run/udev/tags/master-of-seat"},
};

/* The directories above 'path', which lies in 'root'. */
static int make_parents(int root, const char *path)
{
    char part[PATH_MAX];

    for (size_t i = 0; path[i] != '\0' && i + 1 < sizeof(part); i++) {
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdirat(root, part, 0755) != 0 && errno != EEXIST) {
                return -errno;
            }
        }
    }
    return 0;
}

static int write_file(int root, const char *path, const void *bytes, size_t size)
{
    int error = make_parents(root, path);

    if (error != 0) {
        return error;
    }
    /* As sysfs' attributes, but writable for its owner: some programs write parameters. */
    const int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return -errno;
    }
    (void)fchmod(fd, 0644);
    const ssize_t written = write(fd, bytes, size);
    error = written == (ssize_t)size ? 0 : written < 0 ? -errno : -ENOSPC;
    close(fd);
    return error;
}

/* Replaces %d and %D. */
static int write_text(int root, const struct text_row *row, uint16_t device)
{
    char text[1024];
    size_t used = 0;

    for (const char *at = row->text; *at != '\0' && used + 8 < sizeof(text); at++) {
        if (at[0] == '%') {
            at++;
            used += (size_t)snprintf(text + used, sizeof(text) - used, *at == 'D' ? "%04X" : "%04x",
                                     device);
        } else {
            text[used++] = *at;
        }
    }
    return write_file(root, row->path, text, used);
}

static int write_number(int root, const char *path, const char *format, unsigned number)
{
    char text[32];
    const int length = snprintf(text, sizeof(text), format, number);

    return write_file(root, path, text, (size_t)length);
}

/* The first 64 bytes of configuration space are all that is the same for each chip; rest zero. */
static int write_config(int root, const struct drm_tree_info *info)
{
    const uint16_t device = info->pci_device;
    uint8_t config[256] = {
        [0x00] = 0x86,
        0x80,
        (uint8_t)device,
        (uint8_t)(device >> 8),
        [0x04] = 0x07,
        0x00,
        0x90,
        0x00, /* memory, ports, bus master; has capabilities */
        [0x08] = info->revision,
        [0x0b] = 0x03, /* a display controller */
        [0x0e] = 0x80, /* has a second function */
        [0x2c] = 0x86,
        0x80,
        (uint8_t)device,
        (uint8_t)(device >> 8),
    };

    return write_file(root, PCI "/config", config, sizeof(config));
}

/* In the place of what there was: who reads it meanwhile has one or the other. */
static int replace_file(int root, const char *path, const void *bytes, size_t size)
{
    static const char new[] = ".new";
    int error = write_file(root, new, bytes, size);

    if (error == 0 && renameat(root, new, root, path) != 0) {
        error = -errno;
    }
    if (error != 0) {
        (void)unlinkat(root, new, 0);
    }
    return error;
}

static int make_connector(int root, const struct drm_tree_info *info)
{
    const char *modes = info->modes != NULL ? info->modes : "";
    const bool connected = modes[0] != '\0';
    const struct text_row rows[] = {
        {CONNECTOR "/status", connected ? "connected\n" : "disconnected\n"},
        {CONNECTOR "/enabled", connected ? "enabled\n" : "disabled\n"},
        {CONNECTOR "/dpms", connected ? "On\n" : "Off\n"},
        {CONNECTOR "/modes", modes},
    };
    int error = make_parents(root, CONNECTOR "/");

    if (error == 0) {
        error = replace_file(root, CONNECTOR "/edid", info->edid, info->edid_bytes);
    }
    for (size_t i = 0; i < COUNT(rows) && error == 0; i++) {
        error = replace_file(root, rows[i].path, rows[i].text, strlen(rows[i].text));
    }
    return error;
}

/* A socket's file stands for the device: everybody may make one, and stat() tells it from others.
 */
static int make_device(int root, const char *path)
{
    const int error = make_parents(root, path);

    if (error != 0) {
        return error;
    }
    if (mknodat(root, path, S_IFSOCK | 0666, 0) != 0 || fchmodat(root, path, 0666, 0) != 0) {
        return -errno;
    }
    return 0;
}

static int make_link(int root, const struct link_row *row)
{
    const int error = make_parents(root, row->path);

    if (error != 0) {
        return error;
    }
    return symlinkat(row->target, root, row->path) == 0 ? 0 : -errno;
}

/* Names of the host's that ours hide, though we may have none of that name. */
static bool is_hidden(const struct link_row *row, const char *name)
{
    static const struct link_row hidden[] = {
        {"sys/class/drm", "card0-"},
        {"dri/by-path", "pci-0000:00:02.0-"},
    };

    for (size_t i = 0; i < COUNT(hidden); i++) {
        if (strcmp(row->path, hidden[i].path) == 0 &&
            strncmp(name, hidden[i].target, strlen(hidden[i].target)) == 0) {
            return true;
        }
    }
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Links to what the host has and we have not. */
static int list_host(int root, const struct link_row *row)
{
    char path[PATH_MAX], target[PATH_MAX];
    int error = 0;
    DIR *host = opendir(row->target);

    if (host == NULL) {
        return 0;
    }
    for (struct dirent *entry; error == 0 && (entry = readdir(host)) != NULL;) {
        if (is_hidden(row, entry->d_name)) {
            continue;
        }
        const int length = snprintf(path, sizeof(path), "%s/%s", row->path, entry->d_name);
        const int other = snprintf(target, sizeof(target), "%s/%s", row->target, entry->d_name);
        if (length < (int)sizeof(path) && other < (int)sizeof(target) &&
            symlinkat(target, root, path) != 0 && errno != EEXIST) {
            error = -errno;
        }
    }
    closedir(host);
    return error;
}

static int make_all(int root, const struct drm_tree_info *info)
{
    int error = make_device(root, "dri/card0");

    if (error == 0) {
        error = make_device(root, "dri/renderD128");
    }
    for (size_t i = 0; i < COUNT(texts) && error == 0; i++) {
        error = write_text(root, &texts[i], info->pci_device);
    }
    for (size_t i = 0; i < COUNT(links) && error == 0; i++) {
        error = make_link(root, &links[i]);
    }
    if (error == 0) {
        error = write_number(root, PCI "/revision", "0x%02x\n", info->revision);
    }
    if (error == 0) {
        error = write_config(root, info);
    }
    if (error == 0) {
        error = make_connector(root, info);
    }
    for (size_t i = 0; i < COUNT(lists) && error == 0; i++) {
        error = list_host(root, &lists[i]);
    }
    return error;
}

int drm_tree_make(const char *directory, const struct drm_tree_info *info)
{
    const int root = open(directory, O_DIRECTORY | O_PATH | O_CLOEXEC);

    if (root < 0) {
        return -errno;
    }
    const mode_t mask = umask(022);
    const int error = make_all(root, info);
    umask(mask);
    close(root);
    return error;
}

int drm_tree_set_connector(const char *directory, const struct drm_tree_info *info)
{
    const int root = open(directory, O_DIRECTORY | O_PATH | O_CLOEXEC);

    if (root < 0) {
        return -errno;
    }
    const int error = make_connector(root, info);
    close(root);
    return error;
}
