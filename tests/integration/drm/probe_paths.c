/* SPDX-License-Identifier: MIT */
/* What names show: device files, sysfs, udev. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libudev.h>
#include <linux/magic.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/integration/drm/probe.h"

#define CARD "/dev/dri/card0"
#define PCI  "/sys/devices/pci0000:00/0000:00:02.0"

static bool is_device(const struct stat *status, unsigned minor)
{
    return TRUE(S_ISCHR(status->st_mode)) && TRUE(status->st_rdev == makedev(226, minor));
}

static bool stat_family(void)
{
    struct stat status, other;
    struct stat64 large;
    struct statx extended;
    const int fd = open(CARD, O_PATH | O_CLOEXEC), directory = open("/dev/dri", O_DIRECTORY);

    bool good = TRUE(stat(CARD, &status) == 0) && is_device(&status, 0) &&
                TRUE(lstat("/dev/dri/renderD128", &other) == 0) && is_device(&other, 128) &&
                TRUE(status.st_ino != other.st_ino) && TRUE(stat64(CARD, &large) == 0) &&
                TRUE(large.st_rdev == status.st_rdev) && TRUE(fd >= 0 && directory >= 0) &&
                TRUE(fstat(fd, &other) == 0) && is_device(&other, 0) &&
                TRUE(other.st_ino == status.st_ino) &&
                TRUE(fstatat(directory, "card0", &other, 0) == 0) && is_device(&other, 0) &&
                TRUE(fstatat(fd, "", &other, AT_EMPTY_PATH) == 0) && is_device(&other, 0);
    good = good && TRUE(statx(AT_FDCWD, CARD, 0, STATX_BASIC_STATS, &extended) == 0) &&
           TRUE(S_ISCHR(extended.stx_mode) && extended.stx_rdev_major == 226 &&
                extended.stx_rdev_minor == 0);
    close(fd);
    close(directory);
    return good;
}

/* Programs of before glibc 2.33 call these. */
static bool old_stat(void)
{
    struct stat status;
    int (*call)(int, const char *, struct stat *);

    *(void **)&call = dlsym(RTLD_DEFAULT, "__xstat");
    return TRUE(call != NULL) && TRUE(call(1, CARD, &status) == 0) && is_device(&status, 0);
}

static bool nothing_else(void)
{
    struct stat status;

    return TRUE(access(CARD, R_OK | W_OK) == 0) && TRUE(access("/dev/dri/card00", F_OK) != 0) &&
           TRUE(errno == ENOENT) && TRUE(stat("/dev/null", &status) == 0) &&
           TRUE(status.st_rdev == makedev(1, 3)) && TRUE(open("/dev/dri/card0/x", O_RDONLY) < 0) &&
           TRUE(errno == ENOTDIR) && TRUE(open(CARD, O_CREAT | O_EXCL | O_RDWR, 0600) < 0) &&
           TRUE(errno == EEXIST);
}

static bool bad_paths(void)
{
    char longest[PATH_MAX + 100];
    const char *volatile none = NULL;
    struct stat status;

    memset(longest, 'x', sizeof(longest));
    memcpy(longest, "/sys/class/drm/card0/", 21);
    longest[sizeof(longest) - 1] = '\0';
    return TRUE(stat(longest, &status) != 0) && TRUE(errno == ENAMETOOLONG) &&
           TRUE(stat(none, &status) != 0) && TRUE(errno == EFAULT) &&
           TRUE(open(none, O_RDONLY) < 0) && TRUE(errno == EFAULT) &&
           TRUE(stat("", &status) != 0) && TRUE(errno == ENOENT);
}

