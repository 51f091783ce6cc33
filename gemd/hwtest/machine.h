/* SPDX-License-Identifier: MIT */
/* The head of a report: which software and which machine, by the kernel's files. */
#ifndef GEMD_HWTEST_MACHINE_H
#define GEMD_HWTEST_MACHINE_H

#include "gemd/hwtest/item.h"

/* Whether the processor says that it is one of a virtual machine. */
bool machine_is_virtual(const struct hwtest *test);

/* Version, device and kernel; of a device on this machine's bus also its command line, the bus,
 * places of memory, and what the kernel has said of graphics. */
void machine_write(const struct hwtest *test);

#endif
