# SPDX-License-Identifier: MIT
"""What passes on silicon: Mesa's table of a real G33, read where Mesa's source lies.

Mesa's lists name what does not pass there: NAME,STATUS lines, and regular expressions for what was
not run and what comes and goes. Their writer (deqp-runner) puts "-" for "," in names, and Debian's
piglit has them in lower case.
"""
import json
import os
import re

FOLDER = "src/gallium/drivers/i915/ci"
FAILS, FLAKES, SKIPS = "i915-g33-fails.txt", "i915-g33-flakes.txt", "i915-g33-skips.txt"
BAD = ("fail", "crash", "timeout")


class TableError(Exception):
    """The lists are not there, or are not what they should be."""


def normal(name):
    """One spelling for names of piglit's, the table's, and ours."""
    return name.strip().lower().replace(",", "-")


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            # Trailing blanks belong to some names; normal() sees to them.
            lines = [line.strip() for line in file]
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from error
    return [line for line in lines if line and not line.startswith("#")]


def patterns_of(path):
    return [re.compile(line.replace(",", "-"), re.IGNORECASE) for line in lines_of(path)]


class Table:
    """Answers whether a test passes on silicon."""

    def __init__(self, folder):
        self.known = {}
        for line in lines_of(os.path.join(folder, FAILS)):
            name, comma, status = line.rpartition(",")
            if not comma:
                raise TableError(f"{FAILS}: no status in '{line}'")
            self.known[normal(name)] = status.lower()
        self.skips = patterns_of(os.path.join(folder, SKIPS))
        self.flakes = patterns_of(os.path.join(folder, FLAKES))

    def passes(self, name):
        """Silicon passes, or skips, the test or subtest of that name."""
        name = normal(name)
        return name not in self.known and not any(p.search(name) for p in self.flakes)

    def was_run(self, name):
        """A test of this name was given to silicon at all."""
        name = normal(name)
        return not any(p.search(name) for p in self.skips)


class Exceptions:
    """Names that cannot match, in the table's spelling: regular expressions below their reason."""

    def __init__(self, path):
        self.entries = []
        self.used = set()
        reason = ""
        with open(path, encoding="utf-8") as file:
            for line in (line.strip() for line in file):
                if not line:
                    reason = ""
                elif line.startswith("#"):
                    reason += line.lstrip("# ") + " "
                elif not reason:
                    raise TableError(f"{path}: '{line}' has no reason above it")
                else:
                    self.entries.append((re.compile(line, re.IGNORECASE), line, reason.strip()))

    def covers(self, name):
        for pattern, text, _ in self.entries:
            if pattern.fullmatch(normal(name)):
                self.used.add(text)
                return True
        return False

    def unused(self):
        return [text for _, text, _ in self.entries if text not in self.used]


class Verdict:
    """Results against the table. Counts are of tests; names are of tests and subtests."""

    def __init__(self, results, table, exceptions):
        self.counts = {}
        self.regressions, self.excepted, self.better = [], [], []
        self.checked = 0
        for result in results:
            self.counts[result.status] = self.counts.get(result.status, 0) + 1
            for name, status in result.names():
                self._judge(name, status, table, exceptions)

    def _judge(self, name, status, table, exceptions):
        if status in ("skip", "notrun"):
            return
        self.checked += 1
        if status not in BAD:
            if not table.passes(name):
                self.better.append((name, status))
        elif table.passes(name):
            kept = self.excepted if exceptions.covers(name) else self.regressions
            kept.append((name, status))

    @property
    def run(self):
        return sum(self.counts.values())

    @property
    def passed(self):
        """A warning is a pass with a remark, as it is for the table's writer."""
        return self.counts.get("pass", 0) + self.counts.get("warn", 0)

    @property
    def skipped(self):
        return self.counts.get("skip", 0)


def statuses_of(path):
    """Another run's file: for each test the statuses of it and of its subtests, by name."""
    found = {}
    try:
        with open(path, encoding="utf-8") as file:
            for result in json.load(file):
                test = normal(result["test"])
                found[test] = {test: result["status"]}
                for name, status in result["subtests"].items():
                    found[test][normal(f"{test}@{name}")] = status
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableError(f"{path}: not the results of a run: {error}") from error
    return found


class Comparison:
    """Results against another run's, name by name. A warning is a pass, and what has no result was
    skipped: files have none of these."""

    SAME = {"warn": "pass", "notrun": "skip"}

    def __init__(self, results, other, explanations):
        self.differing, self.explained = [], []
        for result in results:
            here = {normal(name): status for name, status in result.names()}
            there = other.get(normal(result.test), {})
            for name in here.keys() | there.keys():
                self._compare(name, here.get(name, "skip"), there.get(name, "skip"), explanations)

    def _compare(self, name, here, there, explanations):
        if self.SAME.get(here, here) != self.SAME.get(there, there):
            kept = self.explained if explanations.covers(name) else self.differing
            kept.append((name, f"{here}, there {there}"))
