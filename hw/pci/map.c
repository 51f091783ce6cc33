/* SPDX-License-Identifier: MIT */
#include "hw/pci/map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGISTERS_SIZE (512u << 10) /* doc/gen3.md A.2 */

int pci_config_open(const struct pci_system *system, const struct pci_function *function)
{
    char path[PATH_MAX];
    if (!pci_function_path(system, function, "config", path, sizeof(path))) {
        return -ENAMETOOLONG;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

uint32_t pci_config_read(int config, uint32_t offset, unsigned size)
{
    uint8_t bytes[4];
    uint32_t value = 0;
    if (size > sizeof(bytes) || pread(config, bytes, size, (off_t)offset) != (ssize_t)size) {
        return size < 4 ? (1u << 8 * size) - 1 : ~0u;
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)bytes[i] << 8 * i;
    }
    return value;
}

int pci_config_write(int config, uint32_t offset, unsigned size, uint32_t value)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    if (size > sizeof(bytes)) {
        return -EINVAL;
    }
    ssize_t written = pwrite(config, bytes, size, (off_t)offset);
    return written == (ssize_t)size ? 0 : written < 0 ? -errno : -EIO;
}

/* MAP_FAILED with errno set. */
static void *map_file(const struct pci_system *system, const struct pci_function *gpu,
                      const char *file, uint64_t size)
{
    char path[PATH_MAX];
    if (size > SIZE_MAX || !pci_function_path(system, gpu, file, path, sizeof(path))) {
        errno = ENAMETOOLONG;
        return MAP_FAILED;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return MAP_FAILED;
    }
    void *memory = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    return memory;
}

static int tell_failure(const char *what, const char *file, struct pci_error *error)
{
    int code = -errno;
    (void)pci_error_set(error, code, "the %s cannot be mapped (%s): %s", what, file,
                        strerror(-code));
    if (code == -EPERM || code == -EACCES) {
        pci_error_remedy(error, "start as root, and see that the kernel is not locked down");
    }
    return code;
}

static int map_registers(struct pci_map *map, const struct pci_system *system,
                         const struct pci_function *gpu, struct pci_error *error)
{
    uint64_t size = gpu->bars[0].size < REGISTERS_SIZE ? gpu->bars[0].size : REGISTERS_SIZE;
    void *memory = map_file(system, gpu, "resource0", size);
    if (memory == MAP_FAILED) {
        return tell_failure("registers", "resource0", error);
    }
    map->registers = memory;
    map->registers_size = size;
    return 0;
}

static int map_gtt(struct pci_map *map, const struct pci_system *system,
                   const struct pci_function *gpu, struct pci_error *error)
{
    void *memory = map_file(system, gpu, "resource3", gpu->bars[3].size);
    if (memory == MAP_FAILED) {
        return tell_failure("page table", "resource3", error);
    }
    map->gtt = memory;
    map->gtt_size = gpu->bars[3].size;
    return 0;
}

static int map_aperture(struct pci_map *map, const struct pci_system *system,
                        const struct pci_function *gpu, struct pci_error *error)
{
    /* Only a prefetchable BAR has the first; another type for the same pages is refused, too. */
    static const char *const files[] = {"resource2_wc", "resource2"};
    for (unsigned i = 0; i < 2; i++) {
        void *memory = map_file(system, gpu, files[i], gpu->bars[2].size);
        if (memory != MAP_FAILED) {
            map->aperture = memory;
            map->aperture_size = gpu->bars[2].size;
            map->is_combined = i == 0;
            return 0;
        }
    }
    return tell_failure("aperture", files[1], error);
}

/*
 * The supervisor of a daemon that was killed puts back what that one found; who looked meanwhile
 * would find the daemon's. The lock belongs to the open file, which the supervisor has of its
 * daemon: it is free when both have gone, of whatever, and nothing is left over. All who drive the
 * device have this file open, wherever their sockets are, and only root may open it.
 */
static int lock(struct pci_map *map, const struct pci_system *system,
                const struct pci_function *gpu, struct pci_error *error)
{
    for (unsigned i = 0; flock(map->config, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            int code = -errno;
            return pci_error_set(error, code, "the device cannot be locked: %s", strerror(-code));
        }
        if (i == PCI_LOCK_STEPS) {
            char slot[PCI_SLOT_MAX];
            pci_function_slot(gpu, slot);
            (void)pci_error_set(
                error, -EBUSY, "another process drives the device: a gemd, or what is left of one");
            pci_error_remedy(error, "fuser -v %s/%s/config", system->devices, slot);
            return -EBUSY;
        }
        system->pause(PCI_LOCK_STEP_NS);
    }
    return 0;
}

int pci_map_open(struct pci_map *map, const struct pci_system *system,
                 const struct pci_function *gpu, struct pci_error *error)
{
    static int (*const steps[])(struct pci_map *, const struct pci_system *,
                                const struct pci_function *,
                                struct pci_error *) = {lock, map_registers, map_gtt, map_aperture};
    *map = (struct pci_map){.config = pci_config_open(system, gpu)};
    int code = map->config < 0 ? map->config : 0;
    if (code != 0) {
        return pci_error_set(error, code, "the configuration space cannot be opened: %s",
                             strerror(-code));
    }
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == 0; i++) {
        code = steps[i](map, system, gpu, error);
    }
    if (code != 0) {
        pci_map_close(map);
    }
    return code;
}

static void unmap(volatile void *memory, uint64_t size)
{
    if (memory != NULL) {
        munmap((void *)memory, (size_t)size);
    }
}

void pci_map_close(struct pci_map *map)
{
    unmap(map->registers, map->registers_size);
    unmap(map->gtt, map->gtt_size);
    unmap(map->aperture, map->aperture_size);
    if (map->config >= 0) {
        close(map->config);
    }
    *map = (struct pci_map){.config = -1};
}