static unsigned count_entries(const char *path, bool *devices)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, "card0") == 0 || strcmp(entry->d_name, "renderD128") == 0) {
            *devices = *devices && entry->d_type == DT_CHR;
            count++;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

static bool lists(void)
{
    struct dirent **entries;
    glob_t found;
    bool devices = true, none = true;
    const int count = scandir("/dev/dri", &entries, NULL, alphasort);

    free_entries(entries, count);
    const int directory = open("/dev/dri", O_DIRECTORY | O_CLOEXEC);
    struct dirent **again;
    const int other = scandirat(directory, "by-path", &again, NULL, alphasort);
    free_entries(again, other);
    close(directory);
    bool good = TRUE(count >= 5) && TRUE(other >= 4) &&
                TRUE(count_entries("/dev/dri", &devices) == 2) && TRUE(devices) &&
                TRUE(count_entries("/sys/class/drm", &none) == 2) &&
                TRUE(glob("/dev/dri/card*", 0, NULL, &found) == 0);
    if (good) {
        good = TRUE(found.gl_pathc >= 1) && TRUE(strcmp(found.gl_pathv[0], CARD) == 0);
        globfree(&found);
    }
    return good;
}

static bool reads(int fd, const char *text)
{
    char content[256];
    const ssize_t count = fd >= 0 ? read(fd, content, sizeof(content) - 1) : -1;

    content[count > 0 ? count : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    return strncmp(content, text, strlen(text)) == 0;
}

static bool attributes(void)
{
    char line[64] = "";
    FILE *file = fopen("/sys/dev/char/226:0/device/vendor", "re");
    const int directory = open(PCI, O_DIRECTORY | O_CLOEXEC);

    if (!TRUE(file != NULL)) {
        return false;
    }
    const bool whole = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    const bool good =
        TRUE(whole && strcmp(line, "0x8086\n") == 0) &&
        TRUE(reads(openat(directory, "device", O_RDONLY), "0x")) &&
        TRUE(reads(open("/sys/class/drm/card0/dev", O_RDONLY), "226:0\n")) &&
        TRUE(reads(open("/sys/class/drm/card0/../../uevent", O_RDONLY), "DRIVER=i915\n")) &&
        TRUE(reads(open("//sys/./bus/pci//devices/0000:00:02.0/uevent", O_RDONLY), "DRIVER=i915"));
    close(directory);
    return good;
}

static bool links(void)
{
    char text[PATH_MAX], small[4];
    const ssize_t count = readlink("/sys/class/drm/card0", text, sizeof(text) - 1);

    text[count > 0 ? count : 0] = '\0';
    return TRUE(strcmp(text, "../../devices/pci0000:00/0000:00:02.0/drm/card0") == 0) &&
           TRUE(readlink("/sys/class/drm/card0", small, sizeof(small)) == sizeof(small)) &&
           TRUE(realpath("/sys/dev/char/226:128/device", text) != NULL) &&
           TRUE(strcmp(text, PCI) == 0) &&
           TRUE(realpath("/dev/dri/by-path/pci-0000:00:02.0-card", text) != NULL) &&
           TRUE(strcmp(text, CARD) == 0) &&
           TRUE(readlink(PCI "/subsystem", text, sizeof(text)) > 0);
}

static bool file_systems(void)
{
    struct statfs status;
    struct statvfs posix;
    const int fd = open(PCI "/uevent", O_RDONLY);

    const bool good = TRUE(statvfs("/sys/class/drm", &posix) == 0) &&
                      TRUE(statfs("/sys/class/drm/card0", &status) == 0) &&
                      TRUE(status.f_type == SYSFS_MAGIC) && TRUE(fstatfs(fd, &status) == 0) &&
                      TRUE(status.f_type == SYSFS_MAGIC);
    close(fd);
    return good;
}

static bool working_directory(void)
{
    char before[PATH_MAX], text[PATH_MAX];
    struct stat status;

    bool good = TRUE(getcwd(before, sizeof(before)) != NULL) && TRUE(chdir("/sys/class/drm") == 0);
    char *name = get_current_dir_name();
    good = good && TRUE(name != NULL && strcmp(name, "/sys/class/drm") == 0);
    free(name);
    good = good && TRUE(getcwd(text, sizeof(text)) != NULL) &&
           TRUE(strcmp(text, "/sys/class/drm") == 0) && TRUE(stat("card0/device", &status) == 0) &&
           TRUE(chdir("/dev/dri") == 0) && TRUE(stat("card0", &status) == 0) &&
           is_device(&status, 0);
    return TRUE(chdir(before) == 0) && good;
}

/* What the host has beside stays. */
static bool host(void)
{
    struct stat status;
    unsigned count = 0;
    DIR *directory = opendir("/sys/class");

    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        count += strcmp(entry->d_name, "net") == 0 || strcmp(entry->d_name, "drm") == 0;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return TRUE(count == 2) && TRUE(stat("/sys/class/net/lo/ifindex", &status) == 0) &&
           TRUE(S_ISREG(status.st_mode)) && TRUE(stat("/sys/kernel", &status) == 0);
}

static struct udev_enumerate *enumerate(struct udev *udev)
{
    struct udev_enumerate *list = udev_enumerate_new(udev);

    udev_enumerate_add_match_subsystem(list, "drm");
    udev_enumerate_add_match_sysname(list, "card[0-9]*");
    udev_enumerate_scan_devices(list);
    return list;
}

static bool is_card(struct udev_device *device)
{
    struct udev_device *parent = udev_device_get_parent_with_subsystem_devtype(device, "pci", NULL);
    const char *node = udev_device_get_devnode(device);
    const char *boot = parent != NULL ? udev_device_get_sysattr_value(parent, "boot_vga") : NULL;

    return TRUE(node != NULL && strcmp(node, CARD) == 0) &&
           TRUE(udev_device_get_devnum(device) == makedev(226, 0)) &&
           TRUE(udev_device_get_is_initialized(device) == 1) &&
           TRUE(udev_device_has_tag(device, "seat") == 1) &&
           TRUE(boot != NULL && strcmp(boot, "1") == 0);
}

/* As compositors look for what they may draw on. */
static bool udev_lists(void)
{
    struct udev *udev = udev_new();
    struct udev_enumerate *list = enumerate(udev);
    struct udev_list_entry *entry;
    bool good = false;

    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list))
    {
        const char *path = udev_list_entry_get_name(entry);
        struct udev_device *device = udev_device_new_from_syspath(udev, path);
        if (device != NULL && strcmp(udev_device_get_sysname(device), "card0") == 0) {
            good = TRUE(strcmp(path, PCI "/drm/card0") == 0) && is_card(device);
        }
        udev_device_unref(device);
    }
    udev_enumerate_unref(list);
    struct udev_device *by_number = udev_device_new_from_devnum(udev, 'c', makedev(226, 0));
    good = TRUE(good) && TRUE(by_number != NULL) && is_card(by_number);
    udev_device_unref(by_number);
    udev_unref(udev);
    return good;
}

const struct probe_check probe_path_checks[] = {
    {"stat_family", stat_family},
    {"old_stat", old_stat},
    {"nothing_else", nothing_else},
    {"bad_paths", bad_paths},
    {"lists", lists},
    {"attributes", attributes},
    {"links", links},
    {"file_systems", file_systems},
    {"working_directory", working_directory},
    {"host", host},
    {"udev_lists", udev_lists},
    {NULL, NULL},
};
