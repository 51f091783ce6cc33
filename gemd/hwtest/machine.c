/* SPDX-License-Identifier: MIT */
#include "gemd/hwtest/machine.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <time.h>

#include "gemd/hwtest/redact.h"

#define LINE_MAX_BYTES 512
#define KLOG_READ_ALL  3
#define KLOG_BYTES     (1u << 20)
#define PCI_PLACE      "/sys/bus/pci/devices"

static void write_line(const struct hwtest *test, const char *key, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    redact_line(line);
    fprintf(test->options->report, "%s: %s\n", key, line);
}

/* The lines of a file that have one of the words; no words: all. */
static void write_file(const struct hwtest *test, const char *key, const char *path,
                       const char *const *words)
{
    char line[LINE_MAX_BYTES];
    FILE *file = hwtest_open(test, path);
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        bool is_wanted = words == NULL;
        for (unsigned i = 0; !is_wanted && words[i] != NULL; i++) {
            is_wanted = strcasestr(line, words[i]) != NULL;
        }
        if (is_wanted) {
            write_line(test, key, line);
        }
    }
    fclose(file);
}

bool machine_is_virtual(const struct hwtest *test)
{
    char line[4096];
    bool is_virtual = false;
    FILE *file = hwtest_open(test, "/proc/cpuinfo");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        is_virtual |= strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor") != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return is_virtual;
}

/* ---- the bus, as numbers: names are a matter of whoever reads it ---- */

static void read_word(const struct hwtest *test, const char *slot, const char *file, char *word,
                      size_t size)
{
    char path[320];
    snprintf(path, sizeof(path), PCI_PLACE "/%s/%s", slot, file);
    FILE *from = hwtest_open(test, path);
    snprintf(word, size, "-");
    if (from != NULL) {
        if (fgets(word, (int)size, from) != NULL) {
            word[strcspn(word, "\n")] = '\0';
        }
        fclose(from);
    }
}

static void write_function(const struct hwtest *test, const char *slot)
{
    char vendor[16], device[16], class[16], revision[16], irq[16];
    read_word(test, slot, "vendor", vendor, sizeof(vendor));
    read_word(test, slot, "device", device, sizeof(device));
    read_word(test, slot, "class", class, sizeof(class));
    read_word(test, slot, "revision", revision, sizeof(revision));
    read_word(test, slot, "irq", irq, sizeof(irq));
    fprintf(test->options->report, "pci: %s %s:%s class %s revision %s irq %s\n", slot, vendor,
            device, class, revision, irq);
}

static int is_slot(const struct dirent *entry)
{
    return strchr(entry->d_name, ':') != NULL;
}

static void write_bus(const struct hwtest *test)
{
    char path[320];
    struct dirent **slots;
    snprintf(path, sizeof(path), "%s" PCI_PLACE, test->options->root);
    int count = scandir(path, &slots, is_slot, alphasort);
    for (int i = 0; i < count; i++) {
        write_function(test, slots[i]->d_name);
        free(slots[i]);
    }
    if (count >= 0) {
        free(slots);
    }
}

/* ---- what the kernel has said ---- */

static void write_kernel_log(const struct hwtest *test)
{
    static const char *const words[] = {"i915",      "agpgart", "drm",    "uio",   "00:02.",
                                        "mtrr",      "x86/PAT", "vesafb", "efifb", "iomem",
                                        "intel-gtt", "Stolen",  "stolen", NULL};
    /* Tests have a directory for a machine, which has no log of its own. */
    char *log = test->options->root[0] == '\0' ? malloc(KLOG_BYTES) : NULL;
    int bytes = log != NULL ? klogctl(KLOG_READ_ALL, log, KLOG_BYTES - 1) : -1;
    char *rest = log, *line;
    if (bytes >= 0) {
        log[bytes] = '\0';
        while ((line = strsep(&rest, "\n")) != NULL) {
            for (unsigned i = 0; words[i] != NULL; i++) {
                if (strstr(line, words[i]) != NULL) {
                    write_line(test, "dmesg", line);
                    break;
                }
            }
        }
    }
    free(log);
}

static void write_software(const struct hwtest *test)
{
    FILE *to = test->options->report;
    struct utsname name;
    char date[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &utc));
    fprintf(to, "report: gemd-hwtest 1\nversion: " GEMD_VERSION "\ndate: %s\n", date);
    if (uname(&name) == 0) {
        fprintf(to, "kernel: %s %s %s %s\n", name.sysname, name.release, name.version,
                name.machine);
    }
}

void machine_write(const struct hwtest *test)
{
    static const char *const model[] = {"model name", NULL};
    FILE *to = test->options->report;
    const struct hw_identity *identity = &test->dev->identity;
    write_software(test);
    fprintf(to, "device: %s\nchip: %s (8086:%04x)\n", test->options->device, identity->board,
            identity->pci_device);
    fprintf(to, "gtt_entries: %u\naperture_mib: %llu\nfence_registers: %u\n", identity->gtt_entries,
            (unsigned long long)(identity->aperture_size >> 20), identity->fence_count);
    fprintf(to, "virtual: %s\n", test->is_virtual ? "yes" : "no");
    fprintf(to, "judges_time: %s\n", test->judges_time ? "yes" : "no");
    write_file(test, "cpu", "/proc/cpuinfo", model);
    write_file(test, "bios", "/sys/class/dmi/id/bios_version", NULL);
    write_file(test, "machine", "/sys/class/dmi/id/product_name", NULL);
    write_file(test, "cmdline", "/proc/cmdline", NULL);
    if (test->options->has_files) {
        write_bus(test);
    }
    write_file(test, "iomem", "/proc/iomem", NULL);
    if (test->options->has_files) {
        write_kernel_log(test);
    }
    fputc('\n', to);
}
