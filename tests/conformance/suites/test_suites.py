#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The judges of run-piglit and run-traces, on made-up results: neither may pass what is wrong."""
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from picture import Picture, PictureError, difference, pictures  # noqa: E402
from piglit import Result, needs_window, shards  # noqa: E402
from selection import Selection, SelectionError  # noqa: E402
from table import (Comparison, Exceptions, Table, TableError, Verdict, normal,  # noqa: E402
                   statuses_of)


def result(test, status, subtests=None, code=0, err=""):
    return Result(test, status, 0.1, subtests or {}, code, "", err, "")


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class TableTest(Folder):
    def table(self, fails="", flakes="", skips=""):
        self.write("i915-g33-fails.txt", fails)
        self.write("i915-g33-flakes.txt", flakes)
        self.write("i915-g33-skips.txt", skips)
        return Table(self.folder.name)

    def verdict(self, results, exceptions="", **lists):
        path = self.write("exceptions.txt", exceptions)
        return Verdict(results, self.table(**lists), Exceptions(path))

    def test_names_are_written_alike(self):
        self.assertEqual(normal("Spec@Tex GL_RGB4, border "), "spec@tex gl_rgb4- border")
        table = self.table(fails="# why\n\nspec@A@GL_RGB- border,Fail\nspec@b,Crash\n")
        self.assertFalse(table.passes("spec@a@gl_rgb, border"))
        self.assertFalse(table.passes("spec@b"))
        self.assertTrue(table.passes("spec@a"))

    def test_lists_that_are_none_are_errors(self):
        with self.assertRaises(TableError):
            self.table(fails="spec@a\n")
        with self.assertRaises(TableError):
            Table(os.path.join(self.folder.name, "nowhere"))

    def test_flakes_and_skips_are_patterns(self):
        table = self.table(flakes="spec@a.*z\n", skips="glx.*\n")
        self.assertFalse(table.passes("spec@abcz"))
        self.assertFalse(table.was_run("glx@x"))
        self.assertTrue(table.was_run("spec@x"))

    def test_each_bad_status_is_a_regression(self):
        for status in ("fail", "crash", "timeout"):
            verdict = self.verdict([result("a", status)])
            self.assertEqual(verdict.regressions, [("a", status)])
            self.assertEqual((verdict.run, verdict.passed, verdict.checked), (1, 0, 1))

    def test_what_fails_on_silicon_may(self):
        verdict = self.verdict([result("a", "fail"), result("b", "pass")], fails="a,Fail\nb,Fail\n")
        self.assertEqual((verdict.regressions, verdict.better), ([], [("b", "pass")]))

    def test_a_subtest_counts_for_itself(self):
        verdict = self.verdict([result("a", "fail", {"x": "fail", "y": "fail", "z": "skip"})],
                               fails="a,Fail\na@x,Fail\n")
        self.assertEqual(verdict.regressions, [("a@y", "fail")])

    def test_nothing_run_is_nothing_checked(self):
        verdict = self.verdict([result("a", "skip"), result("b", "skip", {"x": "notrun"})])
        self.assertEqual((verdict.checked, verdict.run, verdict.skipped), (0, 2, 2))

    def test_exceptions_have_reasons_and_whole_names(self):
        verdict = self.verdict([result("ab", "fail"), result("abc", "fail")], "# because\nab\n")
        self.assertEqual(verdict.excepted, [("ab", "fail")])
        self.assertEqual(verdict.regressions, [("abc", "fail")])
        with self.assertRaises(TableError):
            self.verdict([], "# because\n\nab\n")


