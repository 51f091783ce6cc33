/* SPDX-License-Identifier: MIT */
#include "hw/pci/find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hw/pci/chip.h"

#define VENDOR_INTEL  0x8086u
#define CLASS_DISPLAY 0x03u

/* A number of so many hexadecimal digits, and what must follow it. */
static bool take_hex(const char **text, unsigned digits, char end, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        static const char all[] = "0123456789abcdef";
        char c = **text;
        const char *digit =
            c != '\0' ? strchr(all, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
        if (digit == NULL) {
            return false;
        }
        *value = *value << 4 | (uint32_t)(digit - all);
        (*text)++;
    }
    return *(*text)++ == end;
}

bool pci_slot_parse(const char *text, struct pci_function *place)
{
    uint32_t domain, bus, dev, func;
    if (!take_hex(&text, 4, ':', &domain) || !take_hex(&text, 2, ':', &bus) ||
        !take_hex(&text, 2, '.', &dev) || !take_hex(&text, 1, '\0', &func) || dev > 31 ||
        func > 7) {
        return false;
    }
    *place = (struct pci_function){
        .domain = domain, .bus = (uint8_t)bus, .dev = (uint8_t)dev, .func = (uint8_t)func};
    return true;
}

static bool is_gen3(const struct pci_function *function)
{
    return function->vendor == VENDOR_INTEL && pci_chip_find(function->device) != NULL;
}

static bool is_at(const struct pci_function *function, const struct pci_function *place)
{
    return function->domain == place->domain && function->bus == place->bus &&
           function->dev == place->dev && function->func == place->func;
}

/* ---- which ---- */

static int tell_none(const struct pci_function *all, size_t count, struct pci_error *error)
{
    char text[320] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof(text) - 1; i++) {
        char slot[PCI_SLOT_MAX], what[192];
        if (all[i].class >> 16 != CLASS_DISPLAY) {
            continue;
        }
        pci_function_slot(&all[i], slot);
        pci_function_describe(&all[i], what, sizeof(what));
        int written = snprintf(text + length, sizeof(text) - length, "%s%s %s",
                               length > 0 ? ", " : "", slot, what);
        length += written > 0 ? (size_t)written : 0;
    }
    return pci_error_set(error, -ENODEV, "no GPU of gen3 (915, 945, G33, Pineview) is here; %s%s",
                         length > 0 ? "there is " : "nor any other", text);
}

static int choose(const struct pci_function *all, size_t count, const char *slot,
                  struct pci_function *gpu, struct pci_error *error)
{
    struct pci_function place;
    if (slot != NULL && !pci_slot_parse(slot, &place)) {
        return pci_error_set(error, -EINVAL, "%s is no place on a PCI bus, as 0000:00:02.0 is",
                             slot);
    }
    for (size_t i = 0; i < count; i++) {
        char what[192];
        if (slot == NULL ? !is_gen3(&all[i]) : !is_at(&all[i], &place)) {
            continue;
        }
        if (!is_gen3(&all[i])) {
            pci_function_describe(&all[i], what, sizeof(what));
            return pci_error_set(error, -ENOTSUP,
                                 "%s is %s, and no GPU of gen3 (915, 945, G33, Pineview)", slot,
                                 what);
        }
        *gpu = all[i];
        return 0;
    }
    return slot == NULL ? tell_none(all, count, error)
                        : pci_error_set(error, -ENODEV, "nothing is at %s", slot);
}

/* Function 0:0.0 of the GPU's bus; all zero when there is none to be seen. */
static void find_bridge(const struct pci_function *all, size_t count,
                        const struct pci_function *gpu, struct pci_function *bridge)
{
    struct pci_function place = {.domain = gpu->domain, .bus = gpu->bus};
    *bridge = (struct pci_function){0};
    for (size_t i = 0; i < count; i++) {
        if (is_at(&all[i], &place)) {
            *bridge = all[i];
        }
    }
}

/* ---- whether it can be had ---- */

bool pci_driver_of(const struct pci_system *system, const struct pci_function *function,
                   char *driver, size_t size)
{
    char path[PATH_MAX], target[PATH_MAX];
    if (!pci_function_path(system, function, "driver", path, sizeof(path))) {
        return false;
    }
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    const char *name = strrchr(target, '/');
    snprintf(driver, size, "%s", name != NULL ? name + 1 : target);
    return true;
}

static void add_uio_remedies(const struct pci_system *system, const char *slot,
                             struct pci_error *error)
{
    pci_error_remedy(error, "modprobe %s", PCI_DRIVER_UIO);
    pci_error_remedy(error, "echo %s > %s/%s/driver_override", PCI_DRIVER_UIO, system->devices,
                     slot);
    pci_error_remedy(error, "echo %s > %s_probe", slot, system->drivers);
}

