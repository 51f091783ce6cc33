#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: top_screen_test.py GEMD GEMCTL: gemctl top on a terminal, and in batch mode.

Waits for what must come, never for a time; a test that hangs is ended by its own alarm."""
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, tempfile, termios

gemd, gemctl = sys.argv[1:3]
signal.alarm(50)
failures = 0


def check(name, fine, seen=""):
    global failures
    print(("ok " if fine else "FAILED ") + name, "" if fine else repr(seen)[-400:])
    failures += not fine


class Terminal:
    """gemctl top in a terminal of its own."""

    def __init__(self, columns, rows, arguments, extra):
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        environment.update({"TERM": "xterm-256color", **extra})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(gemctl, [gemctl, "-s", path, "top", *arguments], environment)
        self.seen = b""

    def read(self):
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            part = b""
        self.seen += part
        return part

    def await_text(self, text):
        """What came up to and with 'text', which is taken off; all of it when it did not come."""
        while text not in self.seen:
            if not self.read():
                return None
        at = self.seen.index(text) + len(text)
        came, self.seen = self.seen[:at], self.seen[at:]
        return came

    def press(self, keys):
        os.write(self.fd, keys)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def end(self):
        while self.read():
            pass
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return status


def run_screen():
    terminal = Terminal(80, 24, ["-d", "0.05"], {})
    came = terminal.await_text(b"%GPU")
    check("the screen comes", came is not None and b"gemctl top" in came, terminal.seen)
    check("in colour", came is not None and b"\x1b[36m" in came, came)
    terminal.press(b"h")
    check("h: help", terminal.await_text(b"sort by memory") is not None, terminal.seen)
    terminal.press(b"x")
    check("any key: back", terminal.await_text(b"%GPU") is not None, terminal.seen)
    terminal.press(b"c")
    check("c: command lines", terminal.await_text(b"COMMAND") is not None, terminal.seen)
    terminal.press(b"u")
    check("u asks", terminal.await_text(b"User (nothing: all): ") is not None, terminal.seen)
    terminal.press(b"nobody-like-that\n")
    check("and tells", terminal.await_text(b"no such user") is not None, terminal.seen)
    terminal.press(b"d")
    check("d asks", terminal.await_text(b"Seconds between two looks: ") is not None, terminal.seen)
    terminal.press(b"0.06\n")
    terminal.press(b"PMN ")
    terminal.resize(40, 10)
    # At 40 columns the title ends within MEM, and is drawn anew.
    check("a small window", terminal.await_text(b"%VAL") is not None, terminal.seen)
    terminal.press(b"q")
    check("q ends it", terminal.end() == 0)


def run_without_colour():
    terminal = Terminal(80, 24, ["-d", "0.05", "-n", "3"], {"NO_COLOR": "1"})
    check("-n ends it", terminal.end() == 0)
    check("NO_COLOR", b"%GPU" in terminal.seen and not re.search(rb"\x1b\[[0-9;]*3[0-7]m", terminal.seen),
          terminal.seen)


def run_signal():
    terminal = Terminal(80, 24, [], {})
    terminal.await_text(b"%GPU")
    os.kill(terminal.pid, signal.SIGTERM)
    check("SIGTERM ends it well", terminal.end() == 0)
    check("and the terminal is left", b"\x1b[?1049l" in terminal.seen, terminal.seen)


def run_batch():
    run = lambda *arguments: subprocess.run([gemctl, "-s", path, "top", *arguments], stdin=subprocess.DEVNULL,
                                            capture_output=True, text=True)
    result = run("-b", "-d", "0.05", "-n", "2")
    check("-b", result.returncode == 0 and result.stdout.count("%GPU") == 2, result)
    check("without escapes", "\x1b" not in result.stdout, result.stdout)
    check("no terminal, no -b", run().returncode == 1)
    for bad in (["-d", "0"], ["-d", "x"], ["-n", "0"], ["-u", "nobody-like-that"], ["-z"], ["more"]):
        check("misused " + " ".join(bad), run("-b", *bad).returncode == 2)
    check("--help", run("--help").returncode == 0)
    result = subprocess.run([gemctl, "-s", path + ".none", "top", "-b"], capture_output=True)
    check("no daemon", result.returncode == 1)


with tempfile.TemporaryDirectory() as directory:
    path = directory + "/gemd.sock"
    ready, write = os.pipe()
    daemon = subprocess.Popen([gemd, "--socket", path, "--ready-fd", str(write)], pass_fds=[write],
                              stderr=subprocess.DEVNULL)
    os.close(write)
    os.read(ready, 6)
    try:
        run_screen()
        run_without_colour()
        run_signal()
        run_batch()
    finally:
        daemon.terminate()
        daemon.wait()
sys.exit(failures != 0)
