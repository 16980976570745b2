#!/usr/bin/env python3
"""What becomes of dependents, finalizers and namespaces when things are deleted, and killed meanwhile."""
import json
import os
import threading
import unittest

import harness

MAPS = "/api/v1/namespaces/default/configmaps"


def owned(name, *owners, blocks=True, **metadata):
    """A ConfigMap that belongs to others."""
    references = [{"apiVersion": "v1", "kind": owner["kind"], "name": owner["metadata"]["name"],
                   "uid": owner["metadata"]["uid"], "blockOwnerDeletion": blocks} for owner in owners]
    return {"metadata": dict(metadata, name=name, ownerReferences=references)}


class Cases(harness.ServerCase):
    def gone(self, path):
        harness.eventually(lambda: self.server.get(path).status == 404)

    def map(self, body):
        return self.server.create("default", "configmaps", body)

    def patch(self, path, body):
        reply = self.server.call("PATCH", path, body, headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(reply.status, 200, reply)
        return reply.json


class Propagation(Cases):
    def test_background_answers_at_once_and_dependents_follow(self):
        owner = self.map({"metadata": {"name": "b-owner"}})
        self.map(owned("b-child", owner))
        reply = self.server.delete(MAPS + "/b-owner", {"propagationPolicy": "Background"})
        self.assertEqual(reply.json["status"], "Success")
        self.assertEqual(self.server.get(MAPS + "/b-owner").status, 404)
        self.gone(MAPS + "/b-child")

    def test_foreground_waits_for_what_blocks(self):
        owner = self.map({"metadata": {"name": "f-owner"}})
        self.map(owned("f-child", owner, finalizers=["example.com/hold"]))
        reply = self.server.delete(MAPS + "/f-owner", {"propagationPolicy": "Foreground"})
        self.assertEqual(reply.json["metadata"]["finalizers"], ["foregroundDeletion"])
        harness.eventually(lambda: "deletionTimestamp" in self.server.get(MAPS + "/f-child").json["metadata"])
        self.assertEqual(self.server.get(MAPS + "/f-owner").status, 200)
        self.patch(MAPS + "/f-child", {"metadata": {"finalizers": None}})
        self.gone(MAPS + "/f-owner")

    def test_orphans_stay_without_their_owner(self):
        owner = self.map({"metadata": {"name": "o-owner"}})
        self.map(owned("o-child", owner))
        self.server.delete(MAPS + "/o-owner", {"orphanDependents": True})
        self.gone(MAPS + "/o-owner")
        self.assertNotIn("ownerReferences", self.server.get(MAPS + "/o-child").json["metadata"])

    def test_a_whole_tree_goes_and_what_others_own_stays(self):
        node = self.server.post("/api/v1/nodes", {"metadata": {"name": "tree"}}).json
        node["kind"] = "Node"
        living = self.map({"metadata": {"name": "living"}})
        branch = self.map(owned("branch", node))
        self.map(owned("leaf", branch))
        self.map(owned("shared", node, living))
        self.server.delete("/api/v1/nodes/tree")
        self.gone(MAPS + "/leaf")
        self.gone(MAPS + "/branch")
        harness.eventually(lambda: len(
            self.server.get(MAPS + "/shared").json["metadata"]["ownerReferences"]) == 1)

    def test_an_owner_nobody_here_knows_is_nobodys_business(self):
        owner = {"kind": "ReplicaSet", "metadata": {"name": "web", "uid": "u"}}
        body = owned("unknown", owner)
        body["metadata"]["ownerReferences"][0]["apiVersion"] = "apps/v1"
        self.map(body)
        stray = owned("stray", {"kind": "ConfigMap", "metadata": {"name": "none", "uid": "u"}})
        self.map(stray)
        self.gone(MAPS + "/stray")
        self.assertEqual(self.server.get(MAPS + "/unknown").status, 200)


class Namespaces(Cases):
    def test_says_what_holds_it(self):
        self.server.namespace("held")
        self.server.create("held", "configmaps",
                           {"metadata": {"name": "m", "finalizers": ["example.com/hold"]}})
        self.server.delete("/api/v1/namespaces/held")

        def conditions():
            status = self.server.get("/api/v1/namespaces/held").json["status"]
            return {c["type"]: c for c in status.get("conditions", []) if c["status"] == "True"}

        told = harness.eventually(lambda: len(conditions()) == 2 and conditions())
        self.assertIn("configmaps. has 1 resource instances", told["NamespaceContentRemaining"]["message"])
        self.assertIn("example.com/hold in 1 resource instances",
                      told["NamespaceFinalizersRemaining"]["message"])
        refused = self.server.post("/api/v1/namespaces/held/secrets", {"metadata": {"name": "late"}})
        self.assert_status(refused, 403, "Forbidden")
        self.patch("/api/v1/namespaces/held/configmaps/m", {"metadata": {"finalizers": None}})
        self.gone("/api/v1/namespaces/held")

    def test_nothing_survives_writers_that_never_stop(self):
        """Whatever was let in while the namespace was deleted goes with it."""
        self.server.namespace("busy")
        going = threading.Event()

        def write(writer):
            with self.server.session() as session:
                for i in range(100_000):
                    reply = session.call("POST", "/api/v1/namespaces/busy/configmaps",
                                         {"metadata": {"name": "m-%d-%d" % (writer, i)}})
                    if i == 20:
                        going.set()
                    if reply.status != 201:
                        return

        writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for writer in writers:
            writer.start()
        going.wait(30)
        self.server.delete("/api/v1/namespaces/busy")
        for writer in writers:
            writer.join()
        self.gone("/api/v1/namespaces/busy")
        harness.eventually(
            lambda: not self.server.get("/api/v1/namespaces/busy/configmaps").json["items"])


class LostNode(Cases):
    clock = True

    def test_pods_of_a_node_that_is_gone_go_after_a_while(self):
        self.server.post("/api/v1/nodes", {"metadata": {"name": "n1"}})
        self.server.account("default", "robot")
        self.server.create("default", "pods", {
            "metadata": {"name": "p"},
            "spec": {"nodeName": "n1", "serviceAccountName": "robot",
                     "containers": [{"name": "c", "image": "i"}]}})
        self.server.delete("/api/v1/nodes/n1")
        self.server.move_clock(30)
        self.assertEqual(self.server.get("/api/v1/namespaces/default/pods/p").status, 200)
        self.server.move_clock(41)
        self.gone("/api/v1/namespaces/default/pods/p")


class Killed(unittest.TestCase):
    """SIGKILL in the middle: the next start goes on."""

    def test_deletions_go_on_after_a_start(self):
        with harness.Server() as first:
            owner = first.create("default", "configmaps", {"metadata": {"name": "owner"}})
            keeper = first.create("default", "configmaps", {"metadata": {"name": "keeper"}})
            first.namespace("doomed")
            for i in range(300):
                first.create("default", "configmaps", owned("child-%d" % i, owner))
                first.create("default", "configmaps", owned("kept-%d" % i, keeper))
                first.create("doomed", "secrets", {"metadata": {"name": "s-%d" % i}})
            first.delete(MAPS + "/owner", {"propagationPolicy": "Foreground"})
            first.delete(MAPS + "/keeper", {"propagationPolicy": "Orphan"})
            first.delete("/api/v1/namespaces/doomed")
            first.kill()
            with harness.Server(data=first.data) as second:
                for path in (MAPS + "/owner", MAPS + "/keeper", "/api/v1/namespaces/doomed"):
                    harness.eventually(lambda path=path: second.get(path).status == 404)
                items = second.get(MAPS).json["items"]
                names = [one["metadata"]["name"] for one in items]
                self.assertEqual([name for name in names if name.startswith("child-")], [])
                self.assertEqual(len([name for name in names if name.startswith("kept-")]), 300)
                self.assertFalse([one for one in items if "ownerReferences" in one["metadata"]])
                self.assertEqual(second.get("/api/v1/namespaces/doomed/secrets").json["items"], [])


class Kubectl(Cases):
    """One test a version is added below."""

    def go(self, version, path):
        directory = os.path.join(self.server.own_root, "k%d-%d" % version)
        os.mkdir(directory)
        self.environment = dict(os.environ, HOME=directory)
        self.command = [path, "--kubeconfig", self.server.kubeconfig, "--cache-dir", directory + "/cache"]
        # Before 1.20 these words were --cascade=true and false.
        for word in ("background", "foreground", "orphan"):
            self.cascades(word)
        self.namespaces(version)

    def kubectl(self, *arguments, stdin=None):
        result = harness.run(*self.command, *arguments, stdin=stdin, env=self.environment)
        self.assertEqual(result.returncode, 0, "%s: %s%s" % (arguments, result.stdout, result.stderr))
        return result.stdout

    def cascades(self, word):
        owner = self.map({"metadata": {"name": "owner"}})
        self.map(owned("child", owner))
        # Comes back when the owner is gone.
        self.assertIn('"owner" deleted', self.kubectl("delete", "configmap", "owner", "--cascade=" + word))
        self.assertEqual(self.server.get(MAPS + "/owner").status, 404)
        if word == "orphan":
            child = json.loads(self.kubectl("get", "configmap", "child", "-o", "json"))
            self.assertNotIn("ownerReferences", child["metadata"])
            self.kubectl("delete", "configmap", "child")
        elif word == "foreground":
            self.assertEqual(self.server.get(MAPS + "/child").status, 404)
        self.gone(MAPS + "/child")

    def namespaces(self, version):
        name = "ns%d-%d" % version
        self.kubectl("create", "namespace", name)
        self.kubectl("-n", name, "create", "configmap", "m", "--from-literal=a=1")
        self.kubectl("-n", name, "create", "service", "clusterip", "web", "--tcp=80:8080")
        self.assertRegex(self.kubectl("-n", name, "get", "svc"), r"web +ClusterIP +None +<none> +80/TCP")
        self.assertRegex(self.kubectl("-n", name, "get", "all"), r"service/web +ClusterIP")
        self.assertRegex(self.kubectl("-n", name, "describe", "service", "web"), r"TargetPort: +8080/TCP")
        self.kubectl("-n", name, "apply", "-f", "-", stdin=json.dumps(
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
             "spec": {"holderIdentity": "me", "renewTime": "2026-01-02T03:04:05.000006Z"}}))
        self.assertRegex(self.kubectl("-n", name, "get", "leases"), r"l +me +\d+s")
        self.kubectl("delete", "namespace", name)  # comes back when it is gone
        self.assertEqual(self.server.get("/api/v1/namespaces/" + name).status, 404)


def add_tests():
    for version, path in harness.kubectls():
        if version < (1, 20):
            continue

        def test(self, version=version, path=path):
            self.go(version, path)
        setattr(Kubectl, "test_%d_%d" % version, test)


if __name__ == "__main__":
    add_tests()
    harness.main()
