/* SPDX-License-Identifier: MIT */
#include "hw/model/channels.h"

#include <stddef.h>
#include <strings.h>

#include "hw/gen3/regs.h"

#define BIT(n) (1u << (n))

const struct model_channels model_channels_dcc[] = {
    {.name = "single", .dcc = DCC_SINGLE},
    {.name = "asymmetric", .dcc = DCC_ASYMMETRIC},
    {.name = "interleaved",
     .dcc = DCC_INTERLEAVED | DCC_NO_XOR,
     .swizzle_x = BIT(9) | BIT(10),
     .swizzle_y = BIT(9)},
    {.name = "interleaved-11",
     .dcc = DCC_INTERLEAVED,
     .swizzle_x = BIT(9) | BIT(10) | BIT(11),
     .swizzle_y = BIT(9) | BIT(11)},
    {.name = "interleaved-17",
     .dcc = DCC_INTERLEAVED | DCC_XOR_17,
     .swizzle_x = BIT(9) | BIT(10) | BIT(17),
     .swizzle_y = BIT(9) | BIT(17)},
    {.name = NULL},
};

/* Boundaries count 64 MiB. Channels of different sizes show no symmetry that a driver knows of. */
const struct model_channels model_channels_drb[] = {
    {.name = "asymmetric", .drb = {0x40, 0x20}},
    {.name = "symmetric", .drb = {0x40, 0x40}, .swizzle_x = BIT(9) | BIT(10), .swizzle_y = BIT(9)},
    {.name = NULL},
};

const struct model_channels *model_channels_find(const struct model_channels *table,
                                                 const char *name)
{
    while (name != NULL && table->name != NULL && strcasecmp(table->name, name) != 0) {
        table++;
    }
    return table->name != NULL ? table : NULL;
}
