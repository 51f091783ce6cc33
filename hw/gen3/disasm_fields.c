/* SPDX-License-Identifier: MIT */
/* The fields of each dword, as tables (doc/gen3.md C, D.1, E.2 to E.11, G.1). */
#include "hw/gen3/disasm_text.h"

#define FIELD(kind_, high, low, name_)                                                             \
    {                                                                                              \
        .kind = DISASM_##kind_, .shift = low, .bits = (high) - (low) + 1, .name = name_            \
    }
#define FLAG(bit, name_)                                                                           \
    {                                                                                              \
        .kind = DISASM_FLAG, .shift = bit, .bits = 1, .name = name_                                \
    }
#define NAMES(high, low, name_, names_)                                                            \
    {                                                                                              \
        .kind = DISASM_NAME, .shift = low, .bits = (high) - (low) + 1, .name = name_,              \
        .names = names_                                                                            \
    }
#define FIELDS(...)                                                                                \
    (const struct disasm_field[])                                                                  \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            .kind = DISASM_END                                                                     \
        }                                                                                          \
    }

static const char *const compare[8] = {"always", "never",   "less",     "equal",
                                       "lequal", "greater", "notequal", "gequal"};
static const char *const stencil_op[8] = {"keep",    "zero", "replace", "incrsat",
                                          "decrsat", "incr", "decr",    "invert"};
static const char *const blend_factor[16] = {[1] = "zero",
                                             [2] = "one",
                                             [3] = "src_color",
                                             [4] = "inv_src_color",
                                             [5] = "src_alpha",
                                             [6] = "inv_src_alpha",
                                             [7] = "dst_alpha",
                                             [8] = "inv_dst_alpha",
                                             [9] = "dst_color",
                                             [10] = "inv_dst_color",
                                             [11] = "src_alpha_sat",
                                             [12] = "const_color",
                                             [13] = "inv_const_color",
                                             [14] = "const_alpha",
                                             [15] = "inv_const_alpha"};
static const char *const blend_func[8] = {"add", "subtract", "reverse_subtract", "min", "max"};
static const char *const logic_op[16] = {
    "clear", "nor",   "and_inv", "copy_inv", "and_rvrse", "inv",      "xor", "nand",
    "and",   "equiv", "noop",    "or_inv",   "copy",      "or_rvrse", "or",  "set"};
static const char *const cull[4] = {"both", "none", "cw", "ccw"};
static const char *const position[8] = {NULL, "xyz", "xyzw", "xy", "xyw"};
static const char *const provoking[4] = {"first", "second", "last"};
static const char *const texcoord[16] = {
    [0] = "2d", [1] = "3d", [2] = "4d", [3] = "1d", [4] = "2d_16", [5] = "4d_16", [15] = "none"};
static const char *const primitive[32] = {"trilist",   "tristrip", "tristrip_reverse", "trifan",
                                          "poly",      "linelist", "linestrip",        "rectlist",
                                          "pointlist", "dib",      "clear_rect"};
static const char *const buffer_id[16] = {
    [3] = "colour", [4] = "colour_aux", [5] = "mpeg", [7] = "depth"};
static const char *const colour_format[16] = {
    "8bit",         "rgb555",        "rgb565",   "argb8888", "ycrcb_swap", "ycrcb",
    "ycrcb_swapuv", "ycrcb_swapuvy", "argb4444", "argb1555", "argb2101010"};
static const char *const depth_format[4] = {"16", "16_float", "24_8", "24_float_8"};
static const char *const surface_type[8] = {NULL, "8bit", "16bit",      "32bit",
                                            NULL, "422",  "compressed", "4bit"};
static const char *const mip_filter[4] = {"none", "nearest", NULL, "linear"};
static const char *const filter[8] = {"nearest", "linear",   "anisotropic", "4x4_1",
                                      "4x4_2",   "4x4_flat", "6x5_mono"};
static const char *const address_mode[8] = {"wrap", "mirror",       "clamp_edge",
                                            "cube", "clamp_border", "mirror_once"};
static const char *const blit_depth[4] = {"8", "565", "1555", "8888"};
static const char *const plane[4] = {"A", "B", "C"};

