/* SPDX-License-Identifier: MIT */
/* Bounds: files of up to 120 bytes of any content: opened, and read (a variant each). */
#include "proof.h"

#include <stdio.h>

/* Messages have no say in anything, and cost the solver much. */
static int any_text(char *to, size_t size, const char *format, ...)
{
    to[size - 1] = 0;
    return (int)nondet_u16();
}
#define snprintf any_text

#include "gemd/validator/stream_file.c"

#define MOST   120u
#define HEADER 36u
#define BODY   (MOST - HEADER)

/* At the array's end: what is read behind the file is noticed. */
static void prove_open(void)
{
    uint8_t file[MOST]; /* of any content */
    const size_t size = nondet_size();
    struct stream_record record;
    char reason[128];

    given(size <= MOST);
    if (stream_file_open(&file[MOST - size], size, &record, reason) != 0) {
        reach("no record");
        return;
    }
    prove(record.size >= HEADER && record.size <= size, "a record lies in the file");
    prove(record.body == &file[MOST - size] + HEADER &&
              record.size - HEADER == 32 * (size_t)record.buffer_count +
                                          16 * (size_t)record.reloc_count +
                                          4 * (size_t)record.word_count,
          "and its parts in the record");
    reach("a record");
}

/* Parts of a body that is full, or not. */
static void prove_read(void)
{
    uint8_t body[BODY];
    struct validator_buffer buffers[BODY / 32];
    struct validator_reloc relocs[BODY / 16];
    uint32_t words[BODY / 4];
    struct stream_record record = {.body = body,
                                   .word_count = nondet_u8(),
                                   .reloc_count = nondet_u8(),
                                   .buffer_count = nondet_u8()};

    given(32 * record.buffer_count + 16 * record.reloc_count + 4 * record.word_count <= BODY);
    stream_file_read(&record, buffers, relocs, words);
    reach("its parts");
}

int main(void)
{
#ifdef READ
    prove_read();
#else
    prove_open();
#endif
    return 0;
}