class ComparisonTest(Folder):
    def comparison(self, results, other, explanations=""):
        found = Comparison(results, statuses_of(self.write("other.json", other)),
                           Exceptions(self.write("differences.txt", explanations)))
        return found.differing, found.explained

    def test_each_name_has_to_end_as_it_did_there(self):
        other = '''[{"test": "A", "status": "fail", "subtests": {"x": "pass", "Y, z": "fail"}},
                    {"test": "b", "status": "pass", "subtests": {}},
                    {"test": "not selected", "status": "pass", "subtests": {}}]'''
        same = [result("a", "fail", {"x": "warn", "y- z": "fail"}), result("b", "pass"),
                result("c", "skip", {"x": "notrun"})]
        self.assertEqual(self.comparison(same, other), ([], []))
        differing = [result("a", "pass", {"x": "pass", "y- z": "crash"}), result("b", "skip")]
        found, _ = self.comparison(differing, other)
        self.assertEqual(sorted(name for name, _ in found), ["a", "a@y- z", "b"])

    def test_what_only_one_of_them_has_differs(self):
        other = '[{"test": "a", "status": "pass", "subtests": {"x": "pass"}}]'
        found, _ = self.comparison([result("a", "pass", {"y": "pass"}), result("b", "pass")], other)
        self.assertEqual(sorted(found), [("a@x", "skip, there pass"), ("a@y", "pass, there skip"),
                                         ("b", "pass, there skip")])

    def test_what_is_explained_may_differ(self):
        other = '[{"test": "a", "status": "pass", "subtests": {}}]'
        self.assertEqual(self.comparison([result("a", "fail")], other, "# why\na\n"),
                         ([], [("a", "fail, there pass")]))

    def test_other_files_are_errors(self):
        for text in ("", "{}x", "[1]", '[{"test": "a"}]', '[{"test": "a", "status": "pass", "subtests": 1}]'):
            with self.assertRaises(TableError):
                statuses_of(self.write("other.json", text))
        with self.assertRaises(TableError):
            statuses_of(os.path.join(self.folder.name, "nowhere"))


class PiglitTest(unittest.TestCase):
    def test_only_a_silent_abort_asks_for_a_window(self):
        self.assertTrue(needs_window(result("a", "crash", code=-6)))
        self.assertFalse(needs_window(result("a", "crash", code=-6, err="Assertion failed")))
        self.assertFalse(needs_window(result("a", "crash", code=-11)))
        self.assertFalse(needs_window(result("a", "fail", code=1)))

    def test_every_name_is_in_one_shard(self):
        names = ["spec@glsl-1.10@a", "shaders@b", "spec@!opengl 1.1@texwrap", "odd"]
        found = [name for _, members in shards(names) for name in members]
        self.assertEqual(sorted(found), sorted(names))


class SelectionTest(Folder):
    def test_every_nth_of_the_first_rule_that_matches(self):
        path = self.write("quick.txt", "# all\n0 ^x\n2 ^a\n1 .\n")
        names = ["a1", "x1", "a2", "b1", "a3", "b2"]
        self.assertEqual(Selection(path).pick(names), ["a1", "b1", "a3", "b2"])

    def test_other_lines_are_errors(self):
        with self.assertRaises(SelectionError):
            Selection(self.write("quick.txt", "spec@a\n"))


class PictureTest(unittest.TestCase):
    def picture(self, *pixels):
        return Picture(len(pixels), 1, bytes(sum(pixels, ())))

    def test_a_stream_of_pictures(self):
        found = pictures(b"P6\n# call 7\n2 1\n255\nabcdefP6\n1 1\n255\nxyz")
        self.assertEqual([p.pixels for p in found], [b"abcdef", b"xyz"])
        for broken in (b"P6\n2 1\n255\nabc", b"P5\n1 1\n255\na", b"P6\n1 1\n65535\nabcdef"):
            with self.assertRaises(PictureError):
                pictures(broken)

    def test_a_difference_is_seen(self):
        one, other = self.picture((0, 0, 0), (9, 9, 9)), self.picture((0, 0, 25), (9, 9, 12))
        self.assertEqual(difference(one, one), (0, 0))
        mean, share = difference(one, other)
        self.assertAlmostEqual(mean, 28 / 6)
        self.assertEqual(share, 0.5)
        self.assertIsNone(difference(one, self.picture((0, 0, 0))))

    def test_one_colour_is_nothing(self):
        self.assertTrue(self.picture((1, 2, 3), (1, 2, 3)).is_uniform())
        self.assertFalse(self.picture((1, 2, 3), (1, 2, 4)).is_uniform())


if __name__ == "__main__":
    unittest.main()
