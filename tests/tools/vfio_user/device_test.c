/* SPDX-License-Identifier: MIT */
/* Configuration space, the regions, and the guest's memory behind them. */
#include "tests/tools/vfio_user/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/gen3/regs.h"

#define RW    (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define GUEST 0x10000000u
#define SIZE  (1u << 20)

enum { REGISTERS, IO, APERTURE, TABLE, CONFIG = VFIO_PCI_CONFIG_REGION_INDEX };

static int setup(void **state)
{
    static struct peer peer;
    peer_init(&peer, NULL);
    *state = &peer;
    return 0;
}

static int teardown(void **state)
{
    peer_finish(*state);
    return 0;
}

static void configuration_space_keeps_what_is_fixed(void **state)
{
    /* offset, size, first value, what a write of ones makes of it */
    static const struct {
        uint32_t offset, size, first, ones;
    } rows[] = {
        {0x00, 4, 0x29c28086, 0x29c28086},
        {0x04, 2, 0, 0x0407},
        {0x06, 2, 0x0010, 0x0010},
        {0x08, 4, 0x03000002, 0x03000002},
        {0x0e, 1, 0, 0},
        {0x10, 4, 0, 0xfff80000},
        {0x14, 4, 1, 0x0000fff9},
        {0x18, 4, 8, 0xf0000008},
        {0x1c, 4, 0, 0xfff00000},
        {0x20, 4, 0, 0},
        {0x30, 4, 0, 0xfffff801},
        {0x34, 1, 0x90, 0x90},
        {0x3c, 1, 0, 0xff},
        {0x3d, 1, 1, 1},
        {0x52, 2, 0x0130, 0x0130},
        {0x5c, 4, 0x7f800000, 0x7f800000},
        {0x90, 4, 0xd005, 0x0001d005},
        {0x94, 4, 0, 0xfffffffc},
        {0x98, 2, 0, 0xffff},
        {0xd0, 4, 0x00020001, 0x00020001},
        {0xd4, 4, 0, 3},
        {0xff, 1, 0, 0xff},
    };
    struct peer *peer = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t ones = rows[i].size == 4 ? 0xffffffffu : (1u << 8 * rows[i].size) - 1;
        assert_int_equal(peer_read(peer, CONFIG, rows[i].offset, rows[i].size), rows[i].first);
        peer_write(peer, CONFIG, rows[i].offset, rows[i].size, ones);
        assert_int_equal(peer_read(peer, CONFIG, rows[i].offset, rows[i].size), rows[i].ones);
    }
    /* All at once, which begins in the middle of a register and ends in another. */
    assert_int_equal(peer_read(peer, CONFIG, 0, 256), 0x29c28086);
    assert_int_equal(peer_read(peer, CONFIG, 0x53, 3), 0x000001);
    assert_int_equal(peer_call(peer, WIRE_RESET, NULL, 0), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(peer_read(peer, CONFIG, rows[i].offset, rows[i].size), rows[i].first);
    }
}

static void registers_can_be_reached_in_bytes_and_by_io(void **state)
{
    struct peer *peer = *state;
    peer_write(peer, REGISTERS, HWS_PGA, 4, 0x12345000);
    assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA + 1, 1), 0x50);
    assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA + 2, 2), 0x1234);
    peer_write(peer, REGISTERS, HWS_PGA + 3, 1, 0xab);
    assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA, 4), 0xab345000);
    peer_write(peer, IO, 0, 4, HWS_PGA);
    assert_int_equal(peer_read(peer, IO, 0, 4), HWS_PGA);
    assert_int_equal(peer_read(peer, IO, 4, 4), 0xab345000);
    peer_write(peer, IO, 4, 4, 0x00777000);
    assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA, 4), 0x00777000);
    peer_write(peer, IO, 0, 4, 0x40 | 1);
    peer_write(peer, IO, 4, 4, 0x00123001);
    assert_int_equal(peer_read(peer, TABLE, 0x40, 4), 0x00123001);
    peer_write(peer, IO, 0, 4, 0xfffffffc);
    peer_write(peer, IO, 4, 4, 1);
    assert_int_equal(peer_read(peer, IO, 4, 4), 0);
    peer_write(peer, IO, 0, 4, 0xffffffff);
    assert_int_equal(peer_read(peer, IO, 4, 4), 0);
}

