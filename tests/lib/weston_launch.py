#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: weston_launch.py SOCKET COMMAND...: opens devices for weston, as weston-launch does.

For its drm backend where there is no seat. Ends with weston; who ends it ends weston.
"""
import array
import os
import signal
import socket
import struct
import subprocess
import sys

OPEN, OPEN_REPLY = 0, 3  # of weston-launch's protocol


def serve(ours, weston):
    while True:
        message = ours.recv(4096)
        if not message:
            return weston.wait()
        if struct.unpack_from("i", message)[0] != OPEN:
            continue
        path = message[8:].split(b"\0")[0]
        try:
            fd = os.open(path, struct.unpack_from("i", message, 4)[0])
        except OSError:
            ours.send(struct.pack("ii", OPEN_REPLY, -1))
            continue
        ours.sendmsg([struct.pack("ii", OPEN_REPLY, fd)],
                     [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        os.close(fd)


def main():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    tty = os.open("/dev/null", os.O_RDWR)
    environment = dict(os.environ, WESTON_LAUNCHER_SOCK=str(theirs.fileno()), WESTON_TTY_FD=str(tty))
    weston = subprocess.Popen([*sys.argv[2:], f"--socket={sys.argv[1]}"], env=environment,
                              pass_fds=[theirs.fileno(), tty])
    theirs.close()
    signal.signal(signal.SIGTERM, lambda *_: weston.terminate())
    return serve(ours, weston)


if __name__ == "__main__":
    sys.exit(main())
