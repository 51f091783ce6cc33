/* SPDX-License-Identifier: MIT */
/*
 * Configuration space of the device: the model's, and over it what a machine adds to a chip: the
 * status register, capabilities of message-signalled interrupts and of power management, and where
 * stolen memory is.
 */
#ifndef GEMD_TOOLS_GMA_VFIO_USER_CONFIG_SPACE_H
#define GEMD_TOOLS_GMA_VFIO_USER_CONFIG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

#define CONFIG_SPACE_SIZE 256u
#define CONFIG_SPACE_BARS 4u

#define CONFIG_SPACE_MSI          0x90u
#define CONFIG_SPACE_PM           0xd0u
#define CONFIG_SPACE_COMMAND      0x04u
#define CONFIG_SPACE_STATUS       0x06u
#define CONFIG_COMMAND_INTX_OFF   (1u << 10)
#define CONFIG_STATUS_INTX        (1u << 3)
#define CONFIG_SPACE_PM_CONTROL   (CONFIG_SPACE_PM + 4)
#define CONFIG_SPACE_CAPABILITIES 0x34u
#define CONFIG_SPACE_BSM          0x5cu

struct config_space {
    /* The bytes that are not the model's: 'own' of them, 'writable' bits. */
    uint8_t bytes[CONFIG_SPACE_SIZE];
    uint8_t writable[CONFIG_SPACE_SIZE];
    bool own[CONFIG_SPACE_SIZE];
    uint32_t bar_sizes[CONFIG_SPACE_BARS]; /* bytes */
};

struct config_snapshot {
    uint32_t model[CONFIG_SPACE_SIZE / 4];
    uint8_t bytes[CONFIG_SPACE_SIZE];
};

/* As after power-on, for the device's new model. */
void config_space_reset(struct device *device);

/* Over a restart of the model: what software has written. */
void config_space_save(struct device *device, struct config_snapshot *snapshot);
void config_space_restore(struct device *device, const struct config_snapshot *snapshot);

/* offset + count is at most CONFIG_SPACE_SIZE. */
void config_space_read(struct device *device, uint64_t offset, uint8_t *to, size_t count);
/* 0, or a negative errno when the device could not be woken: then it is of no use any more. */
int config_space_write(struct device *device, uint64_t offset, const uint8_t *from, size_t count);

/* PCI_COMMAND bit 10: INTx is off. */
bool config_space_intx_is_off(struct device *device);

#endif
