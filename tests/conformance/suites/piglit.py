# SPDX-License-Identifier: MIT
"""Piglit's own framework as a library: which tests there are, and running them in shards."""
import collections
import queue
import re
import sys
import threading
import time

PIGLIT = "/usr/lib/x86_64-linux-gnu/piglit"
PLATFORM, WINDOWS, GBM = "surfaceless_egl", "x11_egl", "gbm"
# Said by our EGL driver when it draws without a GPU: such a result says nothing about the model.
SOFTWARE = "rendering in software"

# Areas of piglit's names, in the order in which they run; the first that matches counts.
AREAS = (
    ("framebuffers", r"^spec@(ext|arb)_framebuffer_(object|blit)@|^spec@ext_framebuffer_multisample"),
    ("depth and stencil", r"depth|stencil|shadow"),
    ("textures", r"^spec@[a-z]+_(texture|sampler)|texwrap|^spec@!opengl 1\.[234]@"),
    ("fixed function", r"^spec@!opengl|^spec@[a-z]+_(point|blend|fog|draw|vertex_array)"),
    ("assembler programs", r"^spec@(arb|ati|nv)_(fragment|vertex)_(program|shader)"),
    ("glsl 1.10", r"^spec@glsl-1\.10@"),
    ("glsl 1.20", r"^spec@glsl-1\.20@"),
    ("glsl, other", r"^spec@glsl|^shaders@"),
    ("the rest", r""),
)


class SuiteError(Exception):
    """Piglit is not there or not what we know."""


Result = collections.namedtuple("Result", "test status seconds subtests code out err platform")


def _names(self):
    yield self.test, self.status
    for name, status in self.subtests.items():
        yield f"{self.test}@{name}", status


Result.names = _names


def load():
    """All tests of the gpu profile by name, in piglit's order."""
    sys.path.insert(0, PIGLIT)
    try:
        from framework import core, options, profile
    except ImportError as error:
        raise SuiteError(f"piglit is not installed: {error}") from error
    core.get_config()
    options.OPTIONS.env["PIGLIT_PLATFORM"] = PLATFORM
    tests = collections.OrderedDict(profile.load_test_profile("gpu").itertests())
    if not tests:
        raise SuiteError("piglit's gpu profile is empty")
    return tests


def shards(names):
    """(area, names) for each area that has any."""
    areas = [(title, re.compile(pattern)) for title, pattern in AREAS]
    found = collections.OrderedDict((title, []) for title, _ in areas)
    for name in names:
        found[next(title for title, pattern in areas if pattern.search(name))].append(name)
    return [(title, members) for title, members in found.items() if members]


def needs_window(result):
    """Piglit itself aborts, without a word, where a test wants a window and there are none."""
    return result.status == "crash" and result.code == -6 and not result.err.strip()


def run_one(name, test, platform, timeout):
    """One test as piglit's runner would run it; the test object can run again afterwards."""
    from framework import options, results, status
    from framework.test import base

    test.result = results.TestResult()
    if hasattr(test, "_populate_subtests"):
        test._populate_subtests()
    options.OPTIONS.env["PIGLIT_PLATFORM"] = platform
    base.Test.timeout = timeout
    started = time.monotonic()
    try:
        test.run()
    except Exception as error:  # a fault of the runner is a failed test, not a lost one
        test.result.result = status.FAIL
        test.result.err = f"{type(error).__name__}: {error}"
    found = test.result
    verdict, note = str(found.result), found.err or ""
    if SOFTWARE in note and verdict != "skip":
        verdict = "fail"
    subtests = {key: str(value) for key, value in found.subtests.items()}
    return Result(name, verdict, time.monotonic() - started, subtests, found.returncode,
                  found.out or "", note, platform)


class Runner:
    """Runs tests on some threads, which all are in the same shard."""

    def __init__(self, tests, jobs, timeout, say):
        self.tests, self.jobs, self.timeout, self.say = tests, jobs, timeout, say
        self.results = collections.OrderedDict()
        self.lock = threading.Lock()

    def run(self, names, platform):
        waiting = queue.SimpleQueue()
        for name in names:
            waiting.put(name)
        threads = [threading.Thread(target=self._work, args=(waiting, platform), daemon=True)
                   for _ in range(self.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(1)

    def _work(self, waiting, platform):
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            result = run_one(name, self.tests[name], platform, self.timeout)
            with self.lock:
                self.results[name] = result

    def run_shards(self, names, platform, title=""):
        """Shard after shard, with a line of progress for each."""
        parts = shards(names)
        for index, (area, members) in enumerate(parts, 1):
            started = time.monotonic()
            self.run(members, platform)
            counts = collections.Counter(self.results[name].status for name in members)
            text = " ".join(f"{status}={counts[status]}" for status in sorted(counts))
            self.say(f"[{index}/{len(parts)}] {title}{area}: {text} "
                     f"({time.monotonic() - started:.0f} s)")

    def window_tests(self):
        return [name for name, result in self.results.items()
                if needs_window(result)]
