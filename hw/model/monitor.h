/* SPDX-License-Identifier: MIT */
/*
 * The analog monitor that is plugged in: its EDID behind GMBUS, and its detection. See doc/gen3.md
 * B.11. Everything here is called locked.
 */
#ifndef GEMD_HW_MODEL_MONITOR_H
#define GEMD_HW_MODEL_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/model/wire.h"

struct model;

#define EDID_BYTES 128

struct monitor {
    bool absent; /* nothing is plugged in */
    bool silent; /* something is, without an EDID */
    bool other;  /* 'block' is its EDID, not the model's own */
    uint8_t block[EDID_BYTES];
    uint8_t pointer;    /* of the EDID's EEPROM */
    uint32_t remaining; /* bytes of the transfer */
    bool active;        /* a transfer has begun and no stop has ended it */
    bool reads;
    bool no_answer;
    bool in_use;
    struct wire wire; /* the same EEPROM, without the controller */
};

void model_monitor_reset(struct model *model);
/* What a driver reads, with its checksum. */
void model_monitor_edid(uint8_t edid[EDID_BYTES]);

/* As model_plug_monitor(). */
void model_monitor_plug(struct model *model, bool present, const uint8_t *block);

/* Whether somebody is at that address of the analog port's wires. */
bool model_monitor_answers(const struct model *model, unsigned slave);
/* The byte of the EEPROM that its pointer names. */
uint8_t model_monitor_byte(const struct monitor *monitor);

uint32_t model_gmbus_read(struct model *model, uint32_t reg, unsigned index);
void model_gmbus_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);
void model_hotplug_written(struct model *model, uint32_t reg, unsigned index, uint32_t value);

#endif
