#!/usr/bin/env python3
"""What a node's certificate is good for: its own Node, and what the pods that it runs need."""
import threading
import unittest

import harness
import openssl

NS = "nodes"
CORE = "/api/v1/namespaces/" + NS
LEASES = "/apis/coordination.k8s.io/v1/namespaces/%s/leases"
MERGE = {"Content-Type": "application/merge-patch+json"}
UNRELATED = "no relationship found between node '%s' and this object"


class Nodes(harness.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for node in ("n1", "n2"):
            openssl.issue_client_certificate(cls.server, node, "system:node:" + node, "system:nodes")
            reply = cls.server.post("/api/v1/nodes", {"metadata": {"name": node}}, who=node)
            assert reply.status == 201, reply
        openssl.issue_client_certificate(cls.server, "pretender", "system:node:n1", "system:kubelets")
        openssl.issue_client_certificate(cls.server, "nameless", "system:node:", "system:nodes")
        cls.server.namespace(NS)
        for name in ("app", "other"):
            cls.server.account(NS, name)
        harness.eventually(lambda: cls.server.get(CORE + "/configmaps/kube-root-ca.crt").status == 200)

    # Pods of the test that asks; each has its own secret, so that tests do not help each other.

    def pod(self, name, node=None, audience=None, metadata=None, **spec):
        token = {"path": "token", "expirationSeconds": 600}
        if audience is not None:
            token["audience"] = audience
        body = {"metadata": dict(metadata or {}, name=name),
                "spec": dict({"containers": [{"name": "c", "image": "i"}], "serviceAccountName": "app",
                              "volumes": [{"name": "own", "projected": {"sources": [
                                  {"secret": {"name": name + "-secret"}},
                                  {"configMap": {"name": name + "-map"}},
                                  {"serviceAccountToken": token}]}}]}, **spec)}
        if node is not None:
            body["spec"]["nodeName"] = node
        return self.server.create(NS, "pods", body)["metadata"]["uid"]

    def needs(self, name):
        self.server.create(NS, "secrets", {"metadata": {"name": name + "-secret"}})
        self.server.create(NS, "configmaps", {"metadata": {"name": name + "-map"}})

    def remove(self, name):
        reply = self.server.delete("%s/pods/%s" % (CORE, name), {"gracePeriodSeconds": 0})
        self.assertEqual(reply.status, 200, reply)

    def request(self, pod, uid, node="n1", account="app", **spec):
        spec["boundObjectRef"] = {"kind": "Pod", "apiVersion": "v1", "name": pod, "uid": uid}
        return self.server.request_token(NS, account, spec, who=node)

    def patch(self, path, body, node="n1"):
        return self.server.call("PATCH", path, body, who=node, headers=MERGE)

    def assert_reads(self, path, node="n1"):
        self.assertEqual(self.server.get(path, who=node).status, 200, path)

    def assert_forbidden(self, reply, ending):
        self.assert_status(reply, 403, "Forbidden")
        self.assertTrue(reply.message.endswith(ending), reply)

    def test_it_reads_what_its_pods_name_and_only_while_they_are_there(self):
        self.needs("reads")
        self.pod("reads", "n1")
        self.pod("reads-elsewhere", "n2")
        for path in ("/secrets/reads-secret", "/configmaps/reads-map", "/configmaps/kube-root-ca.crt",
                     "/secrets?fieldSelector=metadata.name%3Dreads-secret", "/pods/reads",
                     "/pods?fieldSelector=spec.nodeName%3Dn1"):
            self.assert_reads(CORE + path)
        for path, ending in (
                ("/secrets/reads-elsewhere-secret", UNRELATED % "n1"),
                ("/secrets/nosuch", UNRELATED % "n1"),
                ("/pods/reads-elsewhere", UNRELATED % "n1"),
                ("/secrets", "No Object name found"),
                ("/pods", "can only list/watch pods with spec.nodeName field selector"),
                ("/pods?fieldSelector=spec.nodeName%3Dn2",
                 "can only list/watch pods with spec.nodeName field selector")):
            self.assert_forbidden(self.server.get(CORE + path, who="n1"), ending)
        self.assert_forbidden(self.server.get(CORE + "/secrets/reads-secret", who="n2"), UNRELATED % "n2")
        self.remove("reads")
        for path in ("/secrets/reads-secret", "/configmaps/reads-map", "/pods/reads"):
            self.assert_forbidden(self.server.get(CORE + path, who="n1"), UNRELATED % "n1")

    def test_it_watches_one_object_that_a_pod_names(self):
        self.needs("watched")
        self.pod("watched", "n1")
        path = CORE + "/secrets?watch=true&fieldSelector=metadata.name%3Dwatched-secret"
        with self.server.session("n1") as session:
            response = session.send("GET", path)
            self.assertEqual(response.status, 200)
            self.assertIn(b'"ADDED"', response.readline())
        self.remove("watched")
        self.assert_forbidden(self.server.get(path, who="n1"), UNRELATED % "n1")

    def test_a_token_comes_right_after_binding(self):
        for number in range(20):
            name = "bound-%d" % number
            uid = self.pod(name)
            self.assert_forbidden(self.request(name, uid), UNRELATED % "n1")
            reply = self.server.post("%s/pods/%s/binding" % (CORE, name), {"target": {"name": "n1"}})
            self.assertEqual(reply.status, 201, reply)
            reply = self.request(name, uid)
            self.assertEqual(reply.status, 201, reply)
            claims = harness.claims_of(reply.json["status"]["token"])
            self.assertEqual(claims["kubernetes.io"]["node"]["name"], "n1")
            self.remove(name)
            self.assert_forbidden(self.request(name, uid), UNRELATED % "n1")

    def test_tokens_are_for_its_pods_and_their_audiences(self):
        uid = self.pod("asks", "n1", "vault")
        plain = self.pod("asks-plain", "n1")
        foreign = self.pod("asks-elsewhere", "n2", "vault")
        self.assertEqual(self.request("asks", uid, audiences=["vault"]).status, 201)
        self.assertEqual(self.request("asks-plain", plain).status, 201)
        head = 'serviceaccounts "app" is forbidden: '
        audience = head + ('audience "%s" not found in pod spec volume, system:node:n1 is not authorized to request '
                           "tokens for this audience")
        for reply, message in (
                (self.request("asks", uid, audiences=["other"]), audience % "other"),
                (self.request("asks-plain", plain, audiences=["vault"]), audience % "vault"),
                (self.request("asks", uid, audiences=["vault", "other"]),
                 head + "node may only request 0 or 1 audiences"),
                (self.request("asks-elsewhere", foreign, audiences=["vault"]),
                 head + "node requested token bound to a pod scheduled on a different node"),
                (self.request("asks", "", audiences=["vault"]),
                 head + "node requested token with a pod binding without a uid"),
                (self.request("asks", foreign, audiences=["vault"]),
                 head + "the UID in the bound object reference (%s) does not match the UID in record. The "
                 "object might have been deleted and then recreated" % foreign),
                (self.server.request_token(NS, "app", who="n1"), head + "node requested token not bound to a pod")):
            self.assert_status(reply, 403, "Forbidden", message)
        self.assert_forbidden(self.request("asks", uid, account="other"), UNRELATED % "n1")
        self.assert_status(self.request("asks-nosuch", uid), 404, "NotFound", 'pods "asks-nosuch" not found')
        reply = self.server.delete(CORE + "/serviceaccounts/app", who="n1")
        self.assert_forbidden(reply, "can only create tokens for individual service accounts")

    def test_a_pod_with_the_api_volume_gets_the_token_of_the_api(self):
        uid = self.server.create(NS, "pods", {"metadata": {"name": "default-volume"}, "spec": {
            "nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}})["metadata"]["uid"]
        self.assertEqual(self.request("default-volume", uid, account="default").status, 201)

    def test_it_changes_its_own_node_and_no_other(self):
        own, other = "/api/v1/nodes/n1", "/api/v1/nodes/n2"
        self.assert_reads(own)
        self.assertEqual(self.patch(own, {"metadata": {"labels": {"kubernetes.io/os": "linux"}}}).status, 200)
        self.assertEqual(self.patch(own + "/status", {"status": {"phase": "Running"}}).status, 200)
        for reply, ending in (
                (self.patch(other, {"metadata": {"labels": {"a": "b"}}}),
                 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"'),
                (self.patch(other + "/status", {"status": {"phase": "Running"}}),
                 'node "n1" is not allowed to modify node "n2"'),
                (self.patch(own, {"metadata": {"labels": {"node-restriction.kubernetes.io/a": "b"}}}),
                 'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/a'),
                (self.patch(own, {"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}),
                 'node "n1" is not allowed to modify taints'),
                (self.server.post("/api/v1/nodes", {"metadata": {"name": "n3"}}, who="n1"),
                 'node "n1" is not allowed to modify node "n3"'),
                (self.server.get(other, who="n1"), "node 'n1' cannot read 'n2', only its own Node object"),
                (self.server.get("/api/v1/nodes", who="n1"),
                 "node 'n1' cannot read all nodes, only its own Node object"),
                (self.server.delete(own, who="n1"),
                 'User "system:node:n1" cannot delete resource "nodes" in API group "" at the cluster scope')):
            self.assert_forbidden(reply, ending)

    def test_it_reports_on_its_own_pods_and_ends_them(self):
        self.pod("status", "n1", metadata={"labels": {"a": "b"}})
        self.pod("status-elsewhere", "n2")
        own, other = CORE + "/pods/status", CORE + "/pods/status-elsewhere"
        running = {"status": {"phase": "Running"}}
        self.assertEqual(self.patch(own + "/status", running).status, 200)
        itself = 'node "n1" can only %s with spec.nodeName set to itself'
        for reply, ending in (
                (self.patch(other + "/status", running), itself % "update pod status for pods"),
                (self.patch(own + "/status", {"metadata": {"labels": {"a": "c"}}}),
                 'node "n1" cannot update labels through pod status'),
                (self.patch(own, {"metadata": {"labels": {"a": "c"}}}),
                 'cannot patch resource "pods" in API group "" in the namespace "%s"' % NS),
                (self.server.delete(other, who="n1"), itself % "delete pods"),
                (self.server.post(other + "/eviction", {}, who="n1"),
                 "node n1 can only evict pods with spec.nodeName set to itself"),
                (self.server.post(own + "/binding", {"target": {"name": "n1"}}, who="n1"),
                 'cannot create resource "pods/binding" in API group "" in the namespace "%s"' % NS),
                (self.server.post(CORE + "/pods", {"metadata": {"name": "made"}, "spec": {
                    "nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}}, who="n1"),
                 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods')):
            self.assert_forbidden(reply, ending)
        self.assertEqual(self.server.delete(own, {"gracePeriodSeconds": 0}, who="n1").status, 200)
        self.assertEqual(self.server.get(own).status, 404)

    def test_a_mirror_pod_shows_what_it_runs_and_opens_nothing(self):
        uid = self.server.get("/api/v1/nodes/n1").json["metadata"]["uid"]
        owner = {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": uid, "controller": True}
        body = {"metadata": {"name": "mirror", "annotations": {"kubernetes.io/config.mirror": "x"},
                             "ownerReferences": [owner]},
                "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}}
        reply = self.server.post(CORE + "/pods", body, who="n1")
        self.assertEqual(reply.status, 201, reply)
        self.assertNotIn("serviceAccountName", reply.json["spec"])
        self.assertNotIn("volumes", reply.json["spec"])
        self.assert_reads(CORE + "/pods/mirror")
        body["metadata"]["name"] = "greedy"
        body["spec"]["volumes"] = [{"name": "v", "secret": {"secretName": "s"}}]
        self.assert_forbidden(self.server.post(CORE + "/pods", body, who="n1"),
                              "a mirror pod may not reference secrets")
        body["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "s"}}]
        self.assert_forbidden(self.server.post(CORE + "/pods", body, who="n1"),
                              'node "n1" can not create pods that reference configmaps')

    def test_it_holds_its_own_lease(self):
        place = LEASES % "kube-node-lease"
        self.assertEqual(self.server.post(place, {"metadata": {"name": "n1"}}, who="n1").status, 201)
        self.assertEqual(self.patch(place + "/n1", {"spec": {"holderIdentity": "n1"}}).status, 200)
        for reply, ending in (
                (self.server.post(place, {"metadata": {"name": "n2"}}, who="n1"),
                 "can only access node lease with the same name as the requesting node"),
                (self.server.get(place + "/n2", who="n1"),
                 "can only access node lease with the same name as the requesting node"),
                (self.server.get(place, who="n1"), "can only get, create, update, patch, or delete a node lease"),
                (self.server.post(LEASES % "default", {"metadata": {"name": "n1"}}, who="n1"),
                 'can only access leases in the "kube-node-lease" system namespace')):
            self.assert_forbidden(reply, ending)

    def test_half_an_identity_is_none(self):
        self.assert_forbidden(self.server.get("/api/v1/nodes/n1", who="pretender"), "at the cluster scope")
        self.assert_forbidden(self.server.get("/api/v1/nodes/n1", who="nameless"),
                              'unknown node for user "system:node:"')

    def test_nodes_that_all_read_at_once_never_see_each_others(self):
        self.needs("race")
        problems = []

        def read(node, expected):
            with self.server.session(node) as session:
                for _ in range(50):
                    status = session.call("GET", CORE + "/secrets/race-secret").status
                    if status not in expected:
                        problems.append((node, status))

        self.pod("race", "n1")
        readers = [threading.Thread(target=read, args=("n1", (200,))),
                   threading.Thread(target=read, args=("n2", (403,)))]
        for reader in readers:
            reader.start()
        for number in range(10):
            self.pod("race-%d" % number, "n1")
            self.remove("race-%d" % number)
        for reader in readers:
            reader.join()
        self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
