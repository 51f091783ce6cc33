/* SPDX-License-Identifier: MIT */
/* Captured errors in the forms that operators ask for: text, JSON, command streams. */
#ifndef GEMD_ERROR_REPORT_H
#define GEMD_ERROR_REPORT_H

#include <stdint.h>

#include "gemd/error_capture.h"

/*
 * A sealed memory file with one error, or with all that are kept when number is 0, and its bytes.
 * form: enum gemd_errors_form. The descriptor, the caller's; -ENOENT: that error is not kept;
 * -ENODATA: a stream of errors without a batch; -EINVAL: no such form; or another negative errno.
 */
int error_report_write(const struct error_capture *capture, uint32_t form, uint64_t number,
                       uint64_t *bytes);

#endif