static const char *const fog_func[4] = {"vertex", "exp", "exp2", "linear"};

static const struct disasm_field nothing[] = {{.kind = DISASM_END}};
static const struct disasm_field hex[] = {FIELD(HEX, 31, 0, "value"), {.kind = DISASM_END}};
static const struct disasm_field address[] = {FIELD(HEX, 31, 0, "address"), {.kind = DISASM_END}};
static const struct disasm_field argb[] = {FIELD(HEX, 31, 0, "argb"), {.kind = DISASM_END}};
static const struct disasm_field real[] = {FIELD(FLOAT, 31, 0, "value"), {.kind = DISASM_END}};
static const struct disasm_field signed_point[] = {
    FIELD(SIGNED, 15, 0, "x"), FIELD(SIGNED, 31, 16, "y"), {.kind = DISASM_END}};
static const struct disasm_field point[] = {
    FIELD(DECIMAL, 15, 0, "x"), FIELD(DECIMAL, 31, 16, "y"), {.kind = DISASM_END}};
static const struct disasm_field br13[] = {FLAG(31, "solid"),
                                           FLAG(30, "clip"),
                                           FLAG(29, "mono_source"),
                                           FLAG(28, "mono_pattern"),
                                           NAMES(25, 24, "depth", blit_depth),
                                           FIELD(HEX, 23, 16, "rop"),
                                           FIELD(SIGNED, 15, 0, "pitch"),
                                           {.kind = DISASM_END}};
#define MASKS FLAG(21, "alpha"), FLAG(20, "rgb")
#define SEEDS FIELD(DECIMAL, 14, 12, "seed_x"), FIELD(DECIMAL, 10, 8, "seed_y")
#define BITS  FIELD(DECIMAL, 19, 17, "first_bit")
#define KEY   FLAG(19, "key_destination"), FLAG(18, "key_alpha"), FLAG(17, "key")
#define END                                                                                        \
    {                                                                                              \
        .kind = DISASM_END                                                                         \
    }
static const struct disasm_field blit_header[] = {MASKS, END};
static const struct disasm_field pattern_header[] = {MASKS, SEEDS, END};
static const struct disasm_field bits_header[] = {MASKS, BITS, END};
static const struct disasm_field full_bits_header[] = {MASKS, BITS, SEEDS, END};
static const struct disasm_field hatch_header[] = {MASKS, FIELD(DECIMAL, 18, 15, "hatch"), SEEDS,
                                                   END};
static const struct disasm_field key_header[] = {MASKS, KEY, END};
static const struct disasm_field pattern_key_header[] = {MASKS, KEY, SEEDS, END};
static const struct disasm_field text_header[] = {FLAG(16, "byte_packed"), END};
static const struct disasm_field blit_pitch[] = {FIELD(SIGNED, 15, 0, "pitch"), END};
static const struct disasm_field blit_size[] = {FIELD(DECIMAL, 15, 0, "bytes"),
                                                FIELD(DECIMAL, 31, 16, "rows"), END};
static const struct disasm_field draw_header[] = {
    NAMES(22, 18, "type", primitive), FIELD(DECIMAL, 15, 0, "count"), {.kind = DISASM_END}};

/* Dwords that many blits share, in their usual order. */
#define RECTANGLE                                                                                  \
    {"TOP_LEFT", signed_point},                                                                    \
    {                                                                                              \
        "BOTTOM_RIGHT", signed_point                                                               \
    }
#define TARGET                                                                                     \
    {"BR13", br13}, RECTANGLE,                                                                     \
    {                                                                                              \
        "DESTINATION", address                                                                     \
    }
#define CLIP                                                                                       \
    {"CLIP_TOP_LEFT", signed_point},                                                               \
    {                                                                                              \
        "CLIP_BOTTOM_RIGHT", signed_point                                                          \
    }
#define SETUP                                                                                      \
    {"BR01", br13}, CLIP,                                                                          \
    {                                                                                              \
        "DESTINATION", address                                                                     \
    }
#define ORIGIN                                                                                     \
    {                                                                                              \
        "SOURCE_TOP_LEFT", signed_point                                                            \
    }
