# SPDX-License-Identifier: MIT
"""How Mesa's build compiled and linked itself, as CMake lists on standard output.

usage: mesa_flags.py MESA_BUILD

Read from Meson's own records, so that our code sees the same structures as the archives that it
is linked with: definitions and include directories of one C file of the i915 driver, the
directories of the state tracker and of LLVM besides, and the shared libraries of its dependencies.
"""

import json
import os
import shlex
import sys


def flags_of(commands, suffix):
    for entry in commands:
        if entry["file"].endswith(suffix):
            return entry["directory"], shlex.split(entry["command"])
    sys.exit(f"mesa_flags.py: no {suffix} in compile_commands.json")


def unique(items):
    return list(dict.fromkeys(items))


def include_dirs(directory, flags):
    for flag in flags:
        for prefix in ("-isystem", "-I"):
            if flag.startswith(prefix) and len(flag) > len(prefix):
                path = os.path.normpath(os.path.join(directory, flag[len(prefix):]))
                if os.path.isdir(path) and not path.endswith(".p"):
                    yield path


def main():
    build = os.path.abspath(sys.argv[1])
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    with open(os.path.join(build, "meson-info", "intro-dependencies.json"), encoding="utf-8") as file:
        dependencies = {entry["name"]: entry for entry in json.load(file)}

    directory, driver = flags_of(commands, "drivers/i915/i915_flush.c")
    includes = list(include_dirs(directory, driver))
    for suffix in ("state_tracker/st_context.c", "llvmpipe/lp_screen.c"):
        includes += include_dirs(*flags_of(commands, suffix))
    definitions = [flag[2:] for flag in driver if flag.startswith("-D")]
    libraries = []
    for name in ("LLVM", "zlib", "expat", "libdrm", "libelf"):
        libraries += dependencies.get(name, {}).get("link_args", [])

    for name, items in (("DEFINITIONS", definitions), ("INCLUDES", includes), ("LIBRARIES", libraries)):
        print(f"set(mesa_{name.lower()}")
        for item in unique(items):
            print(f"    [==[{item}]==]")
        print(")")


if __name__ == "__main__":
    main()