/* What the peer maps is what the model translates with. */
static void page_table_is_one_memory(void **state)
{
    struct peer *peer = *state;
    const struct wire_region_info ask = {.argsz = 64, .index = TABLE};
    assert_int_equal(peer_call(peer, WIRE_GET_REGION_INFO, &ask, sizeof(ask)), 0);
    assert_int_equal(ftruncate(peer->got_fd, 0), -1); /* not for the peer to shorten */
    uint32_t *table = mmap(NULL, 256 << 10, PROT_READ | PROT_WRITE, MAP_SHARED, peer->got_fd, 0);
    assert_true(table != MAP_FAILED);
    peer_write(peer, TABLE, 8, 4, 0xabcd0001);
    assert_int_equal(table[2], 0xabcd0001);
    peer_write(peer, TABLE, 9, 2, 0x1122);
    assert_int_equal(table[2], 0xab112201);
    table[3] = 0x00001001;
    assert_int_equal(peer_read(peer, TABLE, 12, 4), 0x00001001);
    /* Entries that do not exist, but are in the BAR. */
    peer_write(peer, TABLE, 512 << 10, 4, 0xffffffff);
    assert_int_equal(peer_read(peer, TABLE, 512 << 10, 4), 0);

    void *memory;
    int fd = peer_file(SIZE, &memory);
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, RW), 0);
    table[0] = GUEST + 8192 + PTE_VALID;
    peer_write(peer, APERTURE, 16, 4, 0xfeedface);
    assert_int_equal(((uint32_t *)memory)[(8192 + 16) / 4], 0xfeedface);
    /* It outlives a reset where it is, but not what is in it. */
    assert_int_equal(peer_call(peer, WIRE_RESET, NULL, 0), 0);
    assert_int_equal(table[0], 0);
    table[0] = GUEST + PTE_VALID;
    ((uint32_t *)memory)[5] = 77;
    assert_int_equal(peer_read(peer, APERTURE, 20, 4), 77);
    munmap(table, 256 << 10);
    munmap(memory, SIZE);
    close(fd);
}

static void aperture_ends_at_pages_that_are_not_there(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(SIZE, &memory);
    struct wire_access access = {.offset = 4096 - 4, .region = APERTURE, .count = 8192 + 8};
    uint32_t words[(8192 + 8) / 4];
    memset(memory, 0x11, SIZE);
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, RW), 0);
    peer_write(peer, TABLE, 0, 4, GUEST | PTE_VALID);
    peer_write(peer, TABLE, 8, 4, (GUEST + 4096) | PTE_VALID); /* the second stays invalid */
    peer_write(peer, TABLE, 12, 4, (GUEST + 8192) | PTE_VALID);
    assert_int_equal(peer_call(peer, WIRE_REGION_READ, &access, sizeof(access)), 0);
    memcpy(words, peer->body + sizeof(access), sizeof(words));
    assert_int_equal(words[0], 0x11111111);
    assert_int_equal(words[1], 0);
    assert_int_equal(words[1024], 0);
    assert_int_equal(words[1025], 0x11111111);
    assert_int_equal(words[2049], 0x11111111);
    /* And so is a page whose memory has gone. */
    assert_int_equal(peer_unmap(peer, GUEST, SIZE), 0);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0);
    peer_write(peer, APERTURE, 0, 4, 0x22222222);
    assert_int_equal(*(uint32_t *)memory, 0x11111111);
    munmap(memory, SIZE);
    close(fd);
}