#define PITCH                                                                                      \
    {                                                                                              \
        "SOURCE_PITCH", blit_pitch                                                                 \
    }
#define SOURCE                                                                                     \
    {                                                                                              \
        "SOURCE", address                                                                          \
    }
#define EXPANDED                                                                                   \
    {"SOURCE_BACKGROUND", hex},                                                                    \
    {                                                                                              \
        "SOURCE_FOREGROUND", hex                                                                   \
    }
#define PATTERN                                                                                    \
    {                                                                                              \
        "PATTERN", address                                                                         \
    }
#define COLOURS                                                                                    \
    {"BACKGROUND", hex},                                                                           \
    {                                                                                              \
        "FOREGROUND", hex                                                                          \
    }
#define ROWS                                                                                       \
    {"PATTERN_0", hex},                                                                            \
    {                                                                                              \
        "PATTERN_1", hex                                                                           \
    }
#define RANGE                                                                                      \
    {"KEY_LOW", hex},                                                                              \
    {                                                                                              \
        "KEY_HIGH", hex                                                                            \
    }

#define LINES                                                                                      \
    {                                                                                              \
        "LINES", FIELDS(FIELD(DECIMAL, 31, 16, "first"), FIELD(DECIMAL, 15, 0, "last"))            \
    }

#define MAX_DWORDS 12

