/* SPDX-License-Identifier: MIT */
/*
 * Which chipset a test program runs on: every program that links this takes --chipset NAME, so that
 * CTest can run the same program over all of them (gemd_test_on_chipsets() in
 * cmake/GemdTest.cmake).
 */
#ifndef GEMD_TESTS_LIB_CHIPSET_H
#define GEMD_TESTS_LIB_CHIPSET_H

/* NULL: the program's arguments do not say. */
extern const char *test_chipset;

/* The chipset's name, never NULL, and what Mesa calls it: NULL when it does not know it. */
const char *test_chipset_name(void);
const char *test_chipset_renderer(void);

#endif
