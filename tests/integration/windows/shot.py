# SPDX-License-Identifier: MIT
"""Pictures of screens: what of one is a program's window, and whether two windows look alike."""
import collections
import os
import struct

from picture import Picture, difference

# How far two windows may differ: levels of a channel in the mean, and the share of pixels that are
# further off than rounding. Two rasterizers differ at edges; what is missing, upside down or
# shifted by a pixel is beyond.
MEAN_MOST, SHARE_MOST = 1.0, 0.005


EXCHANGED = "of exchanged colours"


class ShotError(Exception):
    """No picture of a screen, or nothing to be seen in it."""


Window = collections.namedtuple("Window", "picture x y")


def read_xwd(data):
    """(width, height, rows of RGB bytes) of a picture of X's (XWDFile.h), 32 bits a pixel."""
    if len(data) < 100:
        raise ShotError("an X picture that is cut off")
    header = struct.unpack(">25I", data[:100])
    size, version, kind, _, width, height, _, order = header[:8]
    bits, stride, colours = header[11], header[12], header[19]
    if version != 7 or kind != 2 or bits != 32 or order != 0:
        raise ShotError(f"an X picture of version {version}, format {kind}, {bits} bits a pixel")
    begin = size + colours * 12
    if len(data) < begin + stride * height:
        raise ShotError("an X picture that is cut off")
    rows = []
    for y in range(height):
        pixels = data[begin + y * stride:begin + y * stride + 4 * width]
        row = bytearray(3 * width)
        row[0::3], row[1::3], row[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        rows.append(bytes(row))
    return width, height, rows


def first_different(one, other):
    """The first pixel of two rows that differ."""
    return len(os.path.commonprefix([one, other])) // 3


def last_different(one, other):
    return len(one) // 3 - 1 - first_different(one[::-1], other[::-1])


def window_of(screen, empty):
    """The rectangle in which the screen is not what it was without a window; None: nowhere."""
    if screen[:2] != empty[:2]:
        raise ShotError(f"screens of {screen[:2]} and {empty[:2]}")
    pairs = [(y, bytes(row), bytes(other)) for y, (row, other) in
             enumerate(zip(screen[2], empty[2])) if bytes(row) != bytes(other)]
    if not pairs:
        return None
    left = min(first_different(row, other) for _, row, other in pairs)
    right = max(last_different(row, other) for _, row, other in pairs) + 1
    top, bottom = pairs[0][0], pairs[-1][0] + 1
    pixels = b"".join(bytes(screen[2][y][3 * left:3 * right]) for y in range(top, bottom))
    return Window(Picture(right - left, bottom - top, pixels), left, top)


def is_alike(one, other):
    """Whether two pictures show the same, and a text that says how far they differ."""
    found = difference(one, other)
    if found is None:
        return False, f"{one.width}x{one.height}, not {other.width}x{other.height}"
    mean, share = found
    return (mean <= MEAN_MOST and share <= SHARE_MOST,
            f"{mean:.2f} levels, {100 * share:.2f} % of the pixels")


def rows_of(picture):
    step = 3 * picture.width
    return [picture.pixels[at:at + step] for at in range(0, len(picture.pixels), step)]


def wrong_pictures(picture):
    """What a broken driver might show instead: none of these may pass for the picture."""
    rows = rows_of(picture)
    size = (picture.width, picture.height)
    yield "black", Picture(*size, bytes(len(picture.pixels)))
    yield "upside down", Picture(*size, b"".join(reversed(rows)))
    yield EXCHANGED, Picture(*size, exchanged(picture.pixels))


def exchanged(pixels):
    """Blue for red."""
    result = bytearray(pixels)
    result[0::3], result[2::3] = pixels[2::3], pixels[0::3]
    return bytes(result)


def check_reference(picture):
    """Raises when a wrong picture could not be told from this one. Some are grey, and may be."""
    for what, wrong in wrong_pictures(picture):
        if is_alike(picture, wrong)[0] and what != EXCHANGED:
            raise ShotError(f"a picture that is {what} would not be noticed")
