/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/generate.h"

#include "hw/gen3/regs.h"
#include "tests/fuzz/builder.h"

/* One of each class, and the one whose GTT is larger than addresses reach. */
static const uint16_t chips[] = {0x29c2, 0x29c2, 0x2772, 0x2582, 0x29b2};

static void put_state(struct builder *b)
{
    builder_targets(b);
    builder_registers(b);
    builder_modes(b, 10);
    builder_program(b);
    builder_textures(b);
}

static void put_draw(struct builder *b, bool again)
{
    if (!again) {
        put_state(b);
    } else if (rng_percent(b->rng, 50)) {
        builder_modes(b, 20);
    }
    for (uint32_t i = 0, n = rng_percent(b->rng, 70) ? 1 : rng_between(b->rng, 2, 4); i < n; i++) {
        builder_primitive(b);
    }
}

static void put_piece(struct builder *b, bool *drawn)
{
    const struct gen3_command *row = builder_pick_blit(b);
    const uint32_t choice = rng_below(b->rng, 100);

    if (choice < 50 || row == NULL) {
        put_draw(b, *drawn && rng_percent(b->rng, 40));
        *drawn = true;
    } else if (choice < 65) {
        if (!*drawn || rng_percent(b->rng, 60)) {
            put_state(b);
            *drawn = true;
        }
        builder_clear(b);
    } else if (choice < 95) {
        builder_blit(b, row);
    } else {
        builder_modes(b, 60);
        builder_put(b, MI_FLUSH | (rng_below(b->rng, 32) & 0x17));
        builder_put(b, MI_NOOP);
    }
}

static void put_end(struct builder *b)
{
    struct fuzz_case *c = b->c;

    c->words[c->word_count++] = MI_BATCH_BUFFER_END;
    if (c->word_count % 2 != 0) {
        c->words[c->word_count++] = MI_NOOP;
    }
}

void generate_case(struct fuzz_case *c, struct rng *rng, uint16_t pci_device)
{
    struct builder b;
    bool drawn = false;

    builder_init(&b, c, rng, pci_device != 0 ? pci_device : RNG_PICK(rng, chips));
    for (uint32_t i = 0, n = rng_percent(rng, 60) ? 1 : rng_between(rng, 2, 3); i < n; i++) {
        put_piece(&b, &drawn);
    }
    put_end(&b);
}

static bool has_command(const struct fuzz_case *c, enum gen3_command_id id)
{
    for (uint32_t at = 0; at < c->word_count;) {
        const struct case_command command = case_command_at(c, at);

        if (command.command != NULL && command.command->id == id) {
            return true;
        }
        at += command.length;
    }
    return false;
}

bool generate_command(struct fuzz_case *c, struct rng *rng, const struct gen3_command *row)
{
    struct builder b;

    for (int i = 0; i < 200; i++) {
        builder_init(&b, c, rng, chips[0]);
        if (row->value >> 29 == 2) {
            builder_blit(&b, row);
        } else if (row->value >> 29 == 0) {
            builder_put(&b, row->value);
        } else {
            put_state(&b);
            builder_modes(&b, 30);
            if (i >= 100) { /* it is none that the generator knows */
                builder_other(&b, row);
            }
            builder_clear(&b);
            builder_primitive(&b);
        }
        put_end(&b);
        if (has_command(c, row->id)) {
            return true;
        }
    }
    return false;
}
