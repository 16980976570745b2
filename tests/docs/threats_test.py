#!/usr/bin/env python3
"""docs/THREATS.md names files and tests: all of them are there."""
import os
import re
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "THREATS.md")
ROW = re.compile(r"^\| (?!attack |---)(.+?) \| (.+?) \| (.+?) \|$")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Threats(unittest.TestCase):
    def setUp(self):
        self.rows = [match.groups() for match in map(ROW.match, read(PAGE).splitlines()) if match]

    def test_every_line_of_a_table_is_read(self):
        lines = [line for line in read(PAGE).splitlines() if line.startswith("|")]
        tables = sum(line.startswith("| attack |") for line in lines)
        self.assertGreater(len(self.rows), 30)
        self.assertEqual(len(self.rows), len(lines) - 2 * tables)

    def test_every_file_is_there(self):
        for attack, where, _ in self.rows:
            for path in re.findall(r"`((?:src|tests|cmd)/[^`]+)`", where):
                self.assertTrue(os.path.isfile(os.path.join(ROOT, path)), (attack, path))

    def test_every_test_is_there(self):
        for attack, _, proof in self.rows:
            named = re.findall(r"`([^`:]+): ([^`]+)`", proof)
            self.assertTrue(named, attack)
            for path, test in named:
                if path.endswith(".py"):
                    pattern = r"^    def %s\(self" % re.escape(test)
                else:
                    pattern = r"^TEST(_F|_P)?\(%s, %s\)" % tuple(map(re.escape, test.split(".")))
                self.assertRegex(read(path), re.compile(pattern, re.MULTILINE), attack)


if __name__ == "__main__":
    unittest.main(verbosity=2)
