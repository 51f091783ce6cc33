/* SPDX-License-Identifier: MIT */
/* Offsets are those of E-EDID 1.4, section 3. */
#include "gemd/edid.h"

#include <errno.h>
#include <string.h>

#define AT_MAKER       8u
#define AT_PRODUCT     10u
#define AT_VERSION     18u
#define AT_REVISION    19u
#define AT_INPUT       20u
#define AT_FEATURES    24u
#define AT_ESTABLISHED 35u
#define AT_STANDARD    38u
#define AT_DESCRIPTORS 54u

#define INPUT_DIGITAL      0x80u
#define FEATURE_CONTINUOUS 0x01u /* 1.4; before: takes the generalized formula's timings */
#define FEATURE_PREFERRED  0x02u /* until 1.2; later it is always so */

#define STANDARDS        8u
#define DESCRIPTORS      4u
#define DESCRIPTOR_BYTES 18u
#define TEXT_BYTES       13u
#define TAG_NAME         0xfcu
#define TAG_LIMITS       0xfdu

#define DETAIL_INTERLACED   0x80u
#define DETAIL_SYNC_MASK    0x18u
#define DETAIL_SYNC_DIGITAL 0x18u /* separate; all others have no polarities */
#define DETAIL_VSYNC_HIGH   0x04u
#define DETAIL_HSYNC_HIGH   0x02u

static const uint8_t header[8] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};

/* Bits of the established timings, from bit 7 of the first byte on; 0: nobody has those now. */
static const struct {
    uint16_t width, height, hertz;
} established[] = {
    {720, 400, 70},  {0, 0, 0},       {640, 480, 60},  {0, 0, 0},
    {640, 480, 72},  {640, 480, 75},  {800, 600, 56},  {800, 600, 60},
    {800, 600, 72},  {800, 600, 75},  {0, 0, 0},       {0, 0, 0},
    {1024, 768, 60}, {1024, 768, 70}, {1024, 768, 75}, {1280, 1024, 75},
};

bool edid_sums_up(const uint8_t block[EDID_BLOCK])
{
    uint8_t sum = 0;
    for (unsigned i = 0; i < EDID_BLOCK; i++) {
        sum = (uint8_t)(sum + block[i]);
    }
    return sum == 0;
}

static bool is_same(const struct timing *a, const struct timing *b)
{
    uint32_t one = timing_refresh(a), other = timing_refresh(b);
    return a->width == b->width && a->height == b->height &&
           (one > other ? one - other : other - one) < 500;
}

static void add(struct edid *edid, const struct timing *timing)
{
    if (!timing_is_sane(timing) || edid->timing_count == EDID_TIMINGS_MAX) {
        return;
    }
    for (unsigned i = 0; i < edid->timing_count; i++) {
        if (is_same(&edid->timings[i], timing)) {
            return; /* what it said in detail counts */
        }
    }
    edid->timings[edid->timing_count++] = *timing;
}

static void add_size(struct edid *edid, uint32_t width, uint32_t height, uint32_t hertz)
{
    struct timing made;
    const struct timing *found = timing_find(width, height, hertz);
    if (found != NULL) {
        add(edid, found);
    } else if (timing_cvt(width, height, hertz, &made)) {
        add(edid, &made);
    }
}

/* True: it was one that can be used. */
static bool take_detailed(struct edid *edid, const uint8_t *d)
{
    const unsigned before = edid->timing_count;
    const uint32_t width = d[2] | (d[4] & 0xf0u) << 4, hblank = d[3] | (d[4] & 0x0fu) << 8;
    const uint32_t height = d[5] | (d[7] & 0xf0u) << 4, vblank = d[6] | (d[7] & 0x0fu) << 8;
    const uint32_t hfront = d[8] | (d[11] & 0xc0u) << 2, hsync = d[9] | (d[11] & 0x30u) << 4;
    const uint32_t vfront = (uint32_t)d[10] >> 4 | (d[11] & 0x0cu) << 2;
    const uint32_t vsync = (d[10] & 0x0fu) | (d[11] & 0x03u) << 4;
    const bool digital = (d[17] & DETAIL_SYNC_MASK) == DETAIL_SYNC_DIGITAL;
    const struct timing timing = {
        .width = width,
        .hsync_start = width + hfront,
        .hsync_end = width + hfront + hsync,
        .htotal = width + hblank,
        .height = height,
        .vsync_start = height + vfront,
        .vsync_end = height + vfront + vsync,
        .vtotal = height + vblank,
        .clock_khz = (d[0] | (uint32_t)d[1] << 8) * 10,
        .hsync_high = digital && (d[17] & DETAIL_HSYNC_HIGH) != 0,
        .vsync_high = digital && (d[17] & DETAIL_VSYNC_HIGH) != 0,
    };
    if ((d[17] & DETAIL_INTERLACED) == 0) {
        add(edid, &timing);
    }
    return edid->timing_count > before;
}

