/* SPDX-License-Identifier: MIT */
/*
 * What i915 is asked in the guest. Each prints lines "vm: KEY=VALUE..." and returns how much of it
 * was wrong, or a negative errno when it could not be asked.
 */
#ifndef GEMD_TESTS_VM_JUDGE_JUDGEMENT_H
#define GEMD_TESTS_VM_JUDGE_JUDGEMENT_H

/* Batches that copy, fill and store; read back by pread and through the aperture. */
int judge_batches(int fd, unsigned long count);
/* A batch that never ends: the GPU is reset, the batch is blamed, and the next one runs. */
int judge_hang(int fd, unsigned long seconds);
/* The text console as it should look: its font, and its cells. */
int judge_console(int fd, unsigned long unused);

#endif
