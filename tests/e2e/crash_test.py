#!/usr/bin/env python3
"""The server is killed (SIGKILL) in the middle of writes, again and again, on one data directory.

After each restart every object is as its last acknowledged write left it, or as the one write that
was under way and unanswered would have; versions go on from where they were.
"""
import http.client
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402

ROUNDS = 30 if os.environ.get("SIGNET_SANITIZE") else 200
WRITERS = 6
KEYS = 5  # objects of one writer
COLLECTION = "/api/v1/namespaces/default/configmaps"
LABEL = "labelSelector=crash%3Dtest"


class Writer:
    """Creates, changes and deletes its own objects, one request at a time, and keeps the books."""

    def __init__(self, number):
        self.number = number
        self.random = random.Random(number)
        self.generation = 0
        self.acknowledged = {}  # name -> (generation, resourceVersion) of what exists
        self.under_way = None  # (name, generation or None for a delete)
        self.answers = 0
        self.errors = []

    def run(self, server):
        try:
            with server.session() as session:
                while True:
                    self.write(session)
        except (OSError, http.client.HTTPException):
            pass  # killed

    def write(self, session):
        name = "w%d-%d" % (self.number, self.random.randrange(KEYS))
        known = self.acknowledged.get(name)
        self.generation += 1
        data = {"generation": str(self.generation), "filler": "x" * self.random.randrange(3000)}
        if known is None:
            self.under_way = (name, self.generation)
            reply = session.call("POST", COLLECTION, {
                "metadata": {"name": name, "labels": {"crash": "test"}}, "data": data})
            wanted = 201
        elif self.random.random() < 0.3:
            self.under_way = (name, None)
            reply = session.call("DELETE", COLLECTION + "/" + name)
            wanted = 200
        else:
            self.under_way = (name, self.generation)
            reply = session.call("PATCH", COLLECTION + "/" + name, {"data": data},
                                 {"Content-Type": "application/merge-patch+json"})
            wanted = 200
        if reply.status != wanted:
            # While it drains or dies a server may refuse; a refusal changes nothing.
            if reply.status != 503:
                self.errors.append("%s: %r" % (self.under_way, reply))
            self.under_way = None
            return
        if self.under_way[1] is None:
            del self.acknowledged[name]
        else:
            self.acknowledged[name] = (self.under_way[1], int(reply.json["metadata"]["resourceVersion"]))
        self.under_way = None
        self.answers += 1

    def check(self, found):
        """`found`: name -> (generation, version) after a restart. Gives back what is wrong."""
        wrong = []
        if self.under_way is not None:
            name, generation = self.under_way
            now = found.get(name)
            if generation is None and now is None:
                self.acknowledged.pop(name, None)
            elif generation is not None and now is not None and now[0] == generation:
                self.acknowledged[name] = now
            self.under_way = None
        for key in range(KEYS):
            name = "w%d-%d" % (self.number, key)
            if found.get(name) != self.acknowledged.get(name):
                wrong.append("%s: acknowledged %s, found %s" % (
                    name, self.acknowledged.get(name), found.get(name)))
        return wrong + self.errors


class Crash(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="signet-crash-")
        self.addCleanup(shutil.rmtree, self.root)
        self.data = os.path.join(self.root, "data")
        self.writers = [Writer(number) for number in range(WRITERS)]
        self.random = random.Random(os.environ.get("SEED"))

    def crash(self, server):
        """Lets everybody write until some were answered, and kills at no particular moment."""
        before = sum(writer.answers for writer in self.writers)
        threads = [threading.Thread(target=writer.run, args=(server,)) for writer in self.writers]
        for thread in threads:
            thread.start()
        wanted = before + self.random.randrange(1, 60)
        harness.eventually(lambda: sum(w.answers for w in self.writers) >= wanted, interval=0.001)
        time.sleep(self.random.random() / 100)
        server.kill()
        for thread in threads:
            thread.join()

    def check(self, server):
        reply = server.get(COLLECTION + "?" + LABEL)
        self.assertEqual(reply.status, 200, reply)
        found = {item["metadata"]["name"]: (int(item["data"]["generation"]),
                                            int(item["metadata"]["resourceVersion"]))
                 for item in reply.json["items"]}
        self.assertEqual([line for writer in self.writers for line in writer.check(found)], [])
        version = int(reply.json["metadata"]["resourceVersion"])
        self.assertGreaterEqual(version, max((v for _, v in found.values()), default=0))
        self.assertGreaterEqual(version, self.version)
        self.version = version

    def test_nothing_acknowledged_is_lost_by_kill(self):
        self.version = 0
        for round_number in range(ROUNDS):
            with self.subTest(round=round_number), harness.Server(data=self.data) as server:
                self.check(server)
                self.crash(server)
        with harness.Server(data=self.data) as server:
            self.check(server)
            self.assertEqual(server.log(), "")
        self.assertGreater(sum(writer.answers for writer in self.writers), ROUNDS)
        # Superseded revisions went away with the writes that followed.
        live = WRITERS * KEYS * 4096
        self.assertLess(os.path.getsize(os.path.join(self.data, "state.db")), 1000 * 4096 * 2 + live)


if __name__ == "__main__":
    harness.main()