static void take_name(struct edid *edid, const uint8_t *text)
{
    unsigned length = 0;
    while (length < TEXT_BYTES && text[length] != '\n' && text[length] != '\0') {
        const uint8_t c = text[length];
        edid->name[length++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    while (length > 0 && edid->name[length - 1] == ' ') {
        length--;
    }
    edid->name[length] = '\0';
}

static void take_limits(struct edid *edid, const uint8_t *d)
{
    const uint32_t flags = edid->revision >= 4 ? d[4] : 0; /* 255 more of each */
    edid->hertz_min = d[5] + ((flags & 3u) == 3u ? 255u : 0);
    edid->hertz_max = d[6] + ((flags & 2u) != 0 ? 255u : 0);
    edid->line_rate_min = (d[7] + ((flags & 12u) == 12u ? 255u : 0)) * 1000;
    edid->line_rate_max = (d[8] + ((flags & 8u) != 0 ? 255u : 0)) * 1000;
    edid->clock_max_khz = d[9] != 0xff ? d[9] * 10000u : 0;
    edid->has_limits = edid->hertz_min > 0 && edid->hertz_min <= edid->hertz_max &&
                       edid->line_rate_min > 0 && edid->line_rate_min <= edid->line_rate_max;
}

static void take_descriptors(struct edid *edid, const uint8_t *block)
{
    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        const uint8_t *d = block + AT_DESCRIPTORS + i * DESCRIPTOR_BYTES;
        if (d[0] != 0 || d[1] != 0) {
            bool taken = take_detailed(edid, d);
            edid->prefers |= taken && i == 0 &&
                             (edid->revision >= 3 || (block[AT_FEATURES] & FEATURE_PREFERRED) != 0);
        } else if (d[3] == TAG_NAME) {
            take_name(edid, d + 5);
        } else if (d[3] == TAG_LIMITS) {
            take_limits(edid, d);
        }
    }
}

static void take_standard(struct edid *edid, const uint8_t *pair)
{
    static const struct {
        uint8_t across, down;
    } shapes[] = {{16, 10}, {4, 3}, {5, 4}, {16, 9}};
    if (pair[0] <= 1) {
        return; /* 1, 1: none; 0 is reserved */
    }
    const uint32_t width = (pair[0] + 31u) * 8;
    const unsigned shape = pair[1] >> 6;
    const bool square = shape == 0 && edid->revision < 3;
    add_size(edid, width, square ? width : width * shapes[shape].down / shapes[shape].across,
             (pair[1] & 0x3fu) + 60);
}

static void take_lists(struct edid *edid, const uint8_t *block)
{
    for (unsigned i = 0; i < STANDARDS; i++) {
        take_standard(edid, block + AT_STANDARD + 2 * i);
    }
    for (unsigned i = 0; i < sizeof(established) / sizeof(established[0]); i++) {
        if ((block[AT_ESTABLISHED + i / 8] >> (7 - i % 8) & 1u) != 0 && established[i].width != 0) {
            add_size(edid, established[i].width, established[i].height, established[i].hertz);
        }
    }
}

int edid_parse(const uint8_t block[EDID_BLOCK], struct edid *edid, const char **reason)
{
    *edid = (struct edid){0};
    *reason = NULL;
    if (memcmp(block, header, sizeof(header)) != 0) {
        *reason = "it does not begin as an EDID does";
    } else if (!edid_sums_up(block)) {
        *reason = "its checksum is wrong";
    } else if (block[AT_VERSION] != 1) {
        *reason = "it is not of version 1";
    }
    if (*reason != NULL) {
        return -EINVAL;
    }
    const unsigned maker = (unsigned)block[AT_MAKER] << 8 | block[AT_MAKER + 1];
    for (unsigned i = 0; i < 3; i++) {
        unsigned letter = maker >> (10 - 5 * i) & 31u;
        edid->maker[i] = letter >= 1 && letter <= 26 ? (char)('A' + letter - 1) : '?';
    }
    edid->product = (uint16_t)(block[AT_PRODUCT] | block[AT_PRODUCT + 1] << 8);
    edid->revision = block[AT_REVISION];
    edid->digital = (block[AT_INPUT] & INPUT_DIGITAL) != 0;
    edid->continuous = (block[AT_FEATURES] & FEATURE_CONTINUOUS) != 0;
    take_descriptors(edid, block);
    take_lists(edid, block);
    return 0;
}

bool edid_takes(const struct edid *edid, const struct timing *timing)
{
    if (!edid->has_limits) {
        return true;
    }
    const uint32_t refresh = timing_refresh(timing), lines = timing_line_rate(timing);
    return refresh + 500 >= edid->hertz_min * 1000 && refresh <= edid->hertz_max * 1000 + 500 &&
           lines + 500 >= edid->line_rate_min && lines <= edid->line_rate_max + 500 &&
           (edid->clock_max_khz == 0 || timing->clock_khz <= edid->clock_max_khz);
}