/* By command; what is not here is shown as its number alone. */
static const struct disasm_dword layouts[GEN3_COMMAND_COUNT][MAX_DWORDS] = {
    [GEN3_MI_NOOP] = {{NULL, FIELDS(FLAG(22, "nopid"))}},
    [GEN3_MI_FLUSH] = {{NULL, FIELDS(FLAG(0, "map_cache"), FLAG(1, "state_cache"),
                                     FLAG(2, "no_render_cache"), FLAG(4, "end_scene"))}},
    [GEN3_MI_WAIT_FOR_EVENT] = {{NULL, FIELDS(FLAG(2, "plane_a_flip"), FLAG(3, "pipe_a_vblank"),
                                              FLAG(6, "plane_b_flip"), FLAG(7, "pipe_b_vblank"))}},
    [GEN3_MI_OVERLAY_FLIP] = {{NULL, FIELDS(FIELD(DECIMAL, 22, 21, "mode"))},
                              {"REGISTERS", address}},
    [GEN3_MI_LOAD_SCAN_LINES_INCL] = {{NULL, FIELDS(FIELD(DECIMAL, 20, 20, "pipe"))}, LINES},
    [GEN3_MI_LOAD_SCAN_LINES_EXCL] = {{NULL, FIELDS(FIELD(DECIMAL, 20, 20, "pipe"))}, LINES},
    [GEN3_MI_SET_CONTEXT] = {{NULL, nothing},
                             {"CONTEXT", FIELDS(FIELD(HEX, 31, 11, "address/2048"), FLAG(8, "gtt"),
                                                FLAG(1, "force"), FLAG(0, "inhibit"))}},
    [GEN3_MI_UPDATE_GTT] = {{NULL, nothing}, {"ADDRESS", address}},
    [GEN3_MI_STORE_REGISTER_MEM] = {{NULL, FIELDS(FLAG(22, "gtt"))},
                                    {"REGISTER", hex},
                                    {"ADDRESS", address}},
    [GEN3_MI_BATCH_BUFFER] = {{NULL, nothing}, {"START", address}, {"END", address}},
    [GEN3_MI_DISPLAY_FLIP] = {{NULL, FIELDS(NAMES(21, 20, "plane", plane), FLAG(22, "async"))},
                              {"PITCH", FIELDS(FIELD(DECIMAL, 15, 0, "pitch"))},
                              {"BASE", address}},
    [GEN3_MI_STORE_DATA_IMM] = {{NULL, FIELDS(FLAG(22, "gtt"))},
                                {"ADDRESS", address},
                                {"DATA", hex}},
    [GEN3_MI_STORE_DATA_INDEX] = {{NULL, nothing}, {"OFFSET", hex}, {"DATA", hex}},
    [GEN3_MI_LOAD_REGISTER_IMM] = {{NULL, nothing}, {"REGISTER", hex}, {"DATA", hex}},
    [GEN3_MI_BATCH_BUFFER_START] = {{NULL, FIELDS(FIELD(DECIMAL, 7, 6, "space"))},
                                    {"START", FIELDS(FIELD(HEX, 31, 2, "address/4"),
                                                     FLAG(0, "non_secure"))}},
    [GEN3_XY_SETUP_BLT] = {{NULL, blit_header}, SETUP, COLOURS, PATTERN},
    [GEN3_XY_SETUP_MONO_PATTERN_SL_BLT] = {{NULL, blit_header}, SETUP, COLOURS, ROWS},
    [GEN3_XY_SETUP_CLIP_BLT] = {{NULL, nothing}, CLIP},
    [GEN3_XY_PIXEL_BLT] = {{NULL, nothing}, {"AT", signed_point}},
    [GEN3_XY_SCANLINES_BLT] = {{NULL, pattern_header}, RECTANGLE},
    [GEN3_XY_TEXT_BLT] = {{NULL, text_header}, RECTANGLE, SOURCE},
    [GEN3_XY_TEXT_IMMEDIATE_BLT] = {{NULL, text_header}, RECTANGLE},
    [GEN3_COLOR_BLT] = {{NULL, blit_header},
                        {"BR13", br13},
                        {"SIZE", blit_size},
                        {"DESTINATION", address},
                        {"COLOUR", hex}},
    [GEN3_SRC_COPY_BLT] = {{NULL, blit_header},
                           {"BR13", br13},
                           {"SIZE", blit_size},
                           {"DESTINATION", address},
                           PITCH,
                           SOURCE},
    [GEN3_XY_COLOR_BLT] = {{NULL, blit_header}, TARGET, {"COLOUR", hex}},
    [GEN3_XY_PAT_BLT] = {{NULL, pattern_header}, TARGET, PATTERN},
    [GEN3_XY_MONO_PAT_BLT] = {{NULL, pattern_header}, TARGET, COLOURS, ROWS},
    [GEN3_XY_SRC_COPY_BLT] = {{NULL, blit_header}, TARGET, ORIGIN, PITCH, SOURCE},
    [GEN3_XY_MONO_SRC_COPY_BLT] = {{NULL, bits_header}, TARGET, SOURCE, EXPANDED},
    [GEN3_XY_FULL_BLT] = {{NULL, pattern_header}, TARGET, PITCH, ORIGIN, SOURCE, PATTERN},
    [GEN3_XY_FULL_MONO_SRC_BLT] = {{NULL, full_bits_header}, TARGET, SOURCE, EXPANDED, PATTERN},
    [GEN3_XY_FULL_MONO_PATTERN_BLT] =
        {{NULL, pattern_header}, TARGET, PITCH, ORIGIN, SOURCE, COLOURS, ROWS},
    [GEN3_XY_FULL_MONO_PATTERN_MONO_SRC_BLT] =
        {{NULL, full_bits_header}, TARGET, SOURCE, EXPANDED, COLOURS, ROWS},
    [GEN3_XY_MONO_PAT_FIXED_BLT] = {{NULL, hatch_header}, TARGET, COLOURS},
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = {{NULL, bits_header}, TARGET, EXPANDED},
    [GEN3_XY_PAT_BLT_IMMEDIATE] = {{NULL, pattern_header}, TARGET},
    [GEN3_XY_SRC_COPY_CHROMA_BLT] = {{NULL, key_header}, TARGET, ORIGIN, PITCH, SOURCE, RANGE},
    [GEN3_XY_FULL_IMMEDIATE_PATTERN_BLT] = {{NULL, pattern_header}, TARGET, PITCH, ORIGIN, SOURCE},
    [GEN3_XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT] = {{NULL, full_bits_header},
                                                     TARGET,
                                                     SOURCE,
                                                     EXPANDED},
    [GEN3_XY_PAT_CHROMA_BLT] = {{NULL, pattern_key_header}, TARGET, PATTERN, RANGE},
    [GEN3_XY_PAT_CHROMA_BLT_IMMEDIATE] = {{NULL, pattern_key_header}, TARGET, RANGE},
    [GEN3_3DSTATE_AA] = {{NULL, FIELDS(FLAG(16, "ecaar"), FIELD(DECIMAL, 15, 14, "ecaar_width"),
                                       FLAG(8, "region"), FIELD(DECIMAL, 7, 6, "region_width"))}},
    [GEN3_3DSTATE_RASTER_RULES] = {{NULL,
                                    FIELDS(FLAG(15, "point"), FIELD(DECIMAL, 14, 13, "point_rule"),
                                           FLAG(10, "texkill"), FLAG(9, "texkill_4d"),
                                           FLAG(8, "strip"), FIELD(DECIMAL, 7, 6, "strip_vertex"),
                                           FLAG(5, "fan"), FIELD(DECIMAL, 4, 3, "fan_vertex"))}},
    [GEN3_3DSTATE_BACKFACE_STENCIL_OPS] =
        {{NULL, FIELDS(FLAG(23, "set_ref"), FIELD(HEX, 22, 15, "ref"), FLAG(14, "set_func"),
                       NAMES(13, 11, "func", compare), NAMES(10, 8, "fail", stencil_op),
                       NAMES(7, 5, "zfail", stencil_op), NAMES(4, 2, "zpass", stencil_op),
                       FLAG(1, "set_two_side"), FLAG(0, "two_side"))}},
    [GEN3_3DSTATE_BACKFACE_STENCIL_MASKS] = {{NULL, FIELDS(FLAG(17, "set_test"),
                                                           FIELD(HEX, 15, 8, "test"),
                                                           FLAG(16, "set_write"),
                                                           FIELD(HEX, 7, 0, "write"))}},
    [GEN3_3DSTATE_INDEPENDENT_ALPHA_BLEND] =
        {{NULL, FIELDS(FLAG(23, "set_enable"), FLAG(22, "enable"), FLAG(21, "set_func"),
                       NAMES(18, 16, "func", blend_func), FLAG(11, "set_src"),
                       NAMES(9, 6, "src", blend_factor), FLAG(5, "set_dst"),
                       NAMES(3, 0, "dst", blend_factor))}},
    [GEN3_3DSTATE_MODES_5] = {{NULL, FIELDS(FLAG(18, "flush_render"), FLAG(16, "flush_texture"))}},
    [GEN3_3DSTATE_FOG_COLOR] = {{NULL, FIELDS(FIELD(HEX, 23, 0, "rgb"))}},
    [GEN3_3DSTATE_MODES_4] = {{NULL, FIELDS(FLAG(23, "set_logic"), NAMES(21, 18, "logic", logic_op),
                                            FLAG(17, "set_test"), FIELD(HEX, 15, 8, "test"),
                                            FLAG(16, "set_write"), FIELD(HEX, 7, 0, "write"))}},
    [GEN3_3DSTATE_COORD_SET_BINDINGS] =
        {{NULL, FIELDS(FIELD(DECIMAL, 2, 0, "0"), FIELD(DECIMAL, 5, 3, "1"),
                       FIELD(DECIMAL, 8, 6, "2"), FIELD(DECIMAL, 11, 9, "3"),
                       FIELD(DECIMAL, 14, 12, "4"), FIELD(DECIMAL, 17, 15, "5"),
                       FIELD(DECIMAL, 20, 18, "6"), FIELD(DECIMAL, 23, 21, "7"))}},
    [GEN3_3DSTATE_SCISSOR_ENABLE] = {{NULL, FIELDS(FLAG(1, "set"), FIELD(DECIMAL, 0, 0, "on"))}},
    [GEN3_3DSTATE_DEPTH_SUBRECT_DISABLE] = {{NULL,
                                             FIELDS(FLAG(1, "set"), FIELD(DECIMAL, 0, 0, "on"))}},
    [GEN3_3DSTATE_MAP_STATE] = {{NULL, FIELDS(FIELD(DECIMAL, 5, 0, "length"))},
                                {"MASK", FIELDS(FIELD(HEX, 15, 0, "maps"))}},
    [GEN3_3DSTATE_SAMPLER_STATE] = {{NULL, FIELDS(FIELD(DECIMAL, 5, 0, "length"))},
                                    {"MASK", FIELDS(FIELD(HEX, 15, 0, "samplers"))}},
    [GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_1] = {{NULL, FIELDS(FIELD(HEX, 11, 4, "registers"))}},
    [GEN3_3DSTATE_PIXEL_SHADER_PROGRAM] = {{NULL, FIELDS(FIELD(DECIMAL, 8, 0, "length"))}},
    [GEN3_3DSTATE_PIXEL_SHADER_CONSTANTS] = {{NULL, FIELDS(FIELD(DECIMAL, 7, 0, "length"))},
                                             {"MASK", FIELDS(FIELD(HEX, 31, 0, "registers"))}},
    [GEN3_3DSTATE_LOAD_INDIRECT] = {{NULL, FIELDS(FIELD(HEX, 13, 8, "blocks"))}, {NULL, hex}},
    [GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_2] = {{NULL, nothing}},
    [GEN3_3DSTATE_CHROMA_KEY] = {{NULL, nothing},
                                 {"ENTRY", FIELDS(FIELD(DECIMAL, 31, 30, "entry"))},
                                 {"LOW", argb},
                                 {"HIGH", argb}},
    [GEN3_3DSTATE_DST_BUF_VARS_MPEG] = {{NULL, nothing}, {"VARS_0", hex}, {"VARS_1", hex}},
    [GEN3_3DSTATE_FOG_MODE] = {{NULL, nothing},
                               {"MODE",
                                FIELDS(FLAG(31, "set_func"), NAMES(29, 28, "func", fog_func),
                                       FLAG(27, "set_index"), FLAG(25, "w"), FLAG(24, "set_c1_c2"),
                                       FLAG(23, "set_density"), FIELD(HEX, 19, 4, "c1"))},
                               {"C2", hex},
                               {"DENSITY", hex}},
    [GEN3_3DSTATE_DRAW_RECT] = {{NULL, nothing},
                                {"FLAGS", FIELDS(FLAG(30, "depth_at_origin"),
                                                 FIELD(DECIMAL, 27, 26, "dither_x"),
                                                 FIELD(DECIMAL, 25, 24, "dither_y"))},
                                {"MIN", point},
                                {"MAX", point},
                                {"ORIGIN", point}},
    [GEN3_3DSTATE_SCISSOR_RECT_0] = {{NULL, nothing}, {"MIN", point}, {"MAX", point}},
    [GEN3_3DSTATE_STIPPLE] = {{NULL, nothing},
                              {NULL, FIELDS(FLAG(16, "on"), FIELD(HEX, 15, 0, "pattern"))}},
    [GEN3_3DSTATE_DST_BUF_VARS] =
        {{NULL, nothing},
         {NULL, FIELDS(FLAG(31, "early_depth"), FLAG(30, "d3d_default"), FLAG(28, "lod_preclamp"),
                       FIELD(DECIMAL, 27, 26, "dither"), FIELD(DECIMAL, 23, 20, "bias_x"),
                       FIELD(DECIMAL, 19, 16, "bias_y"), NAMES(11, 8, "colour", colour_format),
                       NAMES(3, 2, "depth", depth_format))}},
    [GEN3_3DSTATE_CONST_BLEND_COLOR] = {{NULL, nothing}, {NULL, argb}},
    [GEN3_3DSTATE_BUF_INFO] = {{NULL, nothing},
                               {"INFO", FIELDS(NAMES(27, 24, "id", buffer_id), FLAG(23, "fence"),
                                               FLAG(22, "tiled"), FLAG(21, "walk_y"),
                                               FIELD(DECIMAL, 13, 0, "pitch"))},
                               {"BASE", address}},
    [GEN3_3DSTATE_DEPTH_OFFSET_SCALE] = {{NULL, nothing}, {NULL, real}},
    [GEN3_3DSTATE_DEFAULT_Z] = {{NULL, nothing}, {NULL, real}},
    [GEN3_3DSTATE_DEFAULT_DIFFUSE] = {{NULL, nothing}, {NULL, argb}},
    [GEN3_3DSTATE_DEFAULT_SPECULAR] = {{NULL, nothing}, {NULL, argb}},
    [GEN3_3DSTATE_CLEAR_PARAMETERS] = {{NULL, nothing},
                                       {NULL, FIELDS(FLAG(16, "clear_rect"), FLAG(2, "colour"),
                                                     FLAG(1, "depth"), FLAG(0, "stencil"))},
                                       {"ZONE_COLOUR", hex},
                                       {"ZONE_DEPTH", hex},
                                       {"COLOUR", argb},
                                       {"DEPTH", real},
                                       {"STENCIL", hex}},
    [GEN3_3DPRIMITIVE] = {{NULL, FIELDS(NAMES(22, 18, "type", primitive),
                                        FIELD(PLUS_ONE, 16, 0, "dwords"))}},
    [GEN3_3DPRIMITIVE_SEQUENTIAL] = {{NULL, draw_header},
                                     {"START", FIELDS(FIELD(DECIMAL, 31, 0, "vertex"))}},
    [GEN3_3DPRIMITIVE_ELEMENTS] = {{NULL, draw_header}},
};

