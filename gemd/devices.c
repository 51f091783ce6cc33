/* SPDX-License-Identifier: MIT */
#include "gemd/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gemd/log.h"
#include "hw/pci/pci.h"

struct device_kind {
    const char *prefix;
    /* Of what follows the prefix, in device->text. */
    bool (*parse)(struct device *device);
    void (*list)(FILE *to);
    int (*open)(struct device *device, struct sandbox_calls *calls);
    struct hw_device *(*create)(struct device *device);
};

/* ---- the model ---- */

static void log_from_model(void *data, const char *line)
{
    log_info("model: %s", line);
}

static bool parse_threads(const char *text, unsigned *threads)
{
    char *end = NULL;
    if (text[0] < '1' || text[0] > '9') {
        return false;
    }
    unsigned long value = strtoul(text, &end, 10);
    *threads = (unsigned)value;
    return *end == '\0' && value <= MODEL_THREADS_MAX;
}

/* What follows the chipset's name: "threads=N" and "memory=NAME", with commas between them. */
static bool parse_model_options(char *text, struct model_options *options)
{
    static const char threads[] = "threads=", memory[] = "memory=";
    char *option;
    while ((option = strsep(&text, ",")) != NULL) {
        if (strncmp(option, threads, strlen(threads)) == 0) {
            if (!parse_threads(option + strlen(threads), &options->threads)) {
                return false;
            }
        } else if (strncmp(option, memory, strlen(memory)) == 0) {
            options->memory = option + strlen(memory);
        } else {
            return false;
        }
    }
    return true;
}

static bool is_listed(const char *(*name)(const char *of, size_t index), const char *of,
                      const char *wanted)
{
    const char *listed;
    for (size_t i = 0; (listed = name(of, i)) != NULL; i++) {
        if (strcasecmp(listed, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static const char *chipset_name(const char *of, size_t index)
{
    return model_chipset_name(index);
}

/* "CHIPSET", and options of the model behind a comma. */
static bool parse_model(struct device *device)
{
    char *text = device->text;
    device->is_modelled = true;
    device->model = (struct model_options){.chipset = text, .log = log_from_model};
    char *more = strchr(text, ',');
    if (more != NULL) {
        *more++ = '\0';
        if (!parse_model_options(more, &device->model)) {
            return false;
        }
    }
    return is_listed(chipset_name, NULL, text) &&
           (device->model.memory == NULL ||
            is_listed(model_channels_name, text, device->model.memory));
}

static void list_models(FILE *to)
{
    const char *chipset, *memory;
    for (size_t i = 0; (chipset = model_chipset_name(i)) != NULL; i++) {
        fprintf(to, "model:%s[,threads=N][,memory=", chipset);
        for (size_t j = 0; (memory = model_channels_name(chipset, j)) != NULL; j++) {
            fprintf(to, "%s%s", j != 0 ? "|" : "", memory);
        }
        fputs("]\n", to);
    }
}

/* It has threads, and so is made later; now it only loads its compiler. */
static int open_model(struct device *device, struct sandbox_calls *calls)
{
    calls->compiles = model_load_compiler();
    return 0;
}

static struct hw_device *create_model(struct device *device)
{
    struct hw_device *dev = model_create(&device->model);
    if (dev == NULL) {
        log_error("--device %s: %s", device->name, strerror(errno));
    }
    return dev;
}

/* ---- a GPU on the PCI bus ---- */

static void log_from_pci(void *data, bool is_warning, const char *line)
{
    if (is_warning) {
        log_warning("pci: %s", line);
    } else {
        log_info("pci: %s", line);
    }
}

static bool parse_pci(struct device *device)
{
    return pci_name_is_valid(device->text);
}

static void list_pci(FILE *to)
{
    fputs("pci\npci:DDDD:BB:DD.F\n", to);
}

static int open_pci(struct device *device, struct sandbox_calls *calls)
{
    const struct pci_options options = {
        .slot = device->text[0] != '\0' ? device->text + 1 : NULL,
        .skips_test = device->skips_test,
        .log = log_from_pci,
    };
    struct pci_error error;
    device->opened = pci_open(&options, &error);
    if (device->opened == NULL) {
        log_error("--device %s: %s", device->name, error.text);
        for (unsigned i = 0; i < error.remedy_count; i++) {
            log_error("  try: %s", error.remedies[i]);
        }
        return -ENODEV;
    }
    calls->pins = true;
    return 0;
}

static struct hw_device *create_pci(struct device *device)
{
    struct hw_device *dev = device->opened;
    device->opened = NULL;
    return dev;
}

/* ---- all of them ---- */

static const struct device_kind kinds[] = {
    {"model:", parse_model, list_models, open_model, create_model},
    {"pci", parse_pci, list_pci, open_pci, create_pci},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool device_parse(const char *name, struct device *device)
{
    *device = (struct device){.name = name};
    for (unsigned i = 0; i < KINDS; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, length) == 0 &&
            strlen(name + length) < sizeof(device->text)) {
            device->kind = &kinds[i];
            strcpy(device->text, name + length);
            return device->kind->parse(device);
        }
    }
    return false;
}

void devices_list(FILE *to)
{
    for (unsigned i = 0; i < KINDS; i++) {
        kinds[i].list(to);
    }
}

int device_open(struct device *device, struct sandbox_calls *calls)
{
    return device->kind->open(device, calls);
}

struct hw_device *device_create(struct device *device)
{
    return device->kind->create(device);
}

void device_close(struct device *device)
{
    hw_device_destroy(device->opened);
    device->opened = NULL;
}