static void read_only_memory_stays_as_it_is(void **state)
{
    struct peer *peer = *state;
    void *memory;
    char path[64];
    int fd = peer_file(SIZE, &memory);
    memset(memory, 0x11, SIZE);
    /* A descriptor that cannot write will do; for memory that can be written to it will not. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(peer_map(peer, GUEST, SIZE, reader, 0, RW), EACCES);
    assert_int_equal(peer_map(peer, GUEST, SIZE, reader, 0, VFIO_DMA_MAP_FLAG_READ), 0);
    peer_write(peer, TABLE, 0, 4, GUEST | PTE_VALID);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0x11111111);
    peer_write(peer, APERTURE, 0, 4, 0x22222222);
    assert_int_equal(*(uint32_t *)memory, 0x11111111);
    assert_int_equal(peer_unmap(peer, GUEST, SIZE), 0);
    /* The same range, writable, is another mapping. */
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, RW), 0);
    peer_write(peer, APERTURE, 0, 4, 0x33333333);
    assert_int_equal(*(uint32_t *)memory, 0x33333333);
    assert_int_equal(peer_unmap(peer, GUEST, SIZE), 0);
    /* What may not even be read is not there. */
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, 0), 0);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0);
    close(reader);
    close(fd);
    munmap(memory, SIZE);
}

static void memory_beyond_the_address_bits_is_not_reached(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(SIZE, &memory);
    uint64_t edge = (uint64_t)1 << 36;
    *(uint32_t *)memory = 99;
    /* Half inside, wholly outside, and at the very end. */
    assert_int_equal(peer_map(peer, edge - SIZE / 2, SIZE, fd, 0, RW), 0);
    assert_int_equal(peer_map(peer, edge + SIZE, SIZE, fd, 0, RW), 0);
    assert_int_equal(peer_map(peer, -4096ull, 4096, fd, 0, RW), 0);
    uint64_t inside = edge - SIZE / 2;
    peer_write(peer, TABLE, 0, 4, (uint32_t)inside | (uint32_t)(inside >> 28 & 0xf0) | PTE_VALID);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 99);
    assert_int_equal(peer_unmap(peer, -4096ull, 4096), 0);
    assert_int_equal(peer_unmap(peer, edge + SIZE, SIZE), 0);
    assert_int_equal(peer_unmap(peer, inside, SIZE), 0);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0);
    munmap(memory, SIZE);
    close(fd);
}

static void stolen_memory_is_the_server_s(void **state)
{
    struct peer *peer = *state;
    uint32_t base = peer_read(peer, CONFIG, 0x5c, 4);
    uint32_t last = DEVICE_STOLEN_SIZE - 4096;
    peer_write(peer, TABLE, 0, 4, base | PTE_VALID);
    peer_write(peer, TABLE, 4, 4, (base + last) | PTE_VALID);
    peer_write(peer, TABLE, 8, 4, (base + last + 4096) | PTE_VALID);
    peer_write(peer, APERTURE, 0, 4, 1234);
    peer_write(peer, APERTURE, 8188, 4, 5678);
    peer_write(peer, APERTURE, 8192, 4, 9);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 1234);
    assert_int_equal(peer_read(peer, APERTURE, 8188, 4), 5678);
    assert_int_equal(peer_read(peer, APERTURE, 8192, 4), 0);
    assert_int_equal(peer_call(peer, WIRE_RESET, NULL, 0), 0);
    peer_write(peer, TABLE, 0, 4, base | PTE_VALID);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0);
}

/* A file that becomes shorter costs the peer its connection, and nobody else anything. */
static void memory_that_is_cut_off_ends_the_connection(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(SIZE, &memory);
    const struct wire_access access = {.region = APERTURE, .count = 4};
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, RW), 0);
    peer_write(peer, TABLE, 0, 4, (GUEST + SIZE - 4096) | PTE_VALID);
    /* Each test gets cmocka's handlers. */
    assert_int_equal(dma_guard_install(&peer->device.dma), 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(peer_call(peer, WIRE_REGION_READ, &access, sizeof(access)), -1);
    assert_string_equal(peer->reason, "a file of the guest's memory has become shorter");
    peer_connect(peer);
    peer_agree(peer);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 0);
    munmap(memory, SIZE);
    close(fd);
}

