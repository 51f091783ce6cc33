/* SPDX-License-Identifier: MIT */
#include "hw/model/blit_pixels.h"

#include <string.h>
#include <wchar.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef uint32_t quad __attribute__((vector_size(16)));

/* One line, in what every x86 has as a register. */
struct line {
    quad part[4];
};

static inline struct line load_line(const uint8_t *from)
{
    struct line line;
    memcpy(&line, from, sizeof(line));
    return line;
}

/* stream: 'to' is aligned to lines */
static inline void store_line(uint8_t *to, struct line line, bool stream)
{
#if defined(__SSE2__)
    if (stream) {
        for (unsigned i = 0; i < 4; i++) {
            _mm_stream_si128((__m128i *)(void *)to + i, (__m128i)line.part[i]);
        }
        return;
    }
#endif
    memcpy(to, &line, sizeof(line));
}

void pixels_stream_end(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/* Bytes up to the next 64-byte line, if streaming is worth it at all. */
static size_t to_line(const uint8_t *at, size_t size)
{
    size_t bytes = -(uintptr_t)at & 63u;

    return bytes < size ? bytes : size;
}

_Static_assert(sizeof(wchar_t) == 4, "wmemset fills dwords");

/* The C library has the widest stores of this CPU. */
void pixels_fill(uint8_t *to, uint32_t value, size_t size)
{
    if (value == (value & 0xffu) * 0x1010101u) {
        memset(to, (int)(value & 0xffu), size);
        return;
    }
    size_t head = -(uintptr_t)to & 3u;
    head = head < size ? head : size;
    memcpy(to, &value, head);
    value = pixels_rotate(value, (uint32_t)head);
    to += head;
    size -= head;
    wmemset((wchar_t *)(void *)to, (wchar_t)value, size / 4);
    memcpy(to + (size & ~(size_t)3), &value, size & 3u);
}

void pixels_merge(uint8_t *to, uint32_t value, uint32_t mask, size_t size)
{
    for (size_t i = 0; i < size; i += 4) {
        uint32_t old;
        memcpy(&old, to + i, 4);
        old = (old & ~mask) | (value & mask);
        memcpy(to + i, &old, 4);
    }
}

void pixels_copy(uint8_t *to, const uint8_t *from, size_t size, bool stream)
{
    if (!stream) {
        memcpy(to, from, size);
        return;
    }
    size_t head = to_line(to, size);
    memcpy(to, from, head);
    to += head;
    from += head;
    size -= head;
    for (; size >= sizeof(struct line); size -= sizeof(struct line)) {
        store_line(to, load_line(from), true);
        to += sizeof(struct line);
        from += sizeof(struct line);
    }
    memcpy(to, from, size);
}

/* Eight bits as eight bytes, the highest bit first in memory. */
static uint64_t spread_byte(uint64_t byte)
{
    /* Bit 7 - i to bit 8 i of a copy in each byte, then to all bits of its byte. */
    uint64_t picked = byte * UINT64_C(0x0101010101010101) & UINT64_C(0x0102040810204080);
    uint64_t ones = picked + UINT64_C(0x7f7f7f7f7f7f7f7f);

    return (ones >> 7 & UINT64_C(0x0101010101010101)) * 0xff;
}

static uint8_t bits_at(const uint8_t *bits, uint32_t at, uint32_t count)
{
    unsigned value = (unsigned)bits[at / 8] << 8;
    uint32_t inside = at % 8;

    if (inside + count > 8) {
        value |= bits[at / 8 + 1];
    }
    return (uint8_t)(value >> (8 - inside));
}

typedef uint16_t eight16 __attribute__((vector_size(16)));
typedef uint32_t four32 __attribute__((vector_size(16)));

/* Each pixel looks at its own bit of the byte. */
static void spread16(uint8_t *to, uint8_t byte)
{
    const eight16 bits = {0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1};
    const eight16 mask = (eight16)((((eight16){0} + byte) & bits) == bits);

    memcpy(to, &mask, sizeof(mask));
}

static void spread32(uint8_t *to, uint8_t byte)
{
    const four32 left = {0x80, 0x40, 0x20, 0x10};
    const four32 right = {8, 4, 2, 1};
    const four32 all = (four32){0} + byte;
    const four32 mask[2] = {(four32)((all & left) == left), (four32)((all & right) == right)};

    memcpy(to, mask, sizeof(mask));
}

void pixels_spread(uint8_t *to, const uint8_t *bits, uint32_t first, uint32_t count, uint32_t cpp)
{
    for (uint32_t i = 0; i < count; i += 8, to += 8 * cpp) {
        uint8_t byte = bits_at(bits, first + i, count - i < 8 ? count - i : 8);
        if (cpp == 4) {
            spread32(to, byte);
        } else if (cpp == 2) {
            spread16(to, byte);
        } else {
            uint64_t mask = spread_byte(byte);
            memcpy(to, &mask, 8);
        }
    }
}

void pixels_choose(uint8_t *to, const uint8_t *mask, const uint32_t colour[2], size_t size)
{
    const quad other = (quad){0} + (colour[0] ^ colour[1]);
    const quad background = (quad){0} + colour[0];
    size_t i = 0;
    quad m = {0};

    for (; i + sizeof(m) <= size; i += sizeof(m)) {
        memcpy(&m, mask + i, sizeof(m));
        m = background ^ (m & other);
        memcpy(to + i, &m, sizeof(m));
    }
    memcpy(&m, mask + i, size - i);
    m = background ^ (m & other);
    memcpy(to + i, &m, size - i);
}

void pixels_and(uint8_t *to, const uint8_t *with, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        to[i] &= with[i];
    }
}

