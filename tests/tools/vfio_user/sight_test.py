# SPDX-License-Identifier: MIT
"""What gma-vfio-user lets be seen of its chip: --watch, --trace-registers, --view.

usage: sight_test.py PROGRAM; the window is looked at on an X server (under xvfb-run), if there is one.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import program_test
from program_test import HEADER, Server, receive

REGISTERS, TABLE, CONFIG = 0, 3, 7
MAP, READ, WRITE = 2, 9, 10
GUEST, PAGE = 0x20000000, 4096
# The GTT shows the guest's memory page by page from 0 on.
RING, STATUS, SCREEN = 0, 0x1000, 0x100000
SIZE = 4 << 20
WIDTH, HEIGHT = 640, 480
# A mode of 640x480 on pipe A, as doc/gen3.md B.4 to B.8 have it.
PIPE = [
    (0x71400, 0x80000000), (0x6040, 0x00031108), (0x6044, 0x00031108), (0x6014, 0x94800000),
    (0x60000, 0x031f027f), (0x60004, 0x031f027f), (0x60008, 0x02ef028f), (0x6000c, 0x020c01df),
    (0x60010, 0x020c01df), (0x60014, 0x01eb01e9), (0x6001c, (WIDTH - 1) << 16 | (HEIGHT - 1)),
    (0x61100, 0x80000000), (0x70008, 0x80000000), (0x70188, WIDTH * 4), (0x7018c, 0),
    (0x70190, (HEIGHT - 1) << 16 | (WIDTH - 1)), (0x70180, 0x98000000), (0x70184, SCREEN),
]


class Guest:
    """A peer with memory that its chip reaches."""

    def __init__(self, server):
        self.peer = server.connect()
        self.call(1, struct.pack("<HH", 0, 0))
        self.file = os.memfd_create("guest")
        os.ftruncate(self.file, SIZE)
        body = struct.pack("<IIQQQ", 32, 3, 0, GUEST, SIZE)
        socket.send_fds(self.peer, [HEADER.pack(1, MAP, HEADER.size + len(body), 0, 0) + body], [self.file])
        self.answer()
        for page in range(SIZE // PAGE):
            self.write(TABLE, page * 4, (GUEST + page * PAGE) | 1)

    def answer(self):
        size = HEADER.unpack(receive(self.peer, HEADER.size))[2]
        return receive(self.peer, size - HEADER.size)

    def call(self, command, body):
        self.peer.sendall(HEADER.pack(1, command, HEADER.size + len(body), 0, 0) + body)
        return self.answer()

    def write(self, region, offset, value, size=4):
        self.call(WRITE, struct.pack("<QII", offset, region, size) + value.to_bytes(size, "little"))

    def read(self, region, offset, size=4):
        return int.from_bytes(self.call(READ, struct.pack("<QII", offset, region, size))[16:], "little")

    def store(self, value):
        """The streamer writes value to the status page."""
        os.pwrite(self.file, struct.pack("<IIII", 0x10800001, 0x100, value, 0), RING)
        for register, content in [(0x2080, STATUS), (0x2034, 0), (0x2030, 0), (0x2038, RING), (0x203c, 1),
                                  (0x2030, 16)]:
            self.write(REGISTERS, register, content)
        for _ in range(3000):
            if os.pread(self.file, 4, STATUS + 0x100) == struct.pack("<I", value):
                return
            time.sleep(0.01)
        raise AssertionError("the ring does not run")

    def close(self):
        self.peer.close()
        os.close(self.file)


class Sight(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="gma-vfio-user-")
        self.addCleanup(self.directory.cleanup)
        self.path = os.path.join(self.directory.name, "socket")

    def server(self, *arguments, **keywords):
        return Server(self.path, "--once", "--device", "model:g33,threads=1", *arguments, **keywords)

    def test_watch_prints_what_the_gpu_touches(self):
        server = self.server("--watch")
        guest = Guest(server)
        guest.store(0x600d)
        guest.close()
        lines = server.process.stdout.read().splitlines()
        self.assertEqual(server.wait(), 0)
        self.assertIn("streamer reads gtt 0x00000000 12 by 0x10800001 at 0x00000000", lines)
        self.assertIn("streamer writes gtt 0x00001100 4 by 0x10800001 at 0x00000000", lines)

    def test_what_the_guest_does_is_written_down(self):
        trace = os.path.join(self.directory.name, "trace")
        server = self.server("--trace-registers", trace)
        guest = Guest(server)
        self.assertEqual(guest.read(CONFIG, 2, 2), 0x29c2)
        guest.write(REGISTERS, 0x2098, 0xfffffffd)
        guest.write(REGISTERS, 0x2099, 0xab, 1)
        self.assertEqual(guest.read(REGISTERS, 0x2098), 0xffffabfd)
        guest.close()
        self.assertEqual(server.wait(), 0)
        with open(trace, encoding="ascii") as file:
            lines = [line.rstrip("\n") for line in file]
        # The chip begins anew for each peer, and when it has gone.
        self.assertEqual([line for line in lines if line.startswith("#")], ["# gemd-trace 1 g33 8086:29c2"] * 2)
        body = [line.split(" ", 1)[1] for line in lines if not line.startswith("#")]
        self.assertEqual(body[:SIZE // PAGE], [f"G {i:05x}+1 {(GUEST + i * PAGE) | 1:08x}" for i in range(SIZE // PAGE)])
        self.assertEqual(body[SIZE // PAGE:], [
            "c 00002+1 000000c2", "c 00003+1 00000029", "w 02098 fffffffd",
            "w 02098&0000ff00 0000ab00", "r 02098 ffffabfd"])

    def test_a_trace_that_cannot_be_written(self):
        got = program_test.run("--socket", self.path, "--trace-registers", self.directory.name)
        self.assertEqual(got.returncode, 1)
        self.assertIn(f"{self.directory.name}: Is a directory", got.stderr)

    def view(self, **variables):
        """A window. What SDL's libraries never free cannot be told by name: they are unloaded before it is found."""
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return self.server("--view", environment={**os.environ, **variables, "ASAN_OPTIONS": options})

    def show(self, guest, colour):
        os.pwrite(guest.file, struct.pack("<I", colour) * (WIDTH * HEIGHT), SCREEN)
        for register, value in PIPE:
            guest.write(REGISTERS, register, value)

    def pixels(self):
        """The middle of the X server's screen: what the window shows, as four bytes; None: no window."""
        shot = subprocess.run(["xwd", "-name", "gemd", "-silent"], capture_output=True, check=False, timeout=30)
        if shot.returncode != 0:
            return None
        head = struct.unpack(">25I", shot.stdout[:100])
        pitch, colours, width, height = head[12], head[19], head[4], head[5]
        at = head[0] + 12 * colours + height // 2 * pitch + width // 2 * 4
        return width, height, int.from_bytes(shot.stdout[at:at + 4], "little") & 0xffffff

    @unittest.skipUnless(os.environ.get("DISPLAY"), "no X server")
    def test_the_window_shows_the_screen(self):
        os.environ.pop("WAYLAND_DISPLAY", None)
        server = self.view()
        guest = Guest(server)
        for colour in (0x336699, 0x996633):
            self.show(guest, colour)
            for _ in range(600):
                if self.pixels() == (WIDTH, HEIGHT, colour):
                    break
                time.sleep(0.05)
            self.assertEqual(self.pixels(), (WIDTH, HEIGHT, colour))
        guest.close()
        self.assertEqual(server.wait(), 0)

    def test_a_window_nowhere_is_said(self):
        got = subprocess.run([program_test.PROGRAM, "--socket", self.path, "--view"], capture_output=True, text=True,
                             timeout=30, check=False, env={**os.environ, "SDL_VIDEODRIVER": "none-such"})
        self.assertEqual(got.returncode, 1)
        self.assertIn("gma-vfio-user: --view: no display: ", got.stderr)

    def test_a_window_without_a_screen_of_its_own(self):
        server = self.view(SDL_VIDEODRIVER="dummy")
        guest = Guest(server)
        self.show(guest, 0x123456)
        time.sleep(0.2)
        guest.close()
        self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    program_test.PROGRAM = sys.argv.pop()
    unittest.main()
