/* SPDX-License-Identifier: MIT */
#include "tools/lib/picture.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void on_png_error(png_structp png, png_const_charp text)
{
    const char *path = png_get_error_ptr(png);
    fprintf(stderr, "%s: %s\n", path != NULL ? path : "png", text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_png_warning(png_structp png, png_const_charp text)
{
}

static int write_rows(const struct picture *picture, FILE *file, const char *path)
{
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, (void *)path, on_png_error, on_png_warning);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return -ENOMEM;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return -EIO;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, picture->width, picture->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_set_filler(png, 0, PNG_FILLER_AFTER);
    if (picture->order == PICTURE_BGRX) {
        png_set_bgr(png);
    }
    for (uint32_t y = 0; y < picture->height; y++) {
        png_write_row(png, picture->pixels + (size_t)y * picture->stride);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return 0;
}

static int say(const char *path, int error)
{
    fprintf(stderr, "%s: %s\n", path, strerror(error));
    return -error;
}

static int save_to(const struct picture *picture, const char *file_path, const char *path)
{
    FILE *file = fopen(file_path, "wb");
    if (file == NULL) {
        return say(file_path, errno);
    }
    int error = write_rows(picture, file, path);
    if (fclose(file) != 0 && error == 0) {
        error = say(file_path, errno);
    }
    return error;
}

/* A device, a pipe, or a link to one, which is not to become a file. */
static bool is_no_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int picture_save(const struct picture *picture, const char *path)
{
    char *part = NULL;
    if (is_no_file(path)) {
        return save_to(picture, path, path);
    }
    if (asprintf(&part, "%s.part", path) < 0) {
        return -ENOMEM;
    }
    int error = save_to(picture, part, path);
    if (error == 0 && rename(part, path) != 0) {
        error = say(path, errno);
    }
    if (error != 0) {
        remove(part);
    }
    free(part);
    return error;
}

int picture_load(struct picture *picture, const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    *picture = (struct picture){.order = PICTURE_RGBX};
    if (!png_image_begin_read_from_file(&image, path)) {
        fprintf(stderr, "%s: %s\n", path, image.message);
        return -EIO;
    }
    image.format = PNG_FORMAT_RGBA;
    picture->width = image.width;
    picture->height = image.height;
    picture->stride = 4 * image.width;
    picture->pixels = malloc((size_t)picture->stride * picture->height);
    if (picture->pixels == NULL) {
        png_image_free(&image);
        return -ENOMEM;
    }
    if (!png_image_finish_read(&image, NULL, picture->pixels, (png_int_32)picture->stride, NULL)) {
        fprintf(stderr, "%s: %s\n", path, image.message);
        picture_free(picture);
        return -EIO;
    }
    return 0;
}

void picture_free(struct picture *picture)
{
    free(picture->pixels);
    picture->pixels = NULL;
}
