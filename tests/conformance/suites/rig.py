# SPDX-License-Identifier: MIT
"""What a suite runs on: a daemon of its own, an X server without a screen, and the environment."""
import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

RENDERER = "i915 (chipset: G33)"
# Whatever of the caller's would change what draws.
FOREIGN = ("LIBGL_ALWAYS_SOFTWARE", "GALLIUM_DRIVER", "DRAW_USE_LLVM", "MESA_LOADER_DRIVER_OVERRIDE",
           "WAYLAND_DISPLAY", "EGL_PLATFORM", "PYTHONPATH", "PYTHONHOME", "MESA_EXTENSION_OVERRIDE",
           "MESA_GL_VERSION_OVERRIDE", "MESA_GLSL_VERSION_OVERRIDE", "LD_PRELOAD", "I915_DEBUG")


class RigError(Exception):
    """Something that the tests need does not come up."""


class Rig:
    def __init__(self, build, options=(), x_options=()):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="gemd-suite-")
        self.log = os.path.join(self.folder, "gemd.log")
        self.processes = []
        atexit.register(self.close)
        for name in FOREIGN:
            os.environ.pop(name, None)
        # Debian's python3 and programs, not others that stand first on PATH.
        os.environ["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/games"
        os.environ["LC_ALL"] = "C.UTF-8"
        os.environ["__EGL_VENDOR_LIBRARY_FILENAMES"] = os.path.join(
            self.build, "share/glvnd/egl_vendor.d/10_gemd.json")
        os.environ["MESA_SHADER_CACHE_DISABLE"] = "true"
        self._start_daemon(options)
        self._start_x(x_options)

    def _start(self, command, ready, log):
        """Starts command, which writes a line to descriptor ready when it can be used."""
        read, write = os.pipe()
        with open(log, "wb") as output:
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command, ready, str(write)], pass_fds=[write],
                stdout=output, stderr=output, start_new_session=True)
        os.close(write)
        self.processes.append(child)
        with os.fdopen(read, encoding="utf-8") as answer:
            return child, answer.readline().strip()

    def _start_daemon(self, options):
        socket = os.path.join(self.folder, "gemd.sock")
        program = os.path.join(self.build, "bin/gemd")
        if not os.access(program, os.X_OK):
            raise RigError(f"{program} is not built")
        self.daemon, answer = self._start([program, "--socket", socket, *options], "--ready-fd",
                                          self.log)
        if answer != "READY":
            raise RigError(f"the daemon does not start: {self.daemon_log()}")
        os.environ["GEMD_SOCKET"] = socket

    def _start_x(self, options):
        self.show_x(False)
        if not shutil.which("Xvfb"):
            raise RigError("Xvfb is not installed")
        # Without -noreset it starts anew whenever its last client goes, and refuses the next.
        _, number = self._start(
            ["Xvfb", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset",
             *options], "-displayfd",
            os.path.join(self.folder, "xvfb.log"))
        if not number.isdigit():
            raise RigError("Xvfb does not start")
        self.display = f":{number}"

    def adapt(self, own):
        """
        From now on programs are under the DRM adapter, and draw with the system's own Mesa, or (own)
        by GBM with our EGL.
        """
        os.environ["XDG_RUNTIME_DIR"] = self.folder
        holder = subprocess.Popen(
            [os.path.join(self.build, "bin/gemd-run"), "--drm", *(["--egl"] if own else []), "sh", "-c",
             "echo \"$LD_PRELOAD\"; echo \"$GBM_BACKENDS_PATH\"; exec cat >/dev/null"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.processes.append(holder)
        preload = holder.stdout.readline().strip()
        if not preload:
            raise RigError("the DRM adapter does not start")
        os.environ["LD_PRELOAD"] = preload
        backends = holder.stdout.readline().strip()
        if own:
            os.environ["GBM_BACKENDS_PATH"] = backends
            return
        os.environ.pop("__EGL_VENDOR_LIBRARY_FILENAMES", None)
        # For tests that ask for no platform; so it was for the table.
        os.environ["EGL_PLATFORM"] = "surfaceless"

    def show_x(self, visible):
        """Whether programs find the X server: without a platform of its own EGL prefers it."""
        if visible:
            os.environ["DISPLAY"] = self.display
        else:
            os.environ.pop("DISPLAY", None)

    def start_weston(self):
        """A Wayland server without a screen; the name of its socket, which is in our folder."""
        name, log = "wayland-suite", os.path.join(self.folder, "weston.log")
        environment = {**os.environ, "XDG_RUNTIME_DIR": self.folder}
        with open(log, "wb") as output:
            self.processes.append(subprocess.Popen(
                ["weston", "--backend=headless-backend.so", f"--socket={name}", "--idle-time=0",
                 "--no-config"], env=environment, stdout=output, stderr=output,
                start_new_session=True))
        deadline = time.monotonic() + 20
        while not os.path.exists(os.path.join(self.folder, name)):
            if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                with open(log, encoding="utf-8", errors="replace") as file:
                    raise RigError(f"weston does not start: {file.read()[-500:]}")
            time.sleep(0.05)
        return name

    def check_renderer(self, platform):
        """The tests must meet our driver on the daemon's GPU, not some software."""
        answer = subprocess.run(["wflinfo", "-p", platform, "-a", "gl"], capture_output=True,
                                text=True, check=False)
        found = re.search(r"OpenGL renderer string: (.*)", answer.stdout)
        if not found or found.group(1) != RENDERER:
            raise RigError(f"{platform}: drawn by {found.group(1) if found else 'nobody'}, not by "
                           f"{RENDERER}: {answer.stderr.strip()}")

    def status(self, key):
        """A number of what gemctl says of the daemon."""
        answer = subprocess.run([os.path.join(self.build, "bin/gemctl"), "status"],
                                capture_output=True, text=True, check=False)
        found = re.search(f"^{re.escape(key)}: ([0-9]+)$", answer.stdout, re.MULTILINE)
        if not found:
            raise RigError(f"the daemon does not say its {key}: {answer.stderr.strip()}")
        return int(found.group(1))

    def refusals(self):
        """The first lines of the log about refused batches; it does not have all of them."""
        lines = [line for line in self.daemon_log().splitlines() if " refused at dword " in line]
        return lines[:10]

    def alive(self):
        return self.daemon.poll() is None

    def daemon_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        for child in reversed(self.processes):
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
        self.processes = []
        shutil.rmtree(self.folder, ignore_errors=True)
