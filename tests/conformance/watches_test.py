#!/usr/bin/env python3
"""What a watch tells, from when, in which form, and how it ends."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import harness, LIST_OPTIONS, METADATA, NO_INTEGER, query, ReadCase, TABLE  # noqa: E402


class Watches(ReadCase):
    MAPS = "/api/v1/namespaces/watches/configmaps"

    @classmethod
    def prepare(cls):
        cls.server.namespace("watches")
        harness.eventually(lambda: cls.server.get(cls.MAPS + "/kube-root-ca.crt").status == 200)
        cls.start = cls.server.get(cls.MAPS).json["metadata"]["resourceVersion"]
        cls.server.create("watches", "configmaps", {"metadata": {"name": "a", "labels": {"l": "x"}}})
        headers = {"Content-Type": "application/merge-patch+json"}
        for value in ("y", "x"):
            cls.server.call("PATCH", cls.MAPS + "/a", {"metadata": {"labels": {"l": value}}}, headers=headers)
        cls.server.create("watches", "configmaps", {"metadata": {"name": "b"}})
        cls.server.delete(cls.MAPS + "/a")

    def events(self, path, accept="application/json"):
        reply = self.server.get(path, headers={"Accept": accept})
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"), reply)
        self.assertEqual(reply.headers.get("transfer-encoding"), "chunked")
        return [json.loads(line) for line in reply.text.splitlines()]

    def told(self, path):
        """Type, name and label of what comes within a second."""
        return " ".join(event["type"] + ":" + event["object"]["metadata"].get("name", "")
                        + "".join(event["object"]["metadata"].get("labels", {}).get("l", ""))
                        for event in self.events(path + "&timeoutSeconds=1"))

    def test_what_is_told(self):
        since, old = "?watch=1&resourceVersion=" + self.start, "/api/v1/watch/namespaces/watches/configmaps"
        everything = "ADDED:ax MODIFIED:ay MODIFIED:ax ADDED:b DELETED:ax"
        initial = "&sendInitialEvents=%s&resourceVersionMatch=NotOlderThan"
        for path, told in [
                (self.MAPS + since, everything),
                ("/api/v1/configmaps" + since + "&fieldSelector=metadata.namespace%3Dwatches", everything),
                (self.MAPS + since + "&labelSelector=l%3Dx", "ADDED:ax DELETED:ax ADDED:ax DELETED:ax"),
                (self.MAPS + since + "&labelSelector=!l", "ADDED:b"),
                (self.MAPS + since + "&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=maybe&resourceVersion=0&labelSelector=!l", "ADDED:b ADDED:kube-root-ca.crt"),
                (old + "/b?", "ADDED:b"),
                (old + "/b?resourceVersion=" + self.start, "ADDED:b"),
                (old + "?resourceVersion=" + self.start, everything),
                ("/api/v1/watch/configmaps?fieldSelector=metadata.name%3Db", "ADDED:b"),
                ("/api/v1/watch/namespaces/watches?", "ADDED:watches"),
                (self.MAPS + "?watch=1&resourceVersion=9999999", ""),
                (self.MAPS + "?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Db",
                 "ADDED:b BOOKMARK:"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=yes&fieldSelector=metadata.name%3Db",
                 "ADDED:b BOOKMARK:"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=False&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=true" + initial % "true"
                 + "&fieldSelector=metadata.name%3Db", "ADDED:b BOOKMARK: BOOKMARK:"),
                (self.MAPS + "?watch=1" + initial % "true" + "&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=1" + initial % "false", "")]:
            with self.subTest(path):
                self.assertEqual(self.told(path), told)

    def test_what_leaves_a_selector_is_as_it_was_with_the_version_of_the_change(self):
        path = "?watch=1&timeoutSeconds=1&resourceVersion=" + self.start
        change = self.events(self.MAPS + path)[1]["object"]
        left = self.events(self.MAPS + path + "&labelSelector=l%3Dx")[1]
        self.assertEqual((left["type"], left["object"]["metadata"]["labels"]), ("DELETED", {"l": "x"}))
        self.assertEqual(left["object"]["metadata"]["resourceVersion"], change["metadata"]["resourceVersion"])

    def test_a_timeout_that_has_passed_ends_at_once(self):
        self.assertEqual(self.events(self.MAPS + "?watch=1&timeoutSeconds=-1&resourceVersion=9999999"), [])

    def test_parameters_that_are_none(self):
        match = LIST_OPTIONS + "resourceVersionMatch: "
        for parameters, code, message in [
                ({"resourceVersion": "abc"}, 500, 'resourceVersion: Invalid value: "abc": strconv.ParseUint: '
                 'parsing "abc": invalid syntax'),
                ({"timeoutSeconds": "abc"}, 400, NO_INTEGER % "abc"),
                ({"timeoutSeconds": ""}, 400, NO_INTEGER % ""),
                ({"limit": "abc"}, 400, NO_INTEGER % "abc"),
                ({"fieldSelector": "spec.x=1"}, 400,
                 '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'),
                ({"sendInitialEvents": "true"}, 422,
                 match + "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
                ({"resourceVersionMatch": "NotOlderThan"}, 422,
                 match + "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                 "provided")]:
            self.assert_refused(self.MAPS + query(watch="true", **parameters), code, message)

    def test_as_a_table_the_columns_come_once(self):
        events = self.events(self.MAPS + "?watch=1&timeoutSeconds=1&allowWatchBookmarks=1&resourceVersion="
                             + self.start, TABLE)
        self.assertEqual([event["type"] for event in events],
                         ["ADDED", "MODIFIED", "MODIFIED", "ADDED", "DELETED", "BOOKMARK"])
        for event in events:
            self.assertEqual((event["object"]["kind"], len(event["object"]["rows"])), ("Table", 1))
        self.assertEqual([bool(event["object"]["columnDefinitions"]) for event in events], [True] + [False] * 5)
        self.assertEqual([event["object"]["rows"][0]["cells"][0] for event in events[:5]], list("aaaba"))
        self.assertIn("resourceVersion", events[5]["object"]["rows"][0]["object"]["metadata"])

    def test_as_metadata_only_metadata_comes(self):
        for event in self.events(self.MAPS + "?watch=1&timeoutSeconds=1&resourceVersion=" + self.start, METADATA):
            self.assertEqual((event["object"]["kind"], event["object"]["apiVersion"], set(event["object"])),
                             ("PartialObjectMetadata", "meta.k8s.io/v1", {"kind", "apiVersion", "metadata"}))

    def test_watch_of_one_object_is_a_get(self):
        self.assertEqual(self.server.get(self.MAPS + "/b?watch=true").json["metadata"]["name"], "b")


if __name__ == "__main__":
    harness.main()
