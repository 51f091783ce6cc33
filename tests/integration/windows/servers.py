# SPDX-License-Identifier: MIT
"""Where windows are shown: compositors and X servers without a screen, and pictures of them."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from png import PictureError, read_png
from shot import ShotError, read_xwd

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
WAIT_S = 60
WIDTH, HEIGHT = 800, 640
LAUNCHER = os.path.join(TOP, "tests/lib/weston_launch.py")
MESA_VENDOR = "/usr/share/glvnd/egl_vendor.d/50_mesa.json"
# Mesa's own EGL. Weston's pixman renderer does not show 10 bits of a colour, but offers them.
MESA = {"__EGL_VENDOR_LIBRARY_FILENAMES": MESA_VENDOR, "LIBGL_ALWAYS_SOFTWARE": "1",
        "allow_rgb10_configs": "false"}
INI = """[core]
idle-time=0
[shell]
panel-position=none
background-color=0xff406080
locking=false
animation=none
startup-animation=none
"""


class ServerError(Exception):
    """A compositor or X server does not come up, or does not do what it must."""


class Missing(Exception):
    """A program that is not installed."""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(program)


def wait_for(what, condition, child=None, seconds=WAIT_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        if child is not None and child.poll() is not None:
            raise ServerError(f"{what}: it ended with {child.returncode}")
        time.sleep(0.05)
    raise ServerError(f"{what}: not within {seconds} s")


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def end_group(child):
    """And what it has started and left."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


class Place:
    """Folders and the environment that all programs have in common."""

    def __init__(self, rig):
        self.rig = rig
        self.home = os.path.join(rig.folder, "home")
        self.runtime = os.path.join(rig.folder, "run")
        os.mkdir(self.home)
        os.mkdir(self.runtime, 0o700)
        self.ours = {"__EGL_VENDOR_LIBRARY_FILENAMES": os.path.join(
            rig.build, "share/glvnd/egl_vendor.d/10_gemd.json")}
        self.children = []  # whoever was started, and leads a group
        self.ini = os.path.join(self.home, "weston.ini")
        with open(self.ini, "w", encoding="utf-8") as file:
            file.write(INI)

    def start(self, command, log, environment, **more):
        """A child that ends with us, whatever happens."""
        with open(log, "wb") as output:
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command], stdout=output, stderr=output,
                env=environment, cwd=self.home, start_new_session=True, **more)
        self.children.append(child)
        return child

    def close(self):
        for child in self.children:
            end_group(child)

    def environment(self, *more):
        whole = {name: value for name, value in os.environ.items()
                 if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        whole.update(HOME=self.home, XDG_RUNTIME_DIR=self.runtime, GSETTINGS_BACKEND="memory",
                     NO_AT_BRIDGE="1", GTK_A11Y="none", GIO_USE_VFS="local",
                     SDL_AUDIODRIVER="dummy", XDG_CACHE_HOME=self.home)
        for part in more:
            whole.update(part)
        return whole


class Server:
    """A child that shows windows. Its clients find it by self.client, variables of theirs."""

    wayland = True

    def __init__(self, place, name):
        self.place, self.name = place, name
        self.log = os.path.join(place.home, f"{name}.log")
        self.child, self.client, self.empty = None, {}, None
        self.below = []  # what it stands on, and what goes after it

    def start(self, command, environment):
        need(command[0])
        self.child = self.place.start(command, self.log, environment)

    def said(self):
        return text_of(self.log)

    def settle(self):
        """Two pictures that are the same, of more than nothing: the server has painted itself."""
        before = None
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            picture = self.picture()
            rows = {bytes(row) for row in picture[2]}
            if picture == before and rows != {bytes(3 * picture[0])}:
                self.empty = picture
                return
            before = picture
            time.sleep(0.2)
        raise ServerError(f"{self.name} stays black, or is never still")

    def close(self):
        if self.child is not None and self.child.poll() is None:
            try:
                self.end_child()
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                pass
            end_group(self.child)
        for server in self.below:
            server.close()

    def end_child(self):
        os.killpg(self.child.pid, signal.SIGTERM)


class Weston(Server):
    """Debian's weston: its pictures are its own screenshots."""

    def __init__(self, place, name, arguments, *environment, wrapper=()):
        super().__init__(place, name)
        need("weston", "weston-screenshooter")
        self.client = {"WAYLAND_DISPLAY": f"w-{name}"}
        command = [*wrapper, "weston", *arguments, "--debug", f"--config={place.ini}"]
        if LAUNCHER not in command:  # which says it itself
            command.append(f"--socket=w-{name}")
        self.start(command, place.environment(*environment))
        wait_for(name, lambda: os.path.exists(os.path.join(place.runtime, f"w-{name}")), self.child)
        self.settle()

    def picture(self):
        folder = os.path.join(self.place.home, f"{self.name}-shots")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)

        def taken():
            return subprocess.run(
                ["weston-screenshooter"], cwd=folder, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=self.place.environment(self.client),
                check=False).returncode == 0 and glob.glob(os.path.join(folder, "*.png"))
        return read_png(wait_for(f"a screenshot of {self.name}", taken, self.child)[0])


SCREEN = (f"--width={WIDTH}", f"--height={HEIGHT}")
HEADLESS = ("--backend=headless-backend.so", *SCREEN)


def plain_weston(place):
    return Weston(place, "plain", [*HEADLESS, "--use-pixman"], MESA)


def seat_weston(place):
    """With a keyboard and a pointer, in an X server; SDL's programs want a seat."""
    below = Xvfb(place, "below")
    try:
        server = Weston(place, "seat", ["--backend=x11-backend.so", "--use-pixman", *SCREEN], MESA,
                        below.client)
    except BaseException:
        below.close()
        raise
    server.below.append(below)
    return server


