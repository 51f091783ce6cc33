# SPDX-License-Identifier: MIT
"""gma-vfio-user as a program: its command line, its socket, peers one after another, signals.

usage: program_test.py PROGRAM
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
HEADER = struct.Struct("<HHIII")


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=30)


class Server:
    """The program at a socket; its lines come one by one."""

    def __init__(self, path, *arguments, environment=None):
        self.process = subprocess.Popen([PROGRAM, "--socket", path, *arguments], stderr=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)
        self.path = path
        self.first = self.line()

    def line(self):
        return self.process.stderr.readline().rstrip("\n")

    def connect(self):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(30)
        peer.connect(self.path)
        return peer

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        code = self.process.wait(timeout=30)
        self.process.stderr.close()
        self.process.stdout.close()
        return code


def call(peer, command, body=b""):
    peer.sendall(HEADER.pack(1, command, HEADER.size + len(body), 0, 0) + body)
    size = HEADER.unpack(receive(peer, HEADER.size))[2]
    return receive(peer, size - HEADER.size)


def receive(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


class CommandLine(unittest.TestCase):
    def test_help_and_version(self):
        self.assertIn("usage: gma-vfio-user --socket", run("--help").stdout)
        self.assertTrue(run("--version").stdout.startswith("gma-vfio-user "))

    def test_devices_are_listed(self):
        listed = run("--device", "help")
        self.assertEqual(listed.returncode, 0)
        self.assertIn("model:945gm[,threads=N][,memory=", listed.stdout)

    def test_mistakes(self):
        for arguments, text in [
            ([], "no --socket"),
            (["--socket", "x", "more"], "what is 'more'?"),
            (["--socket", "x", "--device", "model:g34"], "there is no such device"),
            (["--socket", "x", "--device", "g33"], "there is no such device"),
            (["--socket", "x", "--device", "model:g33,memory=interleaved"], "there is no such device"),
            (["--socket", "x", "--device", "model:g33,threads=9999"], "there is no such device"),
            (["--socket", "x", "--stolen", "0x7f812345"], "--stolen 0x7f812345"),
            (["--socket", "x", "--stolen", "0x100000000"], "--stolen 0x100000000"),
            (["--socket", "x", "--firmware", "bios"], "--firmware bios"),
            (["--socket", "x", "--what"], "unrecognized option"),
        ]:
            got = run(*arguments)
            self.assertEqual(got.returncode, 2, arguments)
            self.assertIn(text, got.stderr)


class Program(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="gma-vfio-user-")
        self.path = os.path.join(self.directory.name, "socket")
        self.addCleanup(self.directory.cleanup)

    def test_peers_come_one_after_another(self):
        server = Server(self.path, "--device", "model:945gm,memory=interleaved,threads=1")
        self.assertEqual(server.first, f"gma-vfio-user: 945GM at {self.path}")
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o700)
        for _ in range(3):
            peer = server.connect()
            call(peer, 1, struct.pack("<HH", 0, 0))
            self.assertEqual(call(peer, 9, struct.pack("<QII", 0, 7, 4))[16:], bytes.fromhex("8680a227"))
            peer.close()
            self.assertEqual(server.line(), "gma-vfio-user: connected")
            self.assertEqual(server.line(), "gma-vfio-user: disconnected after 2 messages")
        self.assertEqual(server.end(), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_a_bad_message_is_named_and_the_next_peer_served(self):
        server = Server(self.path)
        peer = server.connect()
        peer.sendall(HEADER.pack(1, 4, 32, 0, 0))
        with self.assertRaises((EOFError, ConnectionError)):
            receive(peer, 1)
        peer.close()
        self.assertEqual(server.line(), "gma-vfio-user: connected")
        self.assertEqual(server.line(),
                         "gma-vfio-user: the connection was ended: DEVICE_GET_INFO comes before VERSION")
        peer = server.connect()
        call(peer, 1, struct.pack("<HH", 0, 0))
        peer.close()
        self.assertEqual(server.end(signal.SIGINT), 0)

    def test_once_is_once(self):
        server = Server(self.path, "--once", "--screenshot", os.path.join(self.directory.name, "a.png"))
        server.connect().close()
        self.assertEqual(server.line(), "gma-vfio-user: connected")
        self.assertIn("all pipes are off", server.line())
        self.assertEqual(server.line(), "gma-vfio-user: disconnected after 0 messages")
        self.assertEqual(server.wait(), 0)

    def test_a_socket_that_is_left_over_is_replaced(self):
        server = Server(self.path)
        second = run("--socket", self.path)
        self.assertEqual(second.returncode, 1)
        self.assertIn("Address already in use", second.stderr)
        server.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.path))
        server = Server(self.path)
        server.connect().close()
        self.assertEqual(server.end(), 0)

    def test_a_file_is_not_replaced(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("mine")
        self.assertEqual(run("--socket", self.path).returncode, 1)
        with open(self.path, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop()
    unittest.main()
