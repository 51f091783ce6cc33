/* SPDX-License-Identifier: MIT */
#include "tests/gears/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

void command_setup(void)
{
    strcpy(directory, "/tmp/gemd-gears-XXXXXX");
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        exit(99);
    }
    setenv("BIN", GEMD_BINARY_DIR "/bin", 1);
    setenv("DIR", directory, 1);
    setenv("__EGL_VENDOR_LIBRARY_FILENAMES",
           GEMD_BINARY_DIR "/share/glvnd/egl_vendor.d/10_gemd.json", 1);
    /* Nobody's daemon: tests start their own. */
    setenv("GEMD_SOCKET", "/nonexistent/gemd.sock", 1);
    setenv("LSAN_OPTIONS",
           "print_suppressions=0:suppressions=" GEMD_SOURCE_DIR "/tests/gears/mesa.supp", 1);
    unsetenv("EGL_PLATFORM");
    unsetenv("LIBGL_ALWAYS_SOFTWARE");
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
}

void command_teardown(void)
{
    char output[8];
    (void)command_run(output, sizeof output, "rm -rf \"$DIR\"");
}

const char *command_directory(void)
{
    return directory;
}

int command_run(char *output, size_t size, const char *format, ...)
{
    char command[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof command) {
        return -1;
    }
    FILE *pipe = popen(command, "r");
    if (pipe == NULL) {
        return -1;
    }
    size_t used = 0;
    for (size_t got;
         used + 1 < size && (got = fread(output + used, 1, size - 1 - used, pipe)) > 0;) {
        used += got;
    }
    output[used] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
