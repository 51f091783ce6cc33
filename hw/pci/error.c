/* SPDX-License-Identifier: MIT */
#include "hw/pci/error.h"

#include <stdarg.h>
#include <stdio.h>

int pci_error_set(struct pci_error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    error->remedy_count = 0;
    return code;
}

void pci_error_remedy(struct pci_error *error, const char *format, ...)
{
    if (error->remedy_count == PCI_REMEDIES_MAX) {
        return;
    }
    char *line = error->remedies[error->remedy_count++];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(error->remedies[0]), format, args);
    va_end(args);
}
