/* SPDX-License-Identifier: MIT */
/* State commands: what each keeps, what its modify bits keep away, and state loaded from memory. */
#include "tests/render/bed.h"

#include <string.h>

#include "hw/model/render/internal.h"

#define SIZE      16
#define BLOCKS_AT 0x00200000u

static struct registers *registers(struct bed *bed)
{
    return &bed->render->state;
}

static void test_plain_commands(void **state)
{
    struct bed *bed = *state;
    const struct registers *r = registers(bed);
    SEND(bed, 0x7d800003, 1, 2, 3, 4);
    assert_memory_equal(r->draw_rect, ((uint32_t[]){1, 2, 3, 4}), 16);
    SEND(bed, 0x7d810001, 5, 6);
    assert_memory_equal(r->scissor, ((uint32_t[]){5, 6}), 8);
    SEND(bed, 0x7d870001, 7, 8);
    assert_memory_equal(r->dst_vars_mpeg, ((uint32_t[]){7, 8}), 8);
    SEND(bed, 0x7d970000, bits_of(0.5f));
    assert_true(r->depth_offset_scale == 0.5f);
    SEND(bed, 0x7d980000, bits_of(0.25f));
    assert_true(r->default_z == 0.25f);
    SEND(bed, 0x7d9c0005, 1, 2, 3, 4, 5, 6);
    assert_memory_equal(r->clear, ((uint32_t[]){1, 2, 3, 4, 5, 6}), 24);
    SEND(bed, 0x7d9e0002, 9, 10, 11);
    assert_memory_equal(r->filter_6x5, ((uint32_t[]){9, 10, 11}), 12);
    uint32_t filter[65] = {0x7d9d003f};
    for (uint32_t i = 1; i < 65; i++) {
        filter[i] = i * 3;
    }
    bed_send(bed, filter, 65);
    assert_memory_equal(r->filter_4x4, filter + 1, 256);
}

static void test_chroma_keys(void **state)
{
    struct bed *bed = *state;
    for (uint32_t i = 0; i < 4; i++) {
        SEND(bed, 0x7d860002, i << 30, 0x10 + i, 0x20 + i);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(registers(bed)->chroma_key[i][0], 0x10 + i);
        assert_int_equal(registers(bed)->chroma_key[i][1], 0x20 + i);
    }
}

static void test_buffers(void **state)
{
    struct bed *bed = *state;
    const struct registers *r = registers(bed);
    const struct buffer_info *const buffers[4] = {&r->color, &r->color_aux, &r->intra, &r->depth};
    static const uint32_t ids[4] = {3, 4, 5, 7};
    for (uint32_t i = 0; i < 4; i++) {
        SEND(bed, 0x7d8e0001, 1u << 28 | ids[i] << 24 | 64, 0x1000 * i);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(buffers[i]->info, 1u << 28 | ids[i] << 24 | 64);
        assert_int_equal(buffers[i]->address, 0x1000 * i);
    }
}

/* FOG_MODE: each field changes only under its modify bit. */
static void test_fog_mode(void **state)
{
    struct bed *bed = *state;
    const uint32_t *fog = registers(bed)->fog;
    SEND(bed, 0x7d890002, 1u << 31 | 3u << 28 | 1u << 27 | 1u << 25 | 1u << 24 | 1u << 23 | 0x1230,
         0x111, 0x222);
    assert_memory_equal(fog, ((uint32_t[]){3u << 28 | 1u << 25 | 0x1230, 0x111, 0x222}), 12);
    SEND(bed, 0x7d890002, 1u << 28 | 0xffff0, 1, 2);
    assert_memory_equal(fog, ((uint32_t[]){3u << 28 | 1u << 25 | 0x1230, 0x111, 0x222}), 12);
    SEND(bed, 0x7d890002, 1u << 31 | 1u << 28, 1, 2);
    assert_memory_equal(fog, ((uint32_t[]){1u << 28 | 1u << 25 | 0x1230, 0x111, 0x222}), 12);
    SEND(bed, 0x7d890002, 1u << 27, 1, 2);
    assert_memory_equal(fog, ((uint32_t[]){1u << 28 | 0x1230, 0x111, 0x222}), 12);
    SEND(bed, 0x7d890002, 1u << 24 | 0x40, 1, 2);
    assert_memory_equal(fog, ((uint32_t[]){1u << 28 | 0x40, 1, 0x222}), 12);
    SEND(bed, 0x7d890002, 1u << 23, 3, 2);
    assert_memory_equal(fog, ((uint32_t[]){1u << 28 | 0x40, 1, 2}), 12);
}