def gl_weston(place):
    """Whose renderer draws by our own EGL driver."""
    server = Weston(place, "gl", [*HEADLESS, "--use-gl"], place.ours)
    check_renderer(server, place)
    return server


def stock_weston(place):
    """On the daemon's pipe, drawn by the system's i915 driver, under the DRM adapter."""
    server = Weston(place, "stock", ["--backend=drm-backend.so", "--continue-without-input"],
                    {"__EGL_VENDOR_LIBRARY_FILENAMES": MESA_VENDOR},
                    wrapper=[os.path.join(place.rig.build, "bin/gemd-run"), "--drm", sys.executable,
                             LAUNCHER, "w-stock"])
    check_renderer(server, place)
    return server


# Compositors of wlroots begin a seat by themselves, at which nobody sits. They refuse root.
SEAT = {"LIBSEAT_BACKEND": "builtin", "SEATD_VTBOUND": "0", "WLR_LIBINPUT_NO_DEVICES": "1"}
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig", "KILL")


class Cage(Server):
    """
    Debian's cage, drawn by the system's i915 driver, under the DRM adapter. When this is root, it
    is nobody's, and so is the daemon. Its pictures are what the pipe shows.
    """

    def __init__(self, place):
        super().__init__(place, "cage")
        need("cage")
        self.gemctl = os.path.join(place.rig.build, "bin/gemctl")
        self.runtime = tempfile.mkdtemp(prefix="gemd-cage-")
        self.daemon = None
        try:
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self):
        socket = os.path.join(self.runtime, "gemd.sock")
        self.client = {"XDG_RUNTIME_DIR": self.runtime, "GEMD_SOCKET": socket,
                       "WAYLAND_DISPLAY": "wayland-0"}
        as_user = ()
        if os.getuid() == 0:
            os.chown(self.runtime, 65534, 65534)
            as_user = NOBODY
        programs = os.path.join(self.place.rig.build, "bin")
        self.daemon = self.place.start(
            [*as_user, os.path.join(programs, "gemd"), "--socket", socket, "--policy", "none"],
            os.path.join(self.place.home, "cage-gemd.log"), self.place.environment())
        wait_for("the daemon for cage", lambda: os.path.exists(socket), self.daemon)
        environment = self.place.environment(SEAT, self.client, {
            "HOME": self.runtime, "__EGL_VENDOR_LIBRARY_FILENAMES": MESA_VENDOR})
        del environment["WAYLAND_DISPLAY"]
        self.start([*as_user, os.path.join(programs, "gemd-run"), "--drm", "cage", "-d", "--",
                    "sleep", "1000"], environment)
        display = os.path.join(self.runtime, "wayland-0")
        wait_for("cage", lambda: os.path.exists(display), self.child)
        wait_for("cage to draw on the GPU", self.has_drawn, self.child)
        self.empty = wait_for("cage's picture", self.picture, self.child)

    def ask(self, *what):
        return subprocess.run([self.gemctl, *what], capture_output=True, check=False, text=True,
                              env=self.place.environment(self.client))

    def has_drawn(self):
        return re.search(r'"retired": [1-9]', self.ask("sessions", "--json").stdout)

    def picture(self):
        path = os.path.join(self.place.home, "pipe.png")
        taken = self.ask("screenshot", path)
        return read_png(path) if taken.returncode == 0 else None

    def close(self):
        super().close()
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait()
        shutil.rmtree(self.runtime, ignore_errors=True)


def check_renderer(server, place):
    found = re.search("GL renderer: (.*)", server.said())
    if not found or not found.group(1).startswith("i915"):
        server.close()
        raise ServerError(f"{server.name}: drawn by {found.group(1) if found else 'nobody'}")


class Xvfb(Server):
    """An X server whose screen is a file."""

    wayland = False

    def __init__(self, place, name):
        super().__init__(place, name)
        self.screen = tempfile.mkdtemp(dir=place.home)
        read, write = os.pipe()
        need("Xvfb")
        self.child = place.start(
            ["Xvfb", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-noreset", "-wr",
             "-nocursor", "-fbdir", self.screen, "-displayfd", str(write)], self.log,
            place.environment(MESA), pass_fds=[write])
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as answer:
            number = answer.readline().strip()
        if not number.isdigit():
            raise ServerError(f"Xvfb does not start: {self.said()[-300:]}")
        self.client = {"DISPLAY": f":{number}"}
        self.settle()

    def picture(self):
        with open(os.path.join(self.screen, "Xvfb_screen0"), "rb") as file:
            return read_xwd(file.read())


class Xwayland(Server):
    """Debian's Xwayland, as weston starts it: each window is one of weston's."""

    wayland = False

    def __init__(self, place):
        super().__init__(place, "xwayland")
        need("Xwayland")
        weston = Weston(place, "x", [*HEADLESS, "--use-pixman", "--xwayland"], MESA)
        self.below, self.child, self.picture = [weston], None, weston.picture
        self.said, self.empty = weston.said, weston.empty

        def display():
            return re.search(r"xserver listening on display (:\d+)", weston.said())
        self.client = {"DISPLAY": wait_for("Xwayland", display, weston.child).group(1)}


SERVERS = {
    "plain": plain_weston,
    "seat": seat_weston,
    "gl": gl_weston,
    "stock": stock_weston,
    "cage": Cage,
    "xvfb": lambda place: Xvfb(place, "xvfb"),
    "xwayland": Xwayland,
}

__all__ = ["MESA", "SERVERS", "Missing", "Place", "PictureError", "ServerError", "ShotError",
           "end_group", "need", "text_of", "wait_for"]