/* Registers go, what a driver's bus layer has set up stays. */
static void waking_from_d3_resets_registers(void **state)
{
    struct peer *peer = *state;
    void *memory;
    int fd = peer_file(SIZE, &memory);
    assert_int_equal(peer_map(peer, GUEST, SIZE, fd, 0, RW), 0);
    ((uint32_t *)memory)[0] = 42;
    peer_write(peer, CONFIG, 0x04, 2, 0x0006);
    peer_write(peer, CONFIG, 0x10, 4, 0xfeb00000);
    peer_write(peer, CONFIG, 0x94, 4, 0xfee00000);
    peer_write(peer, TABLE, 0, 4, GUEST | PTE_VALID);
    peer_write(peer, REGISTERS, HWS_PGA, 4, 0x00010000);
    for (uint32_t power = 1; power <= 2; power++) {
        peer_write(peer, CONFIG, 0xd4, 2, power);
        peer_write(peer, CONFIG, 0xd4, 2, 0);
        assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA, 4), 0x00010000);
    }
    peer_write(peer, CONFIG, 0xd4, 2, 3);
    assert_int_equal(peer_read(peer, CONFIG, 0xd4, 2), 3);
    peer_write(peer, CONFIG, 0xd4, 2, 0);
    assert_int_equal(peer_read(peer, REGISTERS, HWS_PGA, 4), 0);
    assert_int_equal(peer_read(peer, CONFIG, 0x04, 2), 0x0006);
    assert_int_equal(peer_read(peer, CONFIG, 0x10, 4), 0xfeb00000);
    assert_int_equal(peer_read(peer, CONFIG, 0x94, 4), 0xfee00000);
    assert_int_equal(peer_read(peer, TABLE, 0, 4), GUEST | PTE_VALID);
    assert_int_equal(peer_read(peer, APERTURE, 0, 4), 42);
    munmap(memory, SIZE);
    close(fd);
}

static void rom_is_one_that_firmware_runs(void **state)
{
    struct peer *peer = *state;
    const struct wire_access access = {.region = VFIO_PCI_ROM_REGION_INDEX, .count = ROM_SIZE};
    uint8_t sum = 0;
    assert_int_equal(peer_call(peer, WIRE_REGION_READ, &access, sizeof(access)), 0);
    const uint8_t *rom = peer->body + sizeof(access);
    for (size_t i = 0; i < ROM_SIZE; i++) {
        sum = (uint8_t)(sum + rom[i]);
    }
    assert_int_equal(sum, 0);
    assert_int_equal(rom[0], 0x55);
    assert_int_equal(rom[1], 0xaa);
    assert_int_equal(rom[2] * 512, ROM_SIZE);
    const uint8_t *data = rom + rom[0x18];
    assert_memory_equal(data, "PCIR\x86\x80\xc2\x29", 8);
    assert_int_equal(data[21] & 0x80, 0x80);
    /* The jump leads to: push eax; and GMCH_CTRL is in the code. */
    const uint8_t *code = rom + 5 + rom[4];
    assert_memory_equal(code, "\x66\x50", 2);
    assert_memory_equal(code + 14, "\xb8\x30\x01", 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(configuration_space_keeps_what_is_fixed),
        TEST(registers_can_be_reached_in_bytes_and_by_io),
        TEST(page_table_is_one_memory),
        TEST(aperture_ends_at_pages_that_are_not_there),
        TEST(read_only_memory_stays_as_it_is),
        TEST(memory_beyond_the_address_bits_is_not_reached),
        TEST(stolen_memory_is_the_server_s),
        TEST(memory_that_is_cut_off_ends_the_connection),
        TEST(waking_from_d3_resets_registers),
        TEST(rom_is_one_that_firmware_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
