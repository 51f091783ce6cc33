/* SPDX-License-Identifier: MIT */
/*
 * struct model: the parts of the modelled chip and the one lock of its registers.
 *
 * The lock guards every field of the parts unless it says otherwise. Engines do not hold it while
 * they execute. Whoever changes something that a thread sleeps for adds a MODEL_WAKE bit; the
 * threads are woken when the lock has been dropped, so that they do not run into it.
 */
#ifndef GEMD_HW_MODEL_CORE_H
#define GEMD_HW_MODEL_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"
#include "hw/model/blitter.h"
#include "hw/model/chipset.h"
#include "hw/model/config.h"
#include "hw/model/display.h"
#include "hw/model/interrupt.h"
#include "hw/model/mmio.h"
#include "hw/model/model.h"
#include "hw/model/monitor.h"
#include "hw/model/overlay.h"
#include "hw/model/physical.h"
#include "hw/model/render.h"
#include "hw/model/streamer.h"
#include "hw/model/watcher.h"

enum model_wake {
    MODEL_WAKE_STREAMER = 1,
    MODEL_WAKE_DISPLAY = 2,
    MODEL_WAKE_IRQ = 4,
};

struct model {
    struct hw_device device; /* first: the ops cast back */
    const struct model_chipset *chipset;
    const struct model_channels *channels;
    struct model_options options;
    pthread_mutex_t lock;
    unsigned wakes; /* enum model_wake bits */
    _Atomic uint32_t flush_page;
    struct model_memory *memory;
    struct render *render;
    struct watcher *watcher; /* NULL: nobody watches. Changes between two commands */
    struct mmio mmio;
    struct config configs[CONFIG_FUNCTIONS];
    bool reset_held; /* GDRST, on chips that wait for software to end it */
    struct interrupt interrupt;
    struct display display;
    struct monitor monitor;
    struct overlay overlay;
    struct streamer streamer;
    struct blitter blitter;
};

static inline struct model *model_of(struct hw_device *dev)
{
    return (struct model *)dev;
}

void model_lock(struct model *model);
void model_unlock(struct model *model);

/* One line to the owner's log. */
void model_log(struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The display's time, nanoseconds. */
uint64_t model_now(struct model *model);

/*
 * Registers, memory untouched, as GDRST resets them. Domain: 0 all, 1 render only. Called locked,
 * by the streamer, while nothing executes.
 */
void model_reset(struct model *model, unsigned domain);

#endif
