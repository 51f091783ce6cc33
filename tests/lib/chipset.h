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

#endif
