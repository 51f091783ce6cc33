/* SPDX-License-Identifier: MIT */
/*
 * Options of AddressSanitizer, which calls this by its name, for tests whose leaks it cannot look
 * for as it is: it takes memory in front of Mesa's thread-local blocks for their sizes, and stops
 * there; and it loses its way through callers that have no frame, which Mesa's leaks are known by.
 */

__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "intercept_tls_get_addr=0:fast_unwind_on_malloc=0";
}
