/* SPDX-License-Identifier: MIT */
/*
 * Shaders on their way from the state tracker's copy of Mesa's libraries to a driver's copy.
 *
 * NIR is not made for that: its sets mark deleted entries with the address of a variable of the
 * copy that deleted them, which the other copy takes for a block; and types are compared by
 * address. So a shader that is given to the driver is written out and read again as the driver's
 * own, and one that the driver finishes in place has its sets made anew, before and after.
 */
#ifndef GEMD_WINSYS_SHADER_BOUNDARY_H
#define GEMD_WINSYS_SHADER_BOUNDARY_H

struct pipe_screen;
struct shader_boundary;

/* What a screen needs beside it; NULL when there is no memory. */
struct shader_boundary *shader_boundary_new(void);

/*
 * Wraps the functions of a new screen, and of each context that it makes, that take shaders, and
 * returns it. Call it last: the boundary goes with the screen, or at once when the screen is NULL.
 */
struct pipe_screen *shader_boundary_wrap(struct shader_boundary *boundary,
                                         struct pipe_screen *screen);

#endif
