/* SPDX-License-Identifier: MIT */
/* What Mesa 22.3.6 itself forgets to free; LeakSanitizer calls this by its name. */

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:draw_create_fragment_shader\n" /* one for each shader that is deleted */
           "leak:slab_alloc_st\n"               /* a context's pools of transfers */
           "leak:i915_texture_create\n"         /* level tables of a texture that got no buffer */
           "leak:i9x5_special_layout\n";
}
