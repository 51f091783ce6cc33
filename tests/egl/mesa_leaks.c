/* SPDX-License-Identifier: MIT */
/*
 * What Mesa 22.3.6 itself forgets to free; LeakSanitizer calls this by its name. Once per context
 * of the i915 driver: its transfer pools and the tokens of its shaders. Stacks are short, so that callers cannot be named where callees are general.
 */

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:draw_create_fragment_shader\n" /* one for each shader that is deleted */
           "leak:i915_texture_create\n"         /* level tables of a texture that got no buffer */
           "leak:i9x5_special_layout\n"         /* the same, as seen from a shorter stack */
           "leak:slab_alloc_st\n"
           "leak:ureg_get_tokens\n"
           "leak:emit_decls\n";
}
