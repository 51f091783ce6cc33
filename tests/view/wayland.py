#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gemd-view on Wayland: what a plain weston shows of it is what the pipe shows, in every pixel.

usage: wayland.py BIN [PICTURE.png]

weston draws with the processor, in a window of an X server (so that it has a keyboard: SDL 2.26 ends
where a compositor has none); the screen of a private daemon holds a frame of eglgears. Ends with 77
without either. PICTURE: where weston's screenshot is kept.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from png import read_png  # noqa: E402

WIDTH, HEIGHT = 320, 200
PATIENCE = 60


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"view_wayland: {what} did not come")
        time.sleep(0.05)


def without_pointer(rows):
    """Weston's own, which nobody moves, is drawn at 100, 100."""
    x, y, side = 3 * 96, 96, 32
    return [bytes(row[:x] + row[x + 3 * side:] if y <= at < y + side else row) for at, row in enumerate(rows)]


class Desk:
    def __init__(self, binaries, folder):
        self.binaries, self.folder, self.children = binaries, folder, []
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=folder, WAYLAND_DISPLAY="wayland-test",
                                GEMD_SOCKET=os.path.join(folder, "gemd.sock"), SDL_VIDEODRIVER="wayland")

    def program(self, name):
        return os.path.join(self.binaries, name)

    def start(self, *command, **others):
        child = subprocess.Popen(command, env=self.environment, cwd=self.folder, **others)
        self.children.append(child)
        return child

    def start_weston(self):
        log = open(os.path.join(self.folder, "weston.log"), "w", encoding="utf-8")
        self.start("weston", "--backend=x11-backend.so", "--use-pixman", f"--width={WIDTH}", f"--height={HEIGHT}",
                   "--socket=wayland-test", "--no-config", "--idle-time=0", "--debug",
                   "--shell=kiosk-shell.so", stdout=log, stderr=log)
        wait_for("weston", lambda: os.path.exists(os.path.join(self.folder, "wayland-test")))

    def start_gears(self):
        self.start(self.program("gemd"), "--socket", self.environment["GEMD_SOCKET"])
        wait_for("gemd", lambda: os.path.exists(self.environment["GEMD_SOCKET"]))
        vendor = os.path.join(self.binaries, "..", "share/glvnd/egl_vendor.d/10_gemd.json")
        environment = dict(self.environment, __EGL_VENDOR_LIBRARY_FILENAMES=os.path.abspath(vendor))
        self.children.append(subprocess.Popen(
            [self.program("eglgears"), "--quiet", "--size", f"{WIDTH}x{HEIGHT}", "--frames", "30", "--hold"],
            env=environment, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))

    def pipe_picture(self):
        path = os.path.join(self.folder, "pipe.png")
        done = subprocess.run([self.program("gemctl"), "screenshot", path], env=self.environment, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return read_png(path) if done.returncode == 0 else None

    def weston_picture(self):
        for old in glob.glob(os.path.join(self.folder, "wayland-screenshot-*.png")):
            os.remove(old)
        subprocess.run(["weston-screenshooter"], env=self.environment, cwd=self.folder, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = glob.glob(os.path.join(self.folder, "wayland-screenshot-*.png"))
        return read_png(found[0]) if found else None

    def is_same(self):
        pipe, desktop = self.pipe_picture(), self.weston_picture()
        if pipe is None or desktop is None or desktop[:2] != pipe[:2]:
            return False
        rows = without_pointer(pipe[2])
        return len(set(rows)) > HEIGHT / 4 and without_pointer(desktop[2]) == rows  # gears, not black

    def close(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    child.kill()


def run(binaries, folder, keep):
    desk = Desk(binaries, folder)
    try:
        desk.start_weston()
        desk.start_gears()
        view = desk.start(desk.program("gemd-view"), "--fullscreen")
        wait_for("the picture", desk.is_same)
        if keep:
            shutil.copy(glob.glob(os.path.join(folder, "wayland-screenshot-*.png"))[0], keep)
        view.terminate()
        if view.wait(timeout=PATIENCE) != 0:
            sys.exit(f"view_wayland: gemd-view ended with {view.returncode}")
    finally:
        desk.close()


def main(arguments):
    if "DISPLAY" not in os.environ or not shutil.which("weston") or not shutil.which("weston-screenshooter"):
        return 77
    with tempfile.TemporaryDirectory(prefix="gemd-view-") as folder:
        run(os.path.abspath(arguments[1]), folder, arguments[2] if len(arguments) > 2 else None)
    print(f"view_wayland: same={WIDTH}x{HEIGHT}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