static const struct disasm_field ms3[] = {FIELD(PLUS_ONE, 20, 10, "w"),
                                          FIELD(PLUS_ONE, 31, 21, "h"),
                                          NAMES(9, 7, "type", surface_type),
                                          FIELD(DECIMAL, 6, 3, "format"),
                                          FLAG(2, "fence"),
                                          FLAG(1, "tiled"),
                                          FLAG(0, "walk_y"),
                                          {.kind = DISASM_END}};

const struct disasm_dword disasm_map[3] = {
    {"MS2", address},
    {"MS3", ms3},
    {"MS4",
     FIELDS(FIELD(WORDS_PLUS_ONE, 31, 21, "pitch"), FIELD(HEX, 20, 15, "faces"),
            FIELD(QUARTERS, 14, 9, "max_lod"), FLAG(8, "right"), FIELD(PLUS_ONE, 7, 0, "depth"))},
};

const struct disasm_dword disasm_sampler[3] = {
    {"SS2", FIELDS(FLAG(31, "gamma"), FLAG(30, "planar"), FLAG(29, "yuv"),
                   FIELD(DECIMAL, 26, 22, "base_level"), NAMES(21, 20, "mip", mip_filter),
                   NAMES(19, 17, "mag", filter), NAMES(16, 14, "min", filter),
                   FIELD(SIGNED_SIXTEENTHS, 13, 5, "bias"), FLAG(4, "shadow"), FLAG(3, "aniso4"),
                   NAMES(2, 0, "func", compare))},
    {"SS3", FIELDS(FIELD(SIXTEENTHS, 31, 24, "min_lod"), FLAG(17, "kill"), FLAG(16, "keyed"),
                   FLAG(15, "chroma_key"), NAMES(14, 12, "x", address_mode),
                   NAMES(11, 9, "y", address_mode), NAMES(8, 6, "z", address_mode),
                   FLAG(5, "normalized"), FIELD(DECIMAL, 4, 1, "map"), FLAG(0, "deinterlace"))},
    {"SS4", argb},
};

