/* SPDX-License-Identifier: MIT */
/* What the device says of itself in its configuration space, and how its interrupt is wired. */
#include <string.h>

#include "gemd/hwtest/item.h"
#include "hw/gen3/regs.h"

#define CONFIG_BYTES     256u
#define CONFIG_VENDOR    0x00
#define CONFIG_CLASS     0x08
#define CONFIG_BAR(n)    (0x10u + 4u * (n))
#define CONFIG_STATUS    0x06
#define STATUS_HAS_LIST  (1u << 4)
#define CONFIG_LIST      0x34
#define CONFIG_LINE      0x3c
#define CONFIG_BSM_PLACE 0x5c
#define CONFIG_GCFGC     0xf0
#define CAPABILITY_MSI   0x05
#define MSI_ENABLED      (1u << 16) /* of its first dword */
#define CAPABILITIES_MAX 48u
#define LINE_BYTES       512

static void note_space(struct hwtest *test)
{
    char text[3 * 16 + 1], key[16];
    for (uint32_t row = 0; row < CONFIG_BYTES; row += 16) {
        for (uint32_t i = 0; i < 16; i++) {
            snprintf(text + 3 * i, 4, "%02x ", hw_config_read(test->dev, row + i, 1));
        }
        text[3 * 16 - 1] = '\0';
        snprintf(key, sizeof(key), "config.%02x", row);
        hwtest_note(test, key, "%s", text);
    }
}

/* Whose files are there only for a device on this machine's bus. */
static void note_bridge(struct hwtest *test)
{
    uint8_t bytes[CONFIG_BYTES] = {0};
    FILE *file = hwtest_open(test, "/sys/bus/pci/devices/0000:00:00.0/config");
    if (file == NULL) {
        return;
    }
    size_t count = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t row = 0; row + 16 <= count; row += 16) {
        char text[3 * 16 + 1], key[16];
        for (size_t i = 0; i < 16; i++) {
            snprintf(text + 3 * i, 4, "%02x ", bytes[row + i]);
        }
        text[3 * 16 - 1] = '\0';
        snprintf(key, sizeof(key), "bridge.%02zx", row);
        hwtest_note(test, key, "%s", text);
    }
}

enum hwtest_result test_ids(struct hwtest *test)
{
    struct hw_device *dev = test->dev;
    uint32_t ids = hw_config_read(dev, CONFIG_VENDOR, 4);
    uint32_t class = hw_config_read(dev, CONFIG_CLASS, 4);
    note_space(test);
    note_bridge(test);
    hwtest_note(test, "gmch_ctrl", "0x%04x", hw_config_read(dev, CONFIG_GMCH, 2));
    hwtest_note(test, "bsm", "0x%08x", hw_config_read(dev, CONFIG_BSM_PLACE, 4));
    hwtest_note(test, "gcfgc", "0x%04x", hw_config_read(dev, CONFIG_GCFGC, 2));
    for (uint32_t i = 0; i < 4; i++) {
        char key[8];
        snprintf(key, sizeof(key), "bar%u", i);
        hwtest_note(test, key, "0x%08x", hw_config_read(dev, CONFIG_BAR(i), 4));
    }
    uint32_t expected = (uint32_t)dev->identity.pci_device << 16 | 0x8086u;
    if (ids != expected) {
        return hwtest_conclude(test, HWTEST_FAILED, "ids 0x%08x, not 0x%08x", ids, expected);
    }
    if (class >> 16 != 0x0300u) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "class 0x%06x is not that of VGA", class >> 8);
    }
    return hwtest_conclude(test, HWTEST_OK, "8086:%04x revision %u", ids >> 16, class & 0xffu);
}

/* Where the capability is; 0: there is none. */
static uint32_t find_capability(struct hwtest *test, uint32_t wanted)
{
    if ((hw_config_read(test->dev, CONFIG_STATUS, 2) & STATUS_HAS_LIST) == 0) {
        return 0;
    }
    uint32_t at = hw_config_read(test->dev, CONFIG_LIST, 1) & 0xfcu;
    for (unsigned i = 0; at != 0 && i < CAPABILITIES_MAX; i++) {
        uint32_t head = hw_config_read(test->dev, at, 2);
        hwtest_note(test, "capability", "0x%02x at 0x%02x", head & 0xffu, at);
        if ((head & 0xffu) == wanted) {
            return at;
        }
        at = head >> 8 & 0xfcu;
    }
    return 0;
}

/* The line of uio's interrupt, which names who else has it; false: there is none. */
static bool find_line(struct hwtest *test, char line[LINE_BYTES])
{
    FILE *file = hwtest_open(test, "/proc/interrupts");
    bool is_found = false;
    while (file != NULL && !is_found && fgets(line, LINE_BYTES, file) != NULL) {
        is_found = strstr(line, "uio_pci_generic") != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    line[is_found ? strcspn(line, "\n") : 0] = '\0';
    return is_found;
}

enum hwtest_result test_irq_line(struct hwtest *test)
{
    char line[LINE_BYTES];
    uint32_t wiring = hw_config_read(test->dev, CONFIG_LINE, 2);
    hwtest_note(test, "line", "%u", wiring & 0xffu);
    hwtest_note(test, "pin", "%u", wiring >> 8);
    uint32_t msi = find_capability(test, CAPABILITY_MSI);
    bool is_msi = msi != 0 && (hw_config_read(test->dev, msi, 4) & MSI_ENABLED) != 0;
    hwtest_note(test, "msi", "%s", msi == 0 ? "absent" : is_msi ? "enabled" : "there, off");
    if (wiring >> 8 != 1) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "the pin is %u, not INTA", wiring >> 8);
    }
    if (is_msi) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "MSI is enabled: INTx does not come");
    }
    if (!test->options->has_files) {
        return hwtest_conclude(test, HWTEST_OK, "INTA, MSI %s", msi == 0 ? "absent" : "off");
    }
    if (!find_line(test, line)) {
        return hwtest_conclude(test, HWTEST_DIFFERS, "uio_pci_generic has no interrupt: polled");
    }
    hwtest_note(test, "proc.interrupts", "%s", line);
    return hwtest_conclude(test, HWTEST_OK, "INTA by uio, %s",
                           strchr(line, ',') != NULL ? "shared" : "not shared");
}
