#!/usr/bin/env python3
"""Roles and bindings over HTTPS: a grant and its end hold at once and everywhere, and starts keep them."""
import contextlib
import json
import os
import shutil
import tempfile
import unittest

import harness

NS = "rbac"
ISSUER = "https://issuer.example.test"
GROUP = "rbac.authorization.k8s.io"
RBAC = "/apis/%s/v1" % GROUP
HERE = "%s/namespaces/%s" % (RBAC, NS)
SECRETS = "/api/v1/namespaces/%s/secrets" % NS
READ_SECRETS = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]}
CONNECTIONS = 24  # the kernel spreads them over the loops


def role(name, *rules, **metadata):
    return {"metadata": dict(metadata, name=name), "rules": list(rules)}


def binding(name, kind, target, account):
    return {"metadata": {"name": name}, "roleRef": {"kind": kind, "name": target},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NS}]}


def post(server, path, body):
    reply = server.post(path, body)
    assert reply.status == 201, reply
    return reply.json


class Case(harness.ServerCase):
    flags = ("--loops", "2")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.namespace(NS)

    def account(self, name):
        self.server.account(NS, name)
        return self.server.token(NS, name)

    def remove(self, path):
        self.assertEqual(self.server.delete(path).status, 200)


class AtOnce(Case):
    """Whoever was told that a write is done finds it everywhere."""

    @contextlib.contextmanager
    def sessions(self, token):
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(self.server.session(token=token)) for _ in range(CONNECTIONS)]

    def assert_all(self, sessions, path, status):
        self.assertEqual([one.call("GET", path).status for one in sessions], [status] * len(sessions))

    def test_bindings_come_and_go(self):
        with self.sessions(self.account("bound")) as sessions:
            post(self.server, HERE + "/roles", role("bound", READ_SECRETS))
            self.assert_all(sessions, SECRETS, 403)
            for _ in range(5):
                post(self.server, HERE + "/rolebindings", binding("bound", "Role", "bound", "bound"))
                self.assert_all(sessions, SECRETS, 200)
                self.remove(HERE + "/rolebindings/bound")
                self.assert_all(sessions, SECRETS, 403)

    def test_rules_change(self):
        with self.sessions(self.account("changing")) as sessions:
            post(self.server, HERE + "/roles", role("changing"))
            post(self.server, HERE + "/rolebindings", binding("changing", "Role", "changing", "changing"))
            self.assert_all(sessions, SECRETS, 403)
            for rules, status in 2 * [([READ_SECRETS], 200), ([], 403)]:
                reply = self.server.call("PUT", HERE + "/roles/changing", role("changing", *rules))
                self.assertEqual(reply.status, 200, reply)
                self.assert_all(sessions, SECRETS, status)

    def test_a_role_that_goes_takes_everything_and_is_told_of(self):
        with self.sessions(self.account("gone")) as sessions:
            post(self.server, RBAC + "/clusterroles", role("gone", READ_SECRETS))
            post(self.server, RBAC + "/clusterrolebindings", binding("gone", "ClusterRole", "gone", "gone"))
            self.assert_all(sessions, "/api/v1/secrets", 200)
            self.remove(RBAC + "/clusterroles/gone")
            for one in sessions:
                reply = one.call("GET", "/api/v1/secrets")
                self.assert_status(reply, 403, "Forbidden", (
                    'secrets is forbidden: User "system:serviceaccount:rbac:gone" cannot list resource "secrets" in API '
                    'group "" at the cluster scope: RBAC: clusterrole.%s "gone" not found' % GROUP))

    def test_a_binding_of_one_namespace_says_nothing_of_another(self):
        token = self.account("local")
        post(self.server, HERE + "/rolebindings", binding("local", "ClusterRole", "cluster-admin", "local"))
        self.assertEqual(self.server.get(SECRETS, token=token).status, 200)
        for path in ("/api/v1/namespaces/default/secrets", "/api/v1/secrets", RBAC + "/clusterroles", "/metrics"):
            self.assertEqual(self.server.get(path, token=token).status, 403, path)


class Collecting(Case):
    def test_a_role_has_what_others_have_a_moment_later(self):
        token = self.account("collector")
        path = RBAC + "/clusterroles"
        post(self.server, path, {"metadata": {"name": "collector"}, "aggregationRule": {
            "clusterRoleSelectors": [{"matchLabels": {"to": "collector"}}]}})
        post(self.server, RBAC + "/clusterrolebindings",
             binding("collector", "ClusterRole", "collector", "collector"))
        self.assertEqual(self.server.get(SECRETS, token=token).status, 403)
        with self.server.session() as session:
            watch = session.send("GET", path + "?watch=1&fieldSelector=metadata.name=collector")
            post(self.server, path, role("part", READ_SECRETS, labels={"to": "collector"}))
            self.until(watch, [READ_SECRETS])
            self.assertEqual(self.server.get(SECRETS, token=token).status, 200)
            self.remove(path + "/part")
            self.until(watch, None)
            self.assertEqual(self.server.get(SECRETS, token=token).status, 403)

    @staticmethod
    def until(watch, rules):
        while json.loads(watch.readline())["object"]["rules"] != rules:
            pass


