/* SPDX-License-Identifier: MIT */
/*
 * Tracing probes (USDT) of the provider "gemd": doc/tracing.md says what each one carries. A probe
 * is one no-op in the code and a note in the program's file, until a tracer asks for it. Without
 * the header of SystemTap there are none.
 */
#ifndef GEMD_PROBE_H
#define GEMD_PROBE_H

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define GEMD_HAVE_PROBES 1
#endif
#endif

#ifdef GEMD_HAVE_PROBES
#include <sys/sdt.h>
#define PROBE2(name, a, b)       DTRACE_PROBE2(gemd, name, a, b)
#define PROBE3(name, a, b, c)    DTRACE_PROBE3(gemd, name, a, b, c)
#define PROBE4(name, a, b, c, d) DTRACE_PROBE4(gemd, name, a, b, c, d)
#else
#define PROBE2(name, a, b)       ((void)(a), (void)(b))
#define PROBE3(name, a, b, c)    ((void)(a), (void)(b), (void)(c))
#define PROBE4(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#endif

#endif