/* Back-face and MODES_4 fields, likewise. */
static void test_modify_bits(void **state)
{
    struct bed *bed = *state;
    const struct registers *r = registers(bed);
    SEND(bed, 0x68ffffff);
    assert_int_equal(r->backface_ops, 0x7fbffd);
    SEND(bed, 0x68000000 | 1u << 23 | 0x12u << 15);
    assert_int_equal(r->backface_ops, 0x12u << 15 | 0x3ffd);
    SEND(bed, 0x68000000 | 1u << 14 | 5u << 11);
    assert_int_equal(r->backface_ops, 0x12u << 15 | 5u << 11 | 1);
    SEND(bed, 0x68000000 | 2);
    assert_int_equal(r->backface_ops, 0x12u << 15 | 5u << 11);
    SEND(bed, 0x69000000 | 1u << 17 | 0x1234);
    assert_int_equal(r->backface_masks, 0x12ff);
    SEND(bed, 0x69000000 | 1u << 16 | 0x5678);
    assert_int_equal(r->backface_masks, 0x1278);
    SEND(bed, 0x6d000000 | 1u << 23 | 6u << 18);
    assert_int_equal(r->modes4, 6u << 18 | 0xffff);
    SEND(bed, 0x6d000000 | 1u << 17 | 0x3400);
    assert_int_equal(r->modes4, 6u << 18 | 0x34ff);
    SEND(bed, 0x6d000000 | 1u << 16 | 0x56);
    assert_int_equal(r->modes4, 6u << 18 | 0x3456);
    SEND(bed, 0x66000000 | 1u << 16 | 3u << 14 | 2u << 6);
    assert_int_equal(r->aa, 3u << 14);
    SEND(bed, 0x66000000 | 1u << 8 | 1u << 14 | 2u << 6);
    assert_int_equal(r->aa, 3u << 14 | 2u << 6);
}

static void test_retain(void **state)
{
    struct bed *bed = *state;
    SEND(bed, 0x7d008003, 2, 1, 2, 3);
    SEND(bed, 0x7d008003, 4, 4, 5, 6);
    assert_memory_equal(registers(bed)->map[1], ((uint32_t[]){1, 2, 3}), 12);
    assert_memory_equal(registers(bed)->map[2], ((uint32_t[]){4, 5, 6}), 12);
    SEND(bed, 0x7d018003, 1, 7, 8, 9);
    assert_memory_equal(registers(bed)->sampler[0], ((uint32_t[]){7, 8, 9}), 12);
}

