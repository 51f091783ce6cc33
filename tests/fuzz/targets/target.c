/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/targets/target.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void target_fail(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    text[length < (int)sizeof(text) - 1 ? length : (int)sizeof(text) - 2] = '\n';
    const size_t size = length < (int)sizeof(text) - 1 ? (size_t)length + 1 : sizeof(text) - 1;
    (void)!write(STDERR_FILENO, text, size);
    abort();
}

/* Nothing is written until the buffer is full, so that it costs little, too. */
void target_silence(void)
{
    static char buffer[1u << 16];
    FILE *nowhere = fopen("/dev/null", "we");

    if (nowhere != NULL) {
        setvbuf(nowhere, buffer, _IOFBF, sizeof(buffer));
        stderr = nowhere;
        stdout = nowhere;
    }
}
