# SPDX-License-Identifier: MIT
"""Pictures as eglretrace writes them (binary PNM, one after the other), and how far two differ."""
import re

# A channel that is further off than this makes a pixel count as off: more than rounding, filtering
# and dithering do.
LEVELS = 24

HEADER = re.compile(rb"P6\s(?:#[^\n]*\n)*(\d+)\s+(\d+)\s+(\d+)\s", re.MULTILINE)


class PictureError(Exception):
    """Not what eglretrace writes."""


class Picture:
    def __init__(self, width, height, pixels):
        self.width, self.height, self.pixels = width, height, pixels

    def is_uniform(self):
        """All of one colour: nothing was drawn, so nothing is shown by comparing it."""
        return self.pixels == self.pixels[:3] * (self.width * self.height)


def pictures(stream):
    """All pictures of a stream."""
    found, at = [], 0
    while at < len(stream):
        header = HEADER.match(stream, at)
        if not header or header.group(3) != b"255":
            raise PictureError(f"no picture at byte {at}: {stream[at:at + 40]!r}")
        width, height = int(header.group(1)), int(header.group(2))
        end = header.end() + 3 * width * height
        if end > len(stream):
            raise PictureError("the last picture is cut off")
        found.append(Picture(width, height, stream[header.end():end]))
        at = end
    return found


def difference(one, other):
    """(mean difference of a channel in levels, share of pixels that are off); None: other sizes."""
    if (one.width, one.height) != (other.width, other.height):
        return None
    channels = [abs(a - b) for a, b in zip(one.pixels, other.pixels)]
    off = sum(1 for r, g, b in zip(channels[0::3], channels[1::3], channels[2::3])
              if r > LEVELS or g > LEVELS or b > LEVELS)
    return sum(channels) / len(channels), off / (one.width * one.height)
