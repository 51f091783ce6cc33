/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on a stream that was accepted: it reads the patched words alone, computes the
 * place of single pixels, texels and vertices, and finds the buffer that each address is in. It
 * shares with the validator the table of commands and the places of tiles and images, no more.
 */
#ifndef GEMD_TEST_ORACLE_H
#define GEMD_TEST_ORACLE_H

#include <stdbool.h>

#include "stream.h"

/* False, with a line on standard error, when the stream would touch what it must not. */
bool oracle_agrees(const struct stream *s);

#endif
