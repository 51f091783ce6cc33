/* SPDX-License-Identifier: MIT */
/* gemd-view: the daemon's screen, live, in a window or by VNC. */
#include <stddef.h>

#include "tools/gemd-view/options.h"
#include "tools/gemd-view/show.h"
#include "tools/gemd-view/vnc.h"

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    return options.vnc != NULL ? vnc_run(&options) : show_run(&options);
}
