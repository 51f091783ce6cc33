/* SPDX-License-Identifier: MIT */
/* Why a PCI device cannot be used, and what its owner can do about it. */
#ifndef GEMD_HW_PCI_ERROR_H
#define GEMD_HW_PCI_ERROR_H

#define PCI_REMEDIES_MAX 6

struct pci_error {
    char text[384];                       /* one line */
    char remedies[PCI_REMEDIES_MAX][160]; /* commands or settings, in their order */
    unsigned remedy_count;
};

/* Sets the text; returns 'code', so that a caller can return it. */
__attribute__((format(printf, 3, 4))) int pci_error_set(struct pci_error *error, int code,
                                                        const char *format, ...);
/* What there is no more room for is left out. */
__attribute__((format(printf, 2, 3))) void pci_error_remedy(struct pci_error *error,
                                                            const char *format, ...);

#endif
