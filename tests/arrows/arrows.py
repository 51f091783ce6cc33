# SPDX-License-Identifier: MIT
"""Checks who includes whom, and that every source file states its licence.

usage: arrows.py TREE

The rules are those of doc/architecture.md: each room of the house may use itself and the rooms that
its row names, down to single headers. Tests may use everything.
"""
import os
import re
import sys

# (where: the longest prefix wins, what it may include)
ROOMS = [
    ("proto/", ["proto/"]),
    ("hw/gen3/", ["hw/gen3/"]),
    ("hw/device.h", []),
    ("hw/model/", ["hw/model/", "hw/gen3/", "hw/device.h"]),
    ("hw/pci/", ["hw/pci/", "hw/gen3/", "hw/device.h"]),
    ("hw/trace/", ["hw/trace/", "hw/device.h"]),
    ("gemd/policy/", ["gemd/policy/", "gemd/ban_rule.h", "gemd/class.h", "gemd/limits.h", "proto/"]),
    ("gemd/validator/", ["gemd/validator/", "hw/gen3/"]),
    ("gemd/", ["gemd/", "proto/", "hw/device.h", "hw/gen3/"]),
    # What the chip and its memory controller are like; both stand in hw/pci for all.
    ("gemd/swizzle.", ["gemd/", "proto/", "hw/device.h", "hw/gen3/", "hw/pci/swizzle.h"]),
    ("gemd/hwtest/", ["gemd/", "hw/device.h", "hw/gen3/", "hw/pci/chip.h", "hw/pci/swizzle.h"]),
    ("gemd/main.c", ["gemd/", "proto/", "hw/device.h", "hw/gen3/", "hw/trace/trace.h"]),
    ("gemd/devices.", ["gemd/", "hw/device.h", "hw/model/model.h", "hw/pci/pci.h"]),
    ("winsys/", ["winsys/", "proto/"]),
    ("winsys/drm/", ["winsys/drm/", "proto/", "hw/gen3/"]),
    ("egl-backend/", ["egl-backend/", "proto/", "winsys/i915/driver.h", "winsys/gbm/seam.h"]),
    ("tools/", ["tools/", "proto/", "hw/gen3/", "gemd/policy/", "gemd/validator/"]),
    # The model as a PCI device of a virtual machine.
    ("tools/gma-vfio-user/", ["tools/gma-vfio-user/", "tools/lib/", "tools/gemd-view/viewer.h", "proto/",
                              "hw/device.h", "hw/gen3/", "hw/model/model.h", "hw/model/watch.h",
                              "hw/trace/trace.h"]),
    # Traces of registers are done again on the model, which knows the registers' names.
    ("tools/gemctl/trace", ["tools/gemctl/", "hw/device.h", "hw/gen3/", "hw/model/mmio.h", "hw/model/model.h"]),
    # A program that opens a framebuffer window needs the native window's type, as any other would.
    ("tools/eglgears/", ["tools/eglgears/", "tools/lib/", "egl-backend/gemd_egl.h"]),
    ("bench/", ["bench/", "tools/lib/", "proto/"]),
    ("bench/validator/", ["bench/validator/", "bench/lib/", "gemd/validator/"]),
    ("tests/", [""]),
]

# System headers that a room must do without: silicon knows no sockets and no event loop.
FORBIDDEN = [
    ("hw/", re.compile(r"sys/socket\.h|sys/un\.h|event2?/.*|event\.h")),
    ("gemd/validator/", re.compile(r"sys/socket\.h|event2?/.*|stdio_ext\.h|fcntl\.h|unistd\.h")),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
SOURCES = (".c", ".h", ".cpp", ".def")
LICENSED = SOURCES + (".py", ".sh", ".cmake", ".map", ".sym", ".1", ".8", ".5")
SKIPPED = {".git", "build", "out", "__pycache__"}


def files_of(tree):
    for directory, subdirectories, names in os.walk(tree):
        subdirectories[:] = sorted(d for d in subdirectories if d not in SKIPPED)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(directory, name), tree)


def room_of(path):
    rooms = [room for room in ROOMS if path.startswith(room[0])]
    return max(rooms, key=lambda room: len(room[0])) if rooms else None


def target_of(tree, path, name):
    """The included file as a path in the tree, or None: the compiler finds it elsewhere."""
    for base in (os.path.dirname(path), ""):
        candidate = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(os.path.join(tree, candidate)):
            return candidate
    return None


def check_includes(tree, path, text):
    room = room_of(path)
    if room is None:
        yield "is in no room that the rules know"
        return
    _, allowed = room
    for name in INCLUDE.findall(text):
        target = target_of(tree, path, name)
        if target is None:
            for prefix, pattern in FORBIDDEN:
                if path.startswith(prefix) and pattern.fullmatch(name):
                    yield f"includes <{name}>, which {prefix} must do without"
        elif not any(target.startswith(prefix) for prefix in allowed):
            yield f"includes {target}, which {room[0]} may not use"


def needs_licence(path, text):
    name = os.path.basename(path)
    return path.endswith(LICENSED) or name == "CMakeLists.txt" or text.startswith("#!")


def check_licence(path, text):
    if not needs_licence(path, text):
        return
    lines = text.split("\n", 2)
    if "SPDX-License-Identifier: MIT" not in "\n".join(lines[:2] if text.startswith("#!") else lines[:1]):
        yield "does not begin with its SPDX-License-Identifier"


def check(tree):
    """All violations, one line each, and how many source files were looked at."""
    complaints, sources = [], 0
    for path in files_of(tree):
        try:
            with open(os.path.join(tree, path), encoding="utf-8") as file:
                text = file.read()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found = list(check_licence(path, text))
        if path.endswith(SOURCES):
            sources += 1
            found += check_includes(tree, path, text)
        complaints += [f"{path}: {complaint}" for complaint in found]
    return complaints, sources


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    complaints, sources = check(argv[1])
    for complaint in complaints:
        print(complaint)
    print(f"arrows: files={sources} violations={len(complaints)}")
    return 0 if sources > 0 and not complaints else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
