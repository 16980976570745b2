#!/usr/bin/env python3
"""docs/THREATS.md names files and tests: all of them are there. Each attack of its list has a test of its name."""
import os
import re
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "THREATS.md")
ROW = re.compile(r"^\| (?!attack |---)(.+?) \| (.+?) \| (.+?) \|$")

NUMBERED = re.compile(r"^(\d+)\. ")
ATTACKS = range(1, 46)
# Of a test in C++ or Python.
DEFINED = re.compile(r"^(?:TEST(?:_F|_P)?\(\w+,\s+|    def test_)(\w*attack_(\d\d)_\w+)\b", re.MULTILINE)


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

    def test_the_list_of_attacks_is_whole_and_in_order(self):
        numbers = [NUMBERED.match(attack) for attack, _, _ in self.rows]
        self.assertEqual([int(match[1]) for match in numbers if match], list(ATTACKS))

    def test_every_attack_of_the_list_is_proved_by_a_test_of_its_name(self):
        for attack, _, proof in self.rows:
            number = NUMBERED.match(attack)
            if number:
                self.assertIn("attack_%02d_" % int(number[1]), proof, attack)

    def test_there_are_tests_named_after_every_attack_of_the_list_and_no_other(self):
        named = set()
        for top in ("src", "tests"):
            for folder, _, files in os.walk(os.path.join(ROOT, top)):
                for file in files:
                    if file.endswith(("_test.cc", "_test.py")):
                        found = DEFINED.findall(read(os.path.join(folder, file)))
                        named.update(int(number) for _, number in found)
        self.assertEqual(sorted(named), list(ATTACKS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