void pixels_in_range(uint8_t *to, const uint8_t *pixels, size_t count, uint32_t cpp,
                     const struct pixels_field *fields, unsigned field_count, uint32_t low,
                     uint32_t high, bool invert)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t pixel = 0;
        bool inside = true;
        memcpy(&pixel, pixels + i * cpp, cpp);
        for (unsigned f = 0; f < field_count; f++) {
            uint32_t value = pixel >> fields[f].shift & fields[f].mask;
            inside = inside && value >= (low >> fields[f].shift & fields[f].mask) &&
                     value <= (high >> fields[f].shift & fields[f].mask);
        }
        uint32_t result = inside != invert ? 0xffffffffu : 0;
        memcpy(to + i * cpp, &result, cpp);
    }
}

/*
 * Four rows of 64 bytes, and four columns that have their four pieces in one line each. Whichever
 * is written, it is written line by line.
 */
static inline void rows_to_columns(uint8_t *columns, size_t stride, const uint8_t *rows,
                                   ptrdiff_t pitch, bool stream)
{
    for (unsigned c = 0; c < 4; c++) {
        struct line line;
        for (unsigned r = 0; r < 4; r++) {
            memcpy(&line.part[r], rows + (ptrdiff_t)r * pitch + 16 * c, 16);
        }
        store_line(columns + c * stride, line, stream);
    }
}

static inline void columns_to_rows(uint8_t *rows, ptrdiff_t pitch, const uint8_t *columns,
                                   size_t stride, bool stream)
{
    for (unsigned r = 0; r < 4; r++) {
        struct line line;
        for (unsigned c = 0; c < 4; c++) {
            memcpy(&line.part[c], columns + c * stride + 16 * r, 16);
        }
        store_line(rows + (ptrdiff_t)r * pitch, line, stream);
    }
}

void pixels_turn(uint8_t *columns, size_t stride, uint8_t *rows, ptrdiff_t pitch, size_t size,
                 bool to_columns, bool stream)
{
    const bool in_lines = (((uintptr_t)rows | (uintptr_t)pitch) & 63u) == 0;

    for (size_t i = 0; i < size; i += 64) {
        if (to_columns) {
            rows_to_columns(columns + i / 16 * stride, stride, rows + i, pitch, stream);
        } else {
            columns_to_rows(rows + i, pitch, columns + i / 16 * stride, stride, stream && in_lines);
        }
    }
}
