# SPDX-License-Identifier: MIT
"""Pictures of the pipe, as gemctl and weston write them."""
import collections
import struct
import zlib


class PictureError(Exception):
    """Not what they write, or pictures that cannot be compared."""


def unfilter(kind, row, above, step):
    """One row of a PNG (9.2 of its specification)."""
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            add = left
        elif kind == 2:
            add = up
        elif kind == 3:
            add = (left + up) // 2
        elif kind == 4:
            guess = left + up - corner
            near = (abs(guess - left), abs(guess - up), abs(guess - corner))
            add = left if near[0] <= near[1] and near[0] <= near[2] else (
                up if near[1] <= near[2] else corner)
        else:
            return row
        row[i] = (row[i] + add) & 255
    return row


def read_png(path):
    """(width, height, rows of RGB bytes)."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed, width, height, step = 8, b"", 0, 0, 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
            if depth != 8 or colour not in (2, 6):
                raise PictureError(f"{path}: depth {depth}, colour type {colour}")
            step = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, rows = zlib.decompress(packed), []
    above = bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * step]), above,
                         step)
        rows.append(above if step == 3 else
                    b"".join(bytes(above[i:i + 3]) for i in range(0, len(above), 4)))
    return width, height, rows


def pixels_differ(one, other):
    if one[:2] != other[:2]:
        raise PictureError(f"pictures of {one[:2]} and {other[:2]}")
    return sum(1 for a, b in zip(one[2], other[2]) if bytes(a) != bytes(b)
               for i in range(0, len(a), 3) if a[i:i + 3] != b[i:i + 3])


def colours_of(picture, without=None):
    """How many pixels of each colour; only those that are not as in 'without'."""
    found = collections.Counter()
    for y, row in enumerate(picture[2]):
        row = bytes(row)
        other = bytes(without[2][y]) if without else None
        if row != other:
            found.update(row[i:i + 3] for i in range(0, len(row), 3)
                         if other is None or row[i:i + 3] != other[i:i + 3])
    return found


def write_png(path, width, height, rows):
    """Rows of RGB bytes."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" +
                   chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)) +
                   chunk(b"IEND", b""))
