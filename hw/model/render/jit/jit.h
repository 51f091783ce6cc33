/* SPDX-License-Identifier: MIT */
/*
 * Pixel programs as machine code. The compiler is a plugin of its own, which a thread loads when
 * the first program has been drawn with a few times, because LLVM is large. Until a program is
 * compiled, and where there is no LLVM, the loops of kernel.c run it. Both give the same bits.
 */
#ifndef GEMD_HW_MODEL_RENDER_JIT_JIT_H
#define GEMD_HW_MODEL_RENDER_JIT_JIT_H

#include "hw/model/render/internal.h"

/* How a texture unit's common kinds are sampled by the compiled code itself. */
enum jit_sampling {
    JIT_CALL,    /* by struct kernel's function: all else */
    JIT_PLAIN,   /* one level */
    JIT_NEAREST, /* the nearest level */
    JIT_MIXED,   /* two levels */
};

struct jit_texture {
    uint8_t sampling;
    uint8_t linear;           /* inside a level */
    uint8_t clamp_u, clamp_v; /* else repeated, sizes being powers of two */
    uint8_t swapped, opaque;  /* red and blue; alpha is one */
    uint8_t preclamp;
};

/* Everything that is folded into the code but the program itself; padding is zero. */
struct jit_key {
    bool whole; /* all from depth test to the stored pixel; else up to the program's results */
    bool texkill_4d, texture_kills;
    uint8_t color_tiling, depth_tiling;
    uint16_t shadow;                    /* texture units that compare */
    uint32_t linear, perspective, flat; /* of the vertex layout */
    uint16_t reg[SLOT_MAX];
    struct jit_texture texture[MAP_COUNT];
    struct pixel_state pixel; /* when whole; without what is read when the code runs */
};

struct jit_request {
    const struct jit_key *key;
    const struct program *program;
};

/* The plugin. One thread at a time. */
struct jit_plugin {
    /* 'level': "sse2", "avx2" or "avx512". NULL: it cannot. */
    struct jit_compiler *(*create)(const char *level);
    void (*destroy)(struct jit_compiler *compiler);
    /* NULL: it could not. 'code' is what release() takes. */
    jit_function (*compile)(struct jit_compiler *compiler, const struct jit_request *request,
                            void **code);
    void (*release)(struct jit_compiler *compiler, void *code);
};

#define JIT_PLUGIN_SYMBOL "gemd_jit_plugin"
#define JIT_PLUGIN_FILE   "libgemd_jit.so"

/* key.c: what render->draw needs; false: nothing that is worth compiling */
bool jit_key_make(const struct render *render, struct jit_key *key);

/* plugin_loader.c; NULL: there is none */
const struct jit_plugin *jit_plugin_load(void);

/* The level for the CPU at hand, or NULL. */
const char *jit_level(void);

#endif
