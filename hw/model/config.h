/* SPDX-License-Identifier: MIT */
/* PCI configuration space of function 0:2.0, with the graphics reset register. */
#ifndef GEMD_HW_MODEL_CONFIG_H
#define GEMD_HW_MODEL_CONFIG_H

#include <stdint.h>

#define CONFIG_SIZE 256

struct model;

struct config {
    uint8_t bytes[CONFIG_SIZE];
    uint8_t writable[CONFIG_SIZE];
};

void model_config_init(struct model *model);

/* Size is 1, 2 or 4, offset a multiple of it; anything else reads all ones. They take the lock. */
uint32_t model_config_read(struct model *model, uint32_t offset, unsigned size);
void model_config_write(struct model *model, uint32_t offset, unsigned size, uint32_t value);

#endif
