/* SPDX-License-Identifier: MIT */
#include "hw/pci/irq.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hw/pci/map.h"

/* "uio0"; false: the GPU has no such device. */
static bool find_uio(const struct pci_system *system, const struct pci_function *gpu, char *name,
                     size_t size)
{
    char path[PATH_MAX];
    bool found = false;
    DIR *directory =
        pci_function_path(system, gpu, "uio", path, sizeof(path)) ? opendir(path) : NULL;
    const struct dirent *entry;
    while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
        found = strncmp(entry->d_name, "uio", 3) == 0 && strlen(entry->d_name) < size;
        if (found) {
            strcpy(name, entry->d_name);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return found;
}

static int open_timer(struct pci_irq *irq, struct pci_error *error)
{
    const struct itimerspec when = {.it_interval = {.tv_nsec = PCI_POLL_NS},
                                    .it_value = {.tv_nsec = PCI_POLL_NS}};
    irq->polls = true;
    irq->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (irq->fd < 0 || timerfd_settime(irq->fd, 0, &when, NULL) != 0) {
        int code = -errno;
        pci_irq_close(irq);
        return pci_error_set(error, code, "there is no timer to poll by: %s", strerror(-code));
    }
    return 0;
}

int pci_irq_open(struct pci_irq *irq, const struct pci_system *system,
                 const struct pci_function *gpu, int config, struct pci_error *error)
{
    char name[32], path[PATH_MAX];
    *irq = (struct pci_irq){
        .fd = -1,
        .config = config,
        .command = pci_config_read(config, PCI_COMMAND, 2) & ~PCI_COMMAND_INTX_OFF,
    };
    if (!find_uio(system, gpu, name, sizeof(name))) {
        return open_timer(irq, error);
    }
    snprintf(path, sizeof(path), "%s/%s", system->dev, name);
    irq->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (irq->fd < 0) {
        int code = -errno;
        return pci_error_set(error, code, "interrupts: %s: %s", path, strerror(-code));
    }
    return 0;
}

void pci_irq_close(struct pci_irq *irq)
{
    if (irq->fd >= 0) {
        close(irq->fd);
    }
    irq->fd = -1;
}

/* A uio device has its count in 4 bytes, and takes reads of no other size; a timer has 8. */
bool pci_irq_take(struct pci_irq *irq)
{
    uint8_t count[8];
    size_t size = irq->polls ? 8 : 4;
    return read(irq->fd, count, size) == (ssize_t)size;
}

void pci_irq_unmask(struct pci_irq *irq)
{
    if (!irq->polls) {
        (void)pci_config_write(irq->config, PCI_COMMAND, 2, irq->command);
    }
}
