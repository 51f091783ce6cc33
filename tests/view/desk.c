/* SPDX-License-Identifier: MIT */
#include "tests/view/desk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define ARGUMENTS_MAX 16
#define PATIENCE_NS   30000000000

static void ignore(void *data, const struct gemd_msg_header *event, const char *text)
{
}

void desk_open(struct desk *desk)
{
    memset(desk, 0, sizeof(*desk));
    daemon_start(&desk->daemon, NULL);
    strcpy(desk->folder, "/tmp/gemd-view-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->output, sizeof(desk->output), "%s/output", desk->folder);
    desk_begin(desk);
}

void desk_begin(struct desk *desk)
{
    desk->session = daemon_open(&desk->daemon, ignore, NULL);
}

void desk_end(struct desk *desk)
{
    desk_turn_off(desk);
    gemd_session_close(desk->session);
    desk->session = NULL;
}

static void remove_folder(const struct desk *desk)
{
    DIR *directory = opendir(desk->folder);
    const struct dirent *entry;
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    assert_int_equal(rmdir(desk->folder), 0);
}

void desk_close(struct desk *desk)
{
    if (desk->view != 0) {
        kill(desk->view, SIGKILL);
        waitpid(desk->view, NULL, 0);
    }
    desk_end(desk);
    daemon_stop(&desk->daemon);
    remove_folder(desk);
}

void desk_turn_on(struct desk *desk, uint32_t width, uint32_t height)
{
    desk->width = width;
    desk->height = height;
    assert_int_equal(gemd_window_create(desk->session, width, height, &desk->window), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            gemd_bo_create(desk->session, (uint64_t)width * height * 4, true, &desk->bos[i]), 0);
    }
}

void desk_turn_off(struct desk *desk)
{
    if (desk->window != NULL) {
        gemd_window_destroy(desk->window);
        gemd_bo_unref(desk->bos[0]);
        gemd_bo_unref(desk->bos[1]);
        desk->window = NULL;
    }
}

uint32_t desk_pixel(uint32_t seed, uint32_t x, uint32_t y)
{
    return (x * 0x010203u + y * 0x050700u + seed * 0x30507u) & 0xffffffu;
}

void desk_show(struct desk *desk, uint32_t seed)
{
    uint64_t serial;
    struct gemd_bo *bo = desk->bos[desk->shown++ % 2];
    uint32_t *pixels = gemd_bo_map(bo);
    for (uint32_t y = 0; y < desk->height; y++) {
        for (uint32_t x = 0; x < desk->width; x++) {
            pixels[y * desk->width + x] = desk_pixel(seed, x, y);
        }
    }
    assert_int_equal(gemd_window_present(desk->window, bo, 0, desk->width * 4, 1, 0, &serial), 0);
    assert_int_equal(gemd_window_wait_latched(desk->window, serial, GEMD_FOREVER), 0);
}

void desk_view(struct desk *desk, const char *const *arguments)
{
    const char *line[ARGUMENTS_MAX] = {"gemd-view", "--socket", desk->daemon.socket};
    for (unsigned i = 0; arguments[i] != NULL; i++) {
        line[3 + i] = arguments[i];
    }
    desk->view = fork();
    assert_true(desk->view >= 0);
    if (desk->view == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(desk->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(desk->folder) != 0) {
            _exit(127);
        }
        execv(GEMD_BINARY_DIR "/bin/gemd-view", (char *const *)(uintptr_t)line);
        _exit(127);
    }
}

int desk_await_end(struct desk *desk)
{
    int status;
    assert_int_equal(waitpid(desk->view, &status, 0), desk->view);
    desk->view = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void desk_wait(int64_t *begin)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    *begin = *begin == 0 ? ns : *begin;
    if (ns - *begin > PATIENCE_NS) {
        fail_msg("what is waited for does not come");
    }
    nanosleep(&pause, NULL);
}

void desk_await_output(const struct desk *desk, const char *text, char *rest, size_t size)
{
    int64_t begin = 0;
    for (;;) {
        char output[8192] = "";
        FILE *file = fopen(desk->output, "re");
        const size_t got = file != NULL ? fread(output, 1, sizeof(output) - 1, file) : 0;
        if (file != NULL) {
            fclose(file);
        }
        output[got] = '\0';
        const char *found = strstr(output, text);
        if (found != NULL && strchr(found, '\n') != NULL) {
            found += strlen(text);
            snprintf(rest, size, "%.*s", (int)strcspn(found, "\n"), found);
            return;
        }
        desk_wait(&begin);
    }
}