static int check_driver(const struct pci_system *system, const struct pci_function *gpu,
                        const char *slot, struct pci_error *error)
{
    char driver[64];
    if (!pci_driver_of(system, gpu, driver, sizeof(driver)) ||
        strcmp(driver, PCI_DRIVER_UIO) == 0) {
        return 0;
    }
    (void)pci_error_set(error, -EBUSY, "the kernel's driver %s has %s; it must let go first",
                        driver, slot);
    if (strcmp(driver, "i915") == 0) {
        /* The console holds it. */
        pci_error_remedy(error, "echo 0 > /sys/class/vtconsole/vtcon1/bind");
    }
    pci_error_remedy(error, "echo %s > %s/%s/unbind", slot, system->drivers, driver);
    add_uio_remedies(system, slot, error);
    return -EBUSY;
}

static int check_bars(const struct pci_system *system, const struct pci_function *gpu,
                      const char *slot, struct pci_error *error)
{
    static const struct {
        unsigned bar;
        const char *what;
    } needed[] = {{0, "registers"}, {2, "aperture"}, {3, "page table"}};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const struct pci_bar *bar = &gpu->bars[needed[i].bar];
        if (bar->base == 0 || bar->size == 0 || bar->is_io) {
            (void)pci_error_set(error, -ENXIO,
                                "%s: BAR %u (%s) has no place: at 0x%llx, 0x%llx bytes", slot,
                                needed[i].bar, needed[i].what, (unsigned long long)bar->base,
                                (unsigned long long)bar->size);
            pci_error_remedy(error, "enable the internal graphics in the firmware's setup, or boot "
                                    "with pci=realloc");
            return -ENXIO;
        }
    }
    return 0;
}

/* The first line of a file; false: there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t length = read(fd, line, size - 1);
    close(fd);
    if (length <= 0) {
        return false;
    }
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return true;
}

static int check_lockdown(const struct pci_system *system, const struct pci_function *gpu,
                          const char *slot, struct pci_error *error)
{
    char line[128];
    if (!read_line(system->lockdown, line, sizeof(line)) || strstr(line, "[none]") != NULL ||
        strchr(line, '[') == NULL) {
        return 0;
    }
    (void)pci_error_set(
        error, -EPERM, "the kernel is locked down (%s): nobody can map a device's registers", line);
    pci_error_remedy(error, "switch Secure Boot off, or boot without lockdown=");
    return -EPERM;
}

/* What the GPU is told must be what is on its bus. */
static int check_iommu(const struct pci_system *system, const struct pci_function *gpu,
                       const char *slot, struct pci_error *error)
{
    char path[PATH_MAX], type[64];
    if (!pci_function_path(system, gpu, "iommu_group/type", path, sizeof(path)) ||
        !read_line(path, type, sizeof(type)) || strcmp(type, "identity") == 0) {
        return 0;
    }
    (void)pci_error_set(error, -ENOTSUP, "%s is behind an IOMMU that translates its addresses (%s)",
                        slot, type);
    pci_error_remedy(error, "boot with intel_iommu=igfx_off, or iommu=pt");
    return -ENOTSUP;
}

static int check_access(const struct pci_system *system, const struct pci_function *gpu,
                        const char *slot, struct pci_error *error)
{
    static const char *const files[] = {"config", "resource0", "resource2", "resource3"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[PATH_MAX];
        if (!pci_function_path(system, gpu, files[i], path, sizeof(path)) ||
            access(path, R_OK | W_OK) != 0) {
            int code = -errno;
            (void)pci_error_set(error, code, "%s: %s", path, strerror(-code));
            if (code == -EACCES || code == -EPERM) {
                pci_error_remedy(error, "start as root; --user NAME gives that up again");
            }
            return code;
        }
    }
    return 0;
}

static int check(const struct pci_system *system, const struct pci_function *gpu,
                 struct pci_error *error)
{
    static int (*const checks[])(const struct pci_system *, const struct pci_function *,
                                 const char *, struct pci_error *) = {
        check_driver, check_lockdown, check_iommu, check_access, check_bars,
    };
    char slot[PCI_SLOT_MAX];
    int code = 0;
    pci_function_slot(gpu, slot);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && code == 0; i++) {
        code = checks[i](system, gpu, slot, error);
    }
    return code;
}

int pci_find(const struct pci_system *system, const char *slot, struct pci_function *gpu,
             struct pci_function *bridge, struct pci_error *error)
{
    struct pci_function *all = NULL;
    size_t count = 0;
    *error = (struct pci_error){0};
    int code = system->list(&all, &count);
    if (code != 0) {
        return pci_error_set(error, code, "the PCI bus cannot be read: %s", strerror(-code));
    }
    code = choose(all, count, slot, gpu, error);
    if (code == 0) {
        find_bridge(all, count, gpu, bridge);
        code = check(system, gpu, error);
    }
    free(all);
    return code;
}