const struct disasm_dword disasm_registers[8] = {
    {"S0", FIELDS(FIELD(HEX, 31, 0, "vertices"))},
    {"S1", FIELDS(FIELD(DECIMAL, 29, 24, "width"), FIELD(DECIMAL, 21, 16, "pitch"),
                  FIELD(DECIMAL, 15, 0, "max_index"))},
    {"S2", FIELDS(NAMES(3, 0, "t0", texcoord), NAMES(7, 4, "t1", texcoord),
                  NAMES(11, 8, "t2", texcoord), NAMES(15, 12, "t3", texcoord),
                  NAMES(19, 16, "t4", texcoord), NAMES(23, 20, "t5", texcoord),
                  NAMES(27, 24, "t6", texcoord), NAMES(31, 28, "t7", texcoord))},
    {"S3", FIELDS(FIELD(HEX, 31, 0, "wrap"))},
    {"S4", FIELDS(FIELD(DECIMAL, 31, 23, "point_width"), FIELD(DECIMAL, 22, 19, "line_width/2"),
                  FIELD(HEX, 18, 15, "flat"), NAMES(14, 13, "cull", cull),
                  NAMES(8, 6, "position", position), FLAG(12, "width"), FLAG(10, "diffuse"),
                  FLAG(11, "specular"), FLAG(2, "fog"), FLAG(9, "depth_offset"),
                  FLAG(5, "default_diffuse"), FLAG(4, "default_specular"),
                  FLAG(3, "local_depth_offset"), FLAG(1, "sprite"), FLAG(0, "line_aa"))},
    {"S5", FIELDS(FLAG(31, "no_a"), FLAG(30, "no_r"), FLAG(29, "no_g"), FLAG(28, "no_b"),
                  FLAG(27, "default_point"), FLAG(26, "last_pixel"), FLAG(25, "depth_offset"),
                  FLAG(24, "fog"), FIELD(HEX, 23, 16, "ref"), NAMES(15, 13, "func", compare),
                  NAMES(12, 10, "fail", stencil_op), NAMES(9, 7, "zfail", stencil_op),
                  NAMES(6, 4, "zpass", stencil_op), FLAG(3, "stencil_write"), FLAG(2, "stencil"),
                  FLAG(1, "dither"), FLAG(0, "logic"))},
    {"S6",
     FIELDS(FLAG(31, "alpha_test"), NAMES(30, 28, "alpha", compare), FIELD(HEX, 27, 20, "ref"),
            FLAG(19, "depth_test"), NAMES(18, 16, "depth", compare), FLAG(15, "blend"),
            NAMES(14, 12, "func", blend_func), NAMES(11, 8, "src", blend_factor),
            NAMES(7, 4, "dst", blend_factor), FLAG(3, "depth_write"), FLAG(2, "colour_write"),
            NAMES(1, 0, "provoking", provoking))},
    {"S7", FIELDS(FIELD(FLOAT, 31, 0, "depth_offset"))},
};

