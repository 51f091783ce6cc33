/* SPDX-License-Identifier: MIT */
#include "tests/unit/pci/bus.h"

#include "tests/unit/pci/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_BYTES 256u

static struct bus *current;

static int list(struct pci_function **functions, size_t *count)
{
    *functions = calloc(BUS_FUNCTIONS_MAX, sizeof(**functions));
    assert_non_null(*functions);
    memcpy(*functions, current->functions, sizeof(current->functions));
    *count = current->count;
    return 0;
}

void bus_init(struct bus *bus)
{
    *bus = (struct bus){.root = "/tmp/gemd-pci-XXXXXX"};
    assert_non_null(mkdtemp(bus->root));
    static const char *const names[] = {"devices", "drivers", "dev", "lockdown", "iomem"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(bus->paths[i], sizeof(bus->paths[i]), "%s/%s", bus->root, names[i]);
    }
    bus->system = (struct pci_system){
        .list = list,
        .devices = bus->paths[0],
        .drivers = bus->paths[1],
        .dev = bus->paths[2],
        .lockdown = bus->paths[3],
        .iomem = bus->paths[4],
        .pagemap = "/proc/self/pagemap",
    };
    current = bus;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    return remove(path);
}

void bus_finish(struct bus *bus)
{
    assert_int_equal(nftw(bus->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *bus_path(const struct bus *bus, const char *file)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", bus->root, file);
    return path;
}

const char *bus_gpu_path(const struct bus *bus, const char *file)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/0000:00:02.0/%s", bus->system.devices, file);
    return path;
}

static void make_directories(const char *path)
{
    char directory[256];
    snprintf(directory, sizeof(directory), "%s", path);
    for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(directory, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

void bus_write(const char *path, const void *bytes, size_t size, uint64_t file_size)
{
    make_directories(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(ftruncate(fd, (off_t)file_size), 0);
    close(fd);
}

void bus_write_text(const char *path, const char *text)
{
    bus_write(path, text, strlen(text), strlen(text));
}

void bus_link(const char *path, const char *target)
{
    make_directories(path);
    assert_int_equal(symlink(target, path), 0);
}

uint32_t bus_read_dword(const char *path, uint64_t offset)
{
    uint32_t value = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &value, 4, (off_t)offset), 4);
    close(fd);
    return value;
}

void bus_write_dword(const char *path, uint64_t offset, uint32_t value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &value, 4, (off_t)offset), 4);
    close(fd);
}

static void add_files(const struct bus *bus, const struct pci_function *function)
{
    static const struct {
        const char *name;
        unsigned bar;
    } files[] = {{"resource0", 0}, {"resource2", 2}, {"resource3", 3}};
    const uint8_t ids[4] = {(uint8_t)function->vendor, (uint8_t)(function->vendor >> 8),
                            (uint8_t)function->device, (uint8_t)(function->device >> 8)};
    char path[256];
    assert_true(pci_function_path(&bus->system, function, "config", path, sizeof(path)));
    bus_write(path, ids, sizeof(ids), CONFIG_BYTES);
    for (unsigned i = 0; i < 3 && function->bars[0].size != 0; i++) {
        assert_true(pci_function_path(&bus->system, function, files[i].name, path, sizeof(path)));
        bus_write(path, "", 0, function->bars[files[i].bar].size);
    }
}

struct pci_function *bus_add(struct bus *bus, uint8_t dev, uint16_t vendor, uint16_t device,
                             const char *name)
{
    struct pci_function *function = &bus->functions[bus->count++];
    *function = (struct pci_function){.dev = dev, .vendor = vendor, .device = device};
    snprintf(function->name, sizeof(function->name), "%s", name);
    function->class = dev == 0 ? 0x060000 : 0x030000;
    if (dev != 0) {
        function->bars[0] = (struct pci_bar){0xfea00000, 512u << 10, false};
        function->bars[1] = (struct pci_bar){0xc000, 8, true};
        function->bars[2] = (struct pci_bar){0xe0000000, BUS_APERTURE, false};
        function->bars[3] = (struct pci_bar){0xfeb00000, BUS_ENTRIES_BYTES, false};
    }
    add_files(bus, function);
    return function;
}
