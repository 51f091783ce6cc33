/* SPDX-License-Identifier: MIT */
/*
 * What software renderers draw into when others shall see it: memory files (proto/memfile.h), so
 * that a compositor, an X server or another process can read the pixels where they are.
 *
 * WINSYS_HANDLE_TYPE_FD is a descriptor of such a file, the receiver's to close; for an import it
 * stays the caller's, and the file must be one that nobody can shrink.
 */
#ifndef GEMD_WINSYS_SWRAST_WINSYS_H
#define GEMD_WINSYS_SWRAST_WINSYS_H

#include <stdbool.h>

struct sw_winsys;

/* NULL when there is no memory. Freed by its destroy(), which a screen calls when it goes. */
struct sw_winsys *swrast_winsys_create(void);

/* Whether any file of others was ever imported: then others look at what is drawn. */
bool swrast_winsys_has_imported(void);

#endif