/* The dwords behind those, of commands that have as many as they need. */
static const struct disasm_dword tails[GEN3_COMMAND_COUNT] = {
    [GEN3_MI_UPDATE_GTT] = {"ENTRY", hex},
    [GEN3_XY_TEXT_IMMEDIATE_BLT] = {"BITS", hex},
    [GEN3_XY_MONO_SRC_COPY_IMMEDIATE_BLT] = {"BITS", hex},
    [GEN3_XY_PAT_BLT_IMMEDIATE] = {"PATTERN", hex},
    [GEN3_XY_FULL_IMMEDIATE_PATTERN_BLT] = {"PATTERN", hex},
    [GEN3_XY_FULL_MONO_SRC_IMMEDIATE_PATTERN_BLT] = {"PATTERN", hex},
    [GEN3_XY_PAT_CHROMA_BLT_IMMEDIATE] = {"PATTERN", hex},
    [GEN3_3DSTATE_MAP_COORD_SET] = {"SET", hex},
    [GEN3_3DSTATE_LOAD_STATE_IMMEDIATE_2] = {"STATE", hex},
    [GEN3_3DSTATE_LOAD_INDIRECT] = {"BLOCK", hex},
    [GEN3_3DSTATE_MAP_PALETTE_LOAD_32] = {"COLOUR", argb},
    [GEN3_3DSTATE_FILTER_COEFFICIENTS_4X4] = {"COEFFICIENT", hex},
    [GEN3_3DSTATE_FILTER_COEFFICIENTS_6X5] = {"COEFFICIENT", hex},
};

const struct disasm_dword *disasm_layout(enum gen3_command_id id, uint32_t index)
{
    const struct disasm_dword *tail = index > 0 && tails[id].fields != NULL ? &tails[id] : NULL;

    if (id == GEN3_MI_LOAD_REGISTER_IMM && index > 2) {
        index = 2 - index % 2;
    }
    return index < MAX_DWORDS && layouts[id][index].fields != NULL ? &layouts[id][index] : tail;
}
