/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space: graphics (0:2.0, with the graphics reset register), its second function
 * (0:2.1) and what software needs of the host bridge (0:0.0).
 */
#ifndef GEMD_HW_MODEL_CONFIG_H
#define GEMD_HW_MODEL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/model.h"

#define CONFIG_SIZE      256
#define CONFIG_FUNCTIONS 3 /* enum model_function */

struct model;

struct config {
    bool exists; /* else all ones */
    uint8_t bytes[CONFIG_SIZE];
    uint8_t writable[CONFIG_SIZE];
};

void model_config_init(struct model *model);

/* Size is 1, 2 or 4, offset a multiple of it; anything else reads all ones. They take the lock. */
uint32_t model_config_read(struct model *model, enum model_function function, uint32_t offset,
                           unsigned size);
void model_config_write(struct model *model, enum model_function function, uint32_t offset,
                        unsigned size, uint32_t value);

#endif
