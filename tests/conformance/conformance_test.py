#!/usr/bin/env python3
"""Replays what a real kube-apiserver answered, and compares.

`cases/` has the requests, `recorded/` the answers of v1.20.2; `replay.py` plays and compares them
one by one. Where signet wants to differ, `differences.json` says so, step by step and with a
reason. A difference that is not listed fails the test, and so does a listed one that is gone.
"""
import json
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

import harness  # noqa: E402
import replay  # noqa: E402

FILES = ("objects", "surface", "watch", "tokens", "admission", "access", "decisions", "legacy")

# The recorded server's own address, which is its issuer and audience.
RECORDED_ISSUER = "https://127.0.0.1:26443"


def load(*parts):
    with open(os.path.join(HERE, *parts), encoding="utf-8") as file:
        return json.load(file)


class Arguments:
    """What replay.Target expects of its command line."""

    def __init__(self, server):
        self.server = server.url
        self.ca = server.path("pki", "ca.crt")
        self.cert = server.path("pki", "admin.crt")
        self.key = server.path("pki", "admin.key")
        self.token = None


class Conformance(harness.ServerCase):
    # What the recorded server had: no discovery for callers without credentials.
    flags = ("--anonymous-discovery", "false", "--service-account-issuer", RECORDED_ISSUER)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.differences = load("differences.json")
        cls.steps = {name: load("cases", name + ".json") for name in FILES}
        for steps in cls.steps.values():
            for step in steps:
                # The recorded server remembered a verdict for ten seconds; signet does not, so
                # what was deleted must be dead without a pause.
                step.pop("sleep", None)
        cls.answers = {}
        cls.failures = {}

        def play(name):
            try:
                target = replay.Target(Arguments(cls.server))
                cls.answers[name] = replay.run(target, cls.steps[name])
            except Exception as error:  # told by the test of that file
                cls.failures[name] = error

        # Each file has a namespace of its own; some wait, so they are played side by side.
        players = [threading.Thread(target=play, args=(name,)) for name in FILES]
        for player in players:
            player.start()
        for player in players:
            player.join()

    def test_every_listed_difference_names_a_step(self):
        for entry in self.differences:
            with self.subTest(entry):
                self.assertEqual(sorted(entry), ["file", "reason", "step"])
                self.assertIn(entry["step"], [step["name"] for step in self.steps[entry["file"]]])
                self.assertGreater(len(entry["reason"]), 10)

    def check(self, name):
        if name in self.failures:
            raise self.failures[name]
        wanted = {entry["step"] for entry in self.differences if entry["file"] == name}
        recorded = load("recorded", name + ".json")
        self.assertEqual(len(self.answers[name]), len(recorded))
        for step, before, now in zip(self.steps[name], recorded, self.answers[name]):
            with self.subTest(step["name"]):
                found = replay.compare(step, before, now)
                if step["name"] in wanted:
                    self.assertTrue(found, "no longer differs: take it off differences.json")
                else:
                    self.assertEqual(found, [])

    def test_objects(self):
        self.check("objects")

    def test_surface(self):
        self.check("surface")

    def test_watch(self):
        self.check("watch")

    def test_tokens(self):
        self.check("tokens")

    def test_admission(self):
        self.check("admission")

    def test_access(self):
        self.check("access")

    def test_decisions(self):
        self.check("decisions")


if __name__ == "__main__":
    harness.main()
