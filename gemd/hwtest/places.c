/* SPDX-License-Identifier: MIT */
/* How the machine maps what the device has: memory types, the flush page. By the kernel's files. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gemd/hwtest/item.h"
#include "hw/pci/chip.h"

#define CONFIG_BAR2    0x18u
#define BAR_MASK       0xfffffff0u
#define IFPADDR_ENABLE 1u
#define PAGE_MASK      0xfffff000u
#define LINE_BYTES     256

static bool is_on_bus(struct hwtest *test)
{
    if (!test->options->has_files) {
        (void)hwtest_conclude(test, HWTEST_SKIPPED, "the device is not on this machine's bus");
    }
    return test->options->has_files;
}

/* "PAT: [mem 0x00000000d0000000-0x00000000e0000000] write-combining": its first address. */
static bool parse_range(const char *line, uint64_t *first, uint64_t *end)
{
    const char *text = strstr(line, "0x");
    char *rest = NULL;
    if (text == NULL) {
        return false;
    }
    *first = strtoull(text, &rest, 16);
    if (*rest != '-') {
        return false;
    }
    *end = strtoull(rest + 1, NULL, 16);
    return true;
}

static void note_mtrrs(struct hwtest *test)
{
    char line[LINE_BYTES];
    FILE *file = hwtest_open(test, "/proc/mtrr");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        hwtest_note(test, "mtrr", "%s", line);
    }
    if (file != NULL) {
        fclose(file);
    }
}

enum hwtest_result test_memory_type(struct hwtest *test)
{
    char line[LINE_BYTES], *last = NULL;
    if (!is_on_bus(test)) {
        return HWTEST_SKIPPED;
    }
    uint64_t bar = hw_config_read(test->dev, CONFIG_BAR2, 4) & BAR_MASK, first, end;
    uint64_t bar_end = bar + test->dev->identity.aperture_size;
    bool is_combined = false;
    note_mtrrs(test);
    FILE *file = hwtest_open(test, "/sys/kernel/debug/x86/pat_memtype_list");
    if (file == NULL) {
        return hwtest_conclude(test, HWTEST_SKIPPED,
                               "no pat_memtype_list: mount -t debugfs none /sys/kernel/debug");
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (parse_range(line, &first, &end) && first < bar_end && end > bar) {
            line[strcspn(line, "\n")] = '\0';
            hwtest_note(test, "pat", "%s", line);
            is_combined |= strcasestr(line, "write-combining") != NULL;
            last = line;
        }
    }
    fclose(file);
    if (last == NULL) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "PAT has no row of the aperture");
    }
    return hwtest_conclude(test, is_combined ? HWTEST_OK : HWTEST_DIFFERS, "the aperture is %s",
                           is_combined ? "write-combining" : "mapped, but not write-combining");
}

static bool read_bridge(struct hwtest *test, uint32_t offset, uint8_t bytes[4])
{
    FILE *file = hwtest_open(test, "/sys/bus/pci/devices/0000:00:00.0/config");
    bool is_read =
        file != NULL && fseek(file, (long)offset, SEEK_SET) == 0 && fread(bytes, 1, 4, file) == 4;
    if (file != NULL) {
        fclose(file);
    }
    return is_read;
}

/* The innermost row of /proc/iomem that has the address; windows of buses do not count. */
static bool find_claim(struct hwtest *test, uint64_t address, char claim[LINE_BYTES])
{
    char line[LINE_BYTES];
    bool is_claimed = false;
    FILE *file = hwtest_open(test, "/proc/iomem");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *rest = NULL;
        uint64_t first = strtoull(line, &rest, 16);
        uint64_t last = *rest == '-' ? strtoull(rest + 1, &rest, 16) : 0;
        if (first <= address && address <= last && strstr(line, "PCI Bus") == NULL) {
            is_claimed = true;
            snprintf(claim, LINE_BYTES, "%s", line + strspn(line, " "));
            claim[strcspn(claim, "\n")] = '\0';
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return is_claimed;
}

enum hwtest_result test_flush_page(struct hwtest *test)
{
    const struct pci_chip *chip = pci_chip_find(test->dev->identity.pci_device);
    uint8_t bytes[4];
    char claim[LINE_BYTES];
    if (!is_on_bus(test)) {
        return HWTEST_SKIPPED;
    }
    if (chip == NULL || !read_bridge(test, chip->flush_offset, bytes)) {
        return hwtest_conclude(test, HWTEST_SKIPPED, "the bridge's configuration cannot be read");
    }
    uint32_t place = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24;
    hwtest_note(test, "ifpaddr", "0x%08x", place);
    if ((place & IFPADDR_ENABLE) == 0) {
        return hwtest_conclude(test, test->is_virtual ? HWTEST_SKIPPED : HWTEST_DIFFERS,
                               "there is no flush page%s",
                               test->is_virtual ? ": the bridge is a virtual machine's" : "");
    }
    if (find_claim(test, place & PAGE_MASK, claim)) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "0x%08x is also that of \"%s\"",
                               place & PAGE_MASK, claim);
    }
    return hwtest_conclude(test, HWTEST_OK, "at 0x%08x, which nothing else has", place & PAGE_MASK);
}
