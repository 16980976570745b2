#!/usr/bin/env python3
"""Server-side apply, with every kubectl that applies that way by default, and by hand."""
import json
import os

import harness


CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: %s}
data: {colour: %s%s}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: main
    image: debian
    ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]
"""


class Apply(harness.ServerCase):
    """One test a version is added below."""

    def go(self, version, path):
        self.ns = "v%d-%d" % version
        self.directory = os.path.join(self.server.own_root, self.ns)
        os.mkdir(self.directory)
        self.command = [path, "--kubeconfig", self.server.kubeconfig, "--cache-dir",
                        os.path.join(self.directory, "cache"), "--namespace", self.ns]
        self.environment = dict(os.environ, HOME=self.directory)
        self.kubectl("create", "namespace", self.ns)
        self.moves_from_the_client_side()
        self.conflicts()
        self.applies_a_pod()

    def kubectl(self, *arguments, code=0, stdin=None):
        result = harness.run(*self.command, *arguments, stdin=stdin, env=self.environment)
        self.assertEqual(result.returncode, code, "%s: %s%s" % (arguments, result.stdout, result.stderr))
        return result.stderr if code else result.stdout

    def get(self, *what):
        return json.loads(self.kubectl("get", *what, "-o", "json", "--show-managed-fields"))

    def owners(self, *what):
        return [(e["manager"], e["operation"]) for e in self.get(*what)["metadata"]["managedFields"]]

    def apply(self, text, *arguments, **options):
        return self.kubectl("apply", "--server-side", *arguments, "-f", "-", stdin=text, **options)

    def moves_from_the_client_side(self):
        self.kubectl("apply", "-f", "-", stdin=CONFIG % ("moved", "red", ", size: big"))
        self.assertEqual(self.owners("configmap", "moved"), [("kubectl-client-side-apply", "Update")])
        self.assertEqual(self.apply(CONFIG % ("moved", "blue", "")), "configmap/moved serverside-applied\n")
        moved = self.get("configmap", "moved")
        self.assertEqual(moved["data"], {"colour": "blue"})
        self.assertIn(("kubectl", "Apply"), self.owners("configmap", "moved"))
        self.assertNotIn(("kubectl-client-side-apply", "Update"), self.owners("configmap", "moved"))
        version = moved["metadata"]["resourceVersion"]
        self.apply(CONFIG % ("moved", "blue", ""))
        self.assertEqual(self.get("configmap", "moved")["metadata"]["resourceVersion"], version)
        self.assertIn("f:colour: {}", self.kubectl("get", "configmap", "moved", "-o", "yaml",
                                                  "--show-managed-fields"))
        self.assertNotIn("managedFields", self.kubectl("get", "configmap", "moved", "-o", "yaml"))

    def conflicts(self):
        self.apply(CONFIG % ("shared", "red", ", a: x"), "--field-manager=m1")
        text = self.apply(CONFIG % ("shared", "blue", ""), "--field-manager=m2", code=1)
        self.assertIn('Apply failed with 1 conflict: conflict with "m1": .data.colour', text)
        text = self.apply(CONFIG % ("shared", "blue", ", a: z"), "--field-manager=m2", code=1)
        self.assertIn('Apply failed with 2 conflicts: conflicts with "m1":\n- .data.a\n- .data.colour', text)
        self.apply(CONFIG % ("shared", "blue", ""), "--field-manager=m2", "--force-conflicts")
        self.assertEqual(self.get("configmap", "shared")["data"], {"a": "x", "colour": "blue"})
        self.assertEqual(sorted(self.owners("configmap", "shared")), [("m1", "Apply"), ("m2", "Apply")])
        # What m1 gave up is not m1's to remove; what it still has is.
        self.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n", "--field-manager=m1")
        self.assertEqual(self.get("configmap", "shared")["data"], {"colour": "blue"})
        self.kubectl("label", "configmap", "shared", "tier=one")
        self.assertIn(("kubectl-label", "Update"), self.owners("configmap", "shared"))
        self.assertIn("configmap/dry", self.apply(CONFIG % ("dry", "red", ""), "--dry-run=server"))
        self.assertIn("NotFound", self.kubectl("get", "configmap", "dry", code=1))

    def applies_a_pod(self):
        self.kubectl("create", "serviceaccount", "default-too")
        self.assertEqual(self.apply(POD), "pod/web serverside-applied\n")
        ports = self.get("pod", "web")["spec"]["containers"][0]["ports"]
        self.assertEqual([p["protocol"] for p in ports], ["TCP", "UDP"])
        version = self.get("pod", "web")["metadata"]["resourceVersion"]
        self.apply(POD)
        self.assertEqual(self.get("pod", "web")["metadata"]["resourceVersion"], version)
        text = self.apply(POD + "    colour: red\n", code=1)
        self.assertIn("colour", text)


class Wire(harness.ServerCase):
    """What no kubectl sends."""

    PATH = "/api/v1/namespaces/default/configmaps/"

    def patch(self, name, body, query="?fieldManager=m", kind="application/apply-patch+yaml"):
        return self.server.call("PATCH", self.PATH + name + query, body, headers={"Content-Type": kind})

    def config(self, name, **members):
        return dict({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}, **members)

    def test_creates_and_changes(self):
        reply = self.patch("made", self.config("made", data={"a": "1"}))
        self.assertEqual(reply.status, 201, reply)
        entry = reply.json["metadata"]["managedFields"][0]
        self.assertEqual((entry["manager"], entry["operation"], entry["fieldsType"], entry["fieldsV1"]),
                         ("m", "Apply", "FieldsV1", {"f:data": {"f:a": {}}}))
        self.assertEqual(self.patch("made", self.config("made", data={"b": "1"})).json["data"], {"b": "1"})

    def test_refusals(self):
        whole = self.config("x", data={"a": "1"})
        for body, query, status, text in (
                (whole, "", 422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: '
                                 "is required for apply patch"),
                (whole, "?fieldManager=" + "m" * 129, 422, "may not be more than 128 bytes"),
                (whole, "?fieldManager=a%07", 422, "invalid character U+0007 (at position 1)"),
                (self.config("other"), None, 400, "the name of the object (other) does not match"),
                (dict(whole, kind="Secret"), None, 400, "invalid object type: /v1, Kind=Secret"),
                ({}, None, 400, "invalid object type: /, Kind="),
                (self.config("x", nosuch=1), None, 500, ".nosuch: field not declared in schema"),
                (self.config("x", data={"a": 1}), None, 500, ".data.a: expected string, got"),
                (self.config("x", metadata={"name": "x", "managedFields": []}), None, 400,
                 "metadata.managedFields must be nil"),
                (self.config("x", metadata={"name": "x", "uid": "u"}), None, 409, "uid mismatch"),
                ([1], None, 400, "error decoding patch")):
            reply = self.patch("x", body, "?fieldManager=m" if query is None else query)
            self.assertEqual(reply.status, status, reply)
            self.assertIn(text, reply.json["message"])
        reply = self.patch("x", whole, kind="application/apply-patch+cbor")
        self.assertEqual(reply.status, 415)
        self.assertTrue(reply.json["message"].endswith("application/apply-patch+yaml"), reply)
        self.assertEqual(self.server.get(self.PATH + "x").status, 404)

    def test_stale_versions_conflict(self):
        self.patch("stale", self.config("stale", data={"a": "1"}))
        old = self.config("stale", metadata={"name": "stale", "resourceVersion": "1"}, data={"a": "2"})
        reply = self.patch("stale", old)
        self.assertEqual((reply.status, reply.json["reason"]), (409, "Conflict"), reply)
        self.assertIn("the object has been modified", reply.json["message"])

    def test_large_ones(self):
        data = {"key-%d" % i: "x" * 40 for i in range(12000)}
        reply = self.patch("large", self.config("large", data=data))
        self.assertEqual(reply.status, 201, reply.status)
        reply = self.patch("large", self.config("large", data={k: "y" for k in data}), "?fieldManager=m2")
        self.assertEqual(len(reply.json["details"]["causes"]), len(data))
        self.assertEqual(self.patch("large", self.config("large")).status, 200)
        self.assertNotIn("data", self.server.get(self.PATH + "large").json)


def add_tests():
    versions = [(v, p) for v, p in harness.kubectls() if v >= (1, 27)]
    for version, path in versions:
        def test(self, version=version, path=path):
            self.go(version, path)
        setattr(Apply, "test_%d_%d" % version, test)
    return versions


if __name__ == "__main__":
    if not add_tests():
        print("there is no kubectl on this machine: only what is sent by hand is tested")
    harness.main()