class Escalation(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.account(NS, "maker")
        cls.token = cls.server.token(NS, "maker")
        writes = {"verbs": ["create", "update", "patch"], "apiGroups": [GROUP], "resources": ["roles", "rolebindings"]}
        reads = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
        post(cls.server, HERE + "/roles", role("maker", writes, reads))
        post(cls.server, HERE + "/rolebindings", binding("maker", "Role", "maker", "maker"))

    def refusal(self, resource, name, *lines):
        return '%s.%s "%s" is forbidden: user "system:serviceaccount:rbac:maker" (groups=["system:serviceaccounts" ' \
            '"system:serviceaccounts:rbac" "system:authenticated"]) is attempting to grant RBAC permissions not ' \
            'currently held:\n%s' % (resource, GROUP, name, "\n".join(lines))

    def test_what_is_held_may_be_given_and_nothing_else(self):
        pods = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["one"]}
        self.assertEqual(self.server.post(HERE + "/roles", role("little", pods), token=self.token).status, 201)
        more = dict(READ_SECRETS, resources=["secrets", "pods"])
        lines = ('{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
                 '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}')
        self.assert_status(self.server.post(HERE + "/roles", role("much", more), token=self.token), 403, "Forbidden",
                           self.refusal("roles", "much", *lines))
        apply = dict(role("applied", more), apiVersion=GROUP + "/v1", kind="Role")
        for method, name, body, media in [
                ("PUT", "little", role("little", more), "json"),
                ("PATCH", "little", {"rules": [more]}, "merge-patch+json"),
                ("PATCH", "little", [{"op": "replace", "path": "/rules", "value": [more]}], "json-patch+json"),
                ("PATCH", "applied?fieldManager=m", apply, "apply-patch+yaml")]:
            with self.subTest(method=method, media=media):
                reply = self.server.call(method, HERE + "/roles/" + name, json.dumps(body), token=self.token,
                                         headers={"Content-Type": "application/" + media})
                self.assert_status(reply, 403, "Forbidden", self.refusal("roles", name.split("?")[0], *lines))

    def test_nobody_binds_what_he_does_not_hold(self):
        path = HERE + "/rolebindings"
        self.assert_status(
            self.server.post(path, binding("boss", "ClusterRole", "cluster-admin", "maker"), token=self.token), 403,
            "Forbidden", self.refusal("rolebindings", "boss", '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
                                      '{NonResourceURLs:["*"], Verbs:["*"]}'))
        self.assert_status(
            self.server.post(path, binding("none", "ClusterRole", "nosuchrole", "maker"), token=self.token), 404,
            "NotFound", 'clusterroles.%s "nosuchrole" not found' % GROUP)
        self.assertEqual(self.server.post(path, binding("own", "Role", "maker", "maker"), token=self.token).status, 201)
        self.assertEqual(self.server.get(SECRETS, token=self.token).status, 403)


class Starts(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="signet-e2e-")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    @contextlib.contextmanager
    def running(self, *flags, command="serve"):
        with harness.Server("--service-account-issuer", ISSUER, *flags, command=command,
                            data=os.path.join(self.root, "data")) as server:
            yield server
            self.assertEqual(server.terminate(), 0)

    def test_the_first_start_has_the_roles_of_every_server(self):
        with self.running("--node-name", "n1", command="up") as server:
            names = {one["metadata"]["name"] for one in server.get(RBAC + "/clusterroles").json["items"]}
            self.assertLessEqual({"cluster-admin", "admin", "edit", "view", "system:node", "system:discovery",
                                  "system:aggregate-to-view"}, names)
            bound = server.get(RBAC + "/clusterrolebindings").json["items"]
            self.assertIn("cluster-admin", [one["metadata"]["name"] for one in bound])
            for one in bound:
                self.assertEqual(one["metadata"]["labels"]["kubernetes.io/bootstrapping"], "rbac-defaults")

    def test_a_start_keeps_everything_and_brings_back_what_is_missing(self):
        admin = RBAC + "/clusterrolebindings/cluster-admin"
        with self.running() as server:
            server.namespace(NS)
            server.account(NS, "kept")
            token = server.token(NS, "kept")
            post(server, HERE + "/roles", role("kept", READ_SECRETS))
            post(server, HERE + "/rolebindings", binding("kept", "Role", "kept", "kept"))
            self.assertEqual(server.get(SECRETS, token=token).status, 200)
            first = server.get(admin).json
            self.assertEqual(server.delete(admin).status, 200)
            self.assertEqual(server.get(SECRETS).status, 200, "no binding makes a master")
        with self.running() as server:
            self.assertEqual(server.get(SECRETS, token=token).status, 200)
            self.assertEqual(server.get("/api/v1/secrets", token=token).status, 403)
            back = server.get(admin).json
            self.assertNotEqual(back["metadata"]["uid"], first["metadata"]["uid"])
            self.assertEqual((back["roleRef"], back["subjects"]), (first["roleRef"], first["subjects"]))
            self.assertEqual(server.delete(HERE + "/rolebindings/kept").status, 200)
            versions = self.versions(server)
        with self.running() as server:
            self.assertEqual(server.get(SECRETS, token=token).status, 403, "taken away for good")
            self.assertEqual(self.versions(server), versions, "what is in place is not written again")

    @staticmethod
    def versions(server):
        # Roles that collect others are filled after the server says that it is ready.
        for name in ("view", "edit", "admin"):
            harness.eventually(lambda path=RBAC + "/clusterroles/" + name: server.get(path).json["rules"])
        return {(resource, one["metadata"]["name"]): one["metadata"]["resourceVersion"]
                for resource in ("clusterroles", "clusterrolebindings")
                for one in server.get("%s/%s" % (RBAC, resource)).json["items"]}


if __name__ == "__main__":
    harness.main()