static void put(struct bed *bed, uint32_t address, const uint32_t *dw, uint32_t count)
{
    memcpy(bed_bytes(bed, address), dw, 4 * (size_t)count);
}
#define PUT(bed, address, ...)                                                                     \
    put(bed, address, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* Each kind of block, and a whole picture whose state is in memory. */
static void test_indirect(void **state)
{
    struct bed *bed = *state;
    const uint32_t at = BLOCKS_AT;
    PUT(bed, at, 0x7d8e0001, 0x03000000 | SIZE * 4, COLOR_AT, 0x7d850000, 0x10880308, 0x7d800003,
        0x40000000, 0, (SIZE - 1) << 16 | (SIZE - 1), 0);
    PUT(bed, at + 0x100, 0x6d800000 | 3u << 18, 0x7d880000, 0x12345678, 0, 0x75010203);
    PUT(bed, at + 0x200, 0x7d010003, 1, 1, 2, 3);
    PUT(bed, at + 0x300, 0x7d000003, 1, 4, 5, 6);
    PUT(bed, at + 0x400, 0x7d050002, 0x02203d00, 0x01230000, 0);
    PUT(bed, at + 0x500, 0x7d060004, 1, bits_of(1), bits_of(0), bits_of(1), bits_of(0));
    SEND(bed, 0x7d070000 | 1u << 14 | 0x3fu << 8 | 10, at | 1, 9, (at + 0x100) | 1,
         (at + 0x200) | 1, 4, (at + 0x300) | 3, 4, (at + 0x400) | 1, 3, (at + 0x500) | 1, 5);
    const struct registers *r = registers(bed);
    assert_int_equal(r->modes4 >> 18, 3);
    assert_int_equal(r->blend_color, 0x12345678);
    assert_int_equal(r->fog_color, 0); /* behind the end of the dynamic block */
    assert_memory_equal(r->sampler[0], ((uint32_t[]){1, 2, 3}), 12);
    assert_memory_equal(r->map[0], ((uint32_t[]){4, 5, 6}), 12);
    bed_state(bed, 0xffffffff, S4_PLAIN, 0, S6_COLOR);
    bed_fill(bed, 0, 0, SIZE, SIZE, 0, 0);
    assert_int_equal(bed_pixel(bed, COLOR_AT, SIZE * 4, 3, 3), 0x00ff00ff);
}

static void test_indirect_physical(void **state)
{
    struct bed *bed = *state;
    PUT(bed, BLOCKS_AT, 0x7d880000, 0xcafe, 0x7d990000, 0xbeef);
    SEND(bed, 0x7d070000 | 1u << 8, (BLOCKS_AT - BED_BUS) | 1, 3);
    assert_int_equal(registers(bed)->blend_color, 0xcafe);
    assert_int_equal(registers(bed)->default_diffuse, 0xbeef);
}

static void test_indirect_not_valid(void **state)
{
    struct bed *bed = *state;
    PUT(bed, BLOCKS_AT, 0x7d880000, 0xcafe);
    SEND(bed, 0x7d070000 | 1u << 14 | 3u << 8 | 1, BLOCKS_AT | 2, 1, BLOCKS_AT);
    assert_int_equal(registers(bed)->blend_color, 0);
    SEND(bed, 0x7d070000, 0);
}

static void test_indirect_errors(void **state)
{
    struct bed *bed = *state;
    static const uint32_t blocks[][2] = {
        {0x7d070000, 0},          /* itself */
        {0x7f000003, 0},          /* a primitive */
        {0x7d800003, 0},          /* longer than the block */
        {0x02000000, 0},          /* another client */
        {0x7d8e0001 | 0x1000, 0}, /* a length that is none */
        {0x62000000, 0},          /* nothing at all */
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        put(bed, BLOCKS_AT, blocks[i], 2);
        assert_int_equal(TRY(bed, 0x7d070000 | 1u << 14 | 1u << 8, BLOCKS_AT | 1, 1),
                         RENDER_UNKNOWN);
        assert_non_null(strstr(bed->error.text, "LOAD_INDIRECT"));
    }
    assert_int_equal(TRY(bed, 0x7d070000 | 1u << 14 | 1u << 8, BLOCKS_AT | 1), RENDER_UNKNOWN);
    assert_int_equal(TRY(bed, 0x7d070000 | 1u << 14 | 2u << 8, 0, 1), RENDER_UNKNOWN);
    bed->memory.hole = BLOCKS_AT;
    assert_int_equal(TRY(bed, 0x7d070000 | 1u << 14 | 1u << 8, BLOCKS_AT | 1, 1), RENDER_FAULT);
    assert_int_equal(bed->error.pgtbl_er, PGTBL_ER_CS_INSTR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_plain_commands),  TEST(test_chroma_keys),       TEST(test_buffers),
        TEST(test_fog_mode),        TEST(test_modify_bits),       TEST(test_retain),
        TEST(test_indirect),        TEST(test_indirect_physical), TEST(test_indirect_not_valid),
        TEST(test_indirect_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
