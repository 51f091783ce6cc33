#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The judge of run-windows on made-up pictures: it may not pass what is wrong."""
import os
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [HERE, os.path.join(TOP, "tests/conformance/suites"), os.path.join(TOP, "tests/lib")]

from picture import Picture  # noqa: E402
from png import read_png, write_png  # noqa: E402
from shot import (ShotError, check_reference, is_alike, read_xwd, rows_of, window_of,  # noqa: E402
                  wrong_pictures)

WIDTH, HEIGHT = 40, 30
GREY = b"\x40\x60\x80"


def screen(pixel=lambda x, y: None):
    rows = [b"".join(pixel(x, y) or GREY for x in range(WIDTH)) for y in range(HEIGHT)]
    return WIDTH, HEIGHT, rows


def gears(x, y):
    """A window at (7, 5) of 20 by 16 pixels, in it something red that is not in its middle."""
    if 7 <= x < 27 and 5 <= y < 21:
        return b"\xc0\x10\x00" if (x - 13) ** 2 + (y - 10) ** 2 < 16 else b"\0\0\0"
    return None


class ShotTest(unittest.TestCase):
    def test_a_window_is_found(self):
        found = window_of(screen(gears), screen())
        self.assertEqual((found.x, found.y), (7, 5))
        self.assertEqual((found.picture.width, found.picture.height), (20, 16))
        self.assertEqual(rows_of(found.picture)[0], bytes(60))

    def test_no_window_is_none(self):
        self.assertIsNone(window_of(screen(), screen()))
        with self.assertRaises(ShotError):
            window_of(screen(), (1, 1, [GREY]))

    def test_one_pixel_is_a_window(self):
        for at in ((0, 0), (WIDTH - 1, HEIGHT - 1), (20, 9)):
            one = screen(lambda x, y, at=at: b"abc" if (x, y) == at else None)
            found = window_of(one, screen())
            self.assertEqual((found.x, found.y, found.picture.pixels), (*at, b"abc"))

    def test_what_is_wrong_is_not_alike(self):
        right = window_of(screen(gears), screen()).picture
        self.assertTrue(is_alike(right, right)[0])
        check_reference(right)
        for what, wrong in wrong_pictures(right):
            self.assertFalse(is_alike(right, wrong)[0], what)

    def test_other_sizes_and_shifts_are_not_alike(self):
        right = window_of(screen(gears), screen()).picture
        self.assertFalse(is_alike(right, Picture(1, 1, b"abc"))[0])
        rows = rows_of(right)
        shifted = Picture(20, 16, b"".join(rows[-1:] + rows[:-1]))
        self.assertFalse(is_alike(right, shifted)[0])

    def test_rounding_is_alike(self):
        right = window_of(screen(gears), screen()).picture
        rounded = Picture(20, 16, bytes(min(255, value + 1) for value in right.pixels))
        self.assertTrue(is_alike(right, rounded)[0])

    def test_a_picture_that_shows_nothing_is_none_to_compare_with(self):
        for pixel in (b"\0\0\0", b"\x80\x80\x80"):
            with self.assertRaises(ShotError):
                check_reference(Picture(4, 4, pixel * 16))

    def test_pictures_of_x(self):
        header = [100 + 4, 7, 2, 24, 2, 1, 0, 0, 32, 0, 32, 32, 12, 4, 0xff0000, 0xff00, 0xff, 8,
                  256, 1, 2, 1, 0, 0, 0]
        data = struct.pack(">25I", *header) + b"name" + bytes(12) + b"\3\2\1\0\6\5\4\0....."
        self.assertEqual(read_xwd(data), (2, 1, [b"\1\2\3\4\5\6"]))
        for broken in (data[:50], data[:110], struct.pack(">25I", *([104, 6] + header[2:]))):
            with self.assertRaises(ShotError):
                read_xwd(broken)

    def test_what_is_written_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shot.png")
            write_png(path, *screen(gears))
            self.assertEqual([bytes(row) for row in read_png(path)[2]], screen(gears)[2])


if __name__ == "__main__":
    unittest.main()
