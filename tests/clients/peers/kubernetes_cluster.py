"""A whole kube-apiserver between `signet signer`, which signs its tokens, and `signet gate`: behind one as its
webhook, before another as the cluster whose tokens it believes."""
import json
import os
import shutil
import tempfile
import unittest

from clients import harness
import gate
import https
import kube_apiserver
import kubernetes_webhook
import signer

LONGEST = 7200  # seconds
REVIEWED = """\
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: theirs}
spec:
  url: %(url)s
  cluster: theirs
  mode: hybrid
  keys: {caFile: %(ca)s, allowedCIDRs: [127.0.0.1/32], ports: [%(port)d]}
  review: {kubeconfig: %(kubeconfig)s, cacheTTL: 0s}
---
apiVersion: signet.dev/v1
kind: Route
metadata: {name: bank}
spec:
  audiences: {new: [bank]}
  subjects:
  - {namespace: "default", name: "*"}
"""


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="signet-peers-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        https.make_certificates(cls.directory)
        cls.signer = signer.Signer("--max-token-expiration", str(LONGEST))
        cls.addClassCleanup(cls.signer.close)
        # Another cluster, which the kube-apiserver knows through a gate.
        cls.server = harness.Server("--anonymous-discovery", "true")
        cls.addClassCleanup(cls.server.close)
        cls.server.account("default", "cart")
        cls.server.account("default", "other")
        cls.gate = gate.Gate(cls.server, "--tls-cert", cls.path("tls.crt"), "--tls-key", cls.path("tls.key"))
        cls.addClassCleanup(cls.gate.close)
        with open(cls.path("webhook"), "w", encoding="utf-8") as file:
            file.write(kubernetes_webhook.kubeconfig(cls.gate.places["http"], cls.path("ca.crt"), "shop/subject"))
        cls.cluster = kube_apiserver.Cluster(cls.signer.socket, cls.path("webhook"), ["shop"])
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "web"}})
        cls.bind("system:service-account-issuer-discovery", "Group", "system:unauthenticated")

    @classmethod
    def path(cls, name):
        return os.path.join(cls.directory, name)

    @classmethod
    def bind(cls, role, kind, name):
        cls.cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"generateName": "test-"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}]})

    def request(self, account="web", **spec):
        return self.cluster.call("POST", "/api/v1/namespaces/default/serviceaccounts/%s/token" % account,
                                 {"spec": spec})

    def token(self, account="web", **spec):
        reply = self.request(account, **spec)
        self.assertEqual(reply.status, 201, reply)
        token = reply.json["status"]["token"]
        self.server.leaks.see(token)
        return token

    def pod_token(self, name, **spec):
        pod = self.cluster.create("/api/v1/namespaces/default/pods", {
            "metadata": {"name": name},
            "spec": {"serviceAccountName": "web", "containers": [{"name": "c", "image": "i"}]}})
        return self.token(boundObjectRef={"apiVersion": "v1", "kind": "Pod", "name": name,
                                          "uid": pod["metadata"]["uid"]}, **spec)

    def whoami(self, token):
        """Whom the kube-apiserver takes the bearer for; nobody is None."""
        reply = self.cluster.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=token)
        self.assertIn(reply.status, (201, 401), reply)
        return reply.json["status"]["userInfo"] if reply.status == 201 else None

    def verify(self, token, audience):
        """What `signet verify` finds out by the kube-apiserver's documents."""
        told = harness.signet("verify", token, "--issuer", self.cluster.url, "--audience", audience, "--ca",
                              self.cluster.ca, "-o", "json")
        return json.loads(told.stdout)["verified"]

    def test_tokens_are_the_signers_and_good_everywhere(self):
        token = self.token()
        header = harness.header_of(token)
        self.assertEqual(header["typ"], "JWT", "which Kubernetes itself never writes")
        self.assertEqual(self.whoami(token)["username"], "system:serviceaccount:default:web")
        keys = self.cluster.call("GET", "/openid/v1/jwks", token="").json["keys"]
        self.assertIn(header["kid"], [key["kid"] for key in keys])
        self.assertTrue(self.verify(token, self.cluster.url))
        self.assertFalse(self.verify(token, "bank"))
        self.assertIsNone(self.whoami(self.token(audiences=["bank"])))

    def test_nothing_lives_longer_than_the_signer_says(self):
        claims = harness.claims_of(self.token(expirationSeconds=10 * LONGEST))
        self.assertEqual(claims["exp"] - claims["iat"], LONGEST)

    def test_a_new_key_is_followed(self):
        for algorithm in ("RS256", "ES256"):
            old = self.token()
            self.signer.retire(algorithm)
            kid = harness.header_of(old)["kid"]
            harness.eventually(lambda: harness.header_of(self.token())["kid"] != kid)
            new = self.token()
            for token in (new, old):
                self.assertIsNotNone(self.whoami(token), algorithm)
                harness.eventually(lambda: self.verify(token, self.cluster.url))
        self.signer.retire("ES256")  # the key before the last is gone
        harness.eventually(lambda: self.whoami(old) is None)

    def test_a_signer_that_dies_and_comes_back(self):
        token = self.token()
        self.signer.stop()
        self.assertIsNotNone(self.whoami(token), "keys are there")
        self.signer.start()
        harness.eventually(lambda: self.request().status == 201)

    def test_the_token_of_a_deleted_pod_is_refused_by_cluster_and_gate(self):
        facts = {"url": self.cluster.url, "ca": self.cluster.ca, "port": self.cluster.port,
                 "kubeconfig": self.cluster.kubeconfig()}
        with gate.Gate(self.server, policy=REVIEWED % facts) as running:
            def status(token):
                return running.call("GET", "/v1/auth_request/bank", gate.GateCase.bearer(token)).status

            token = self.pod_token("web-0", audiences=["bank"])
            harness.eventually(lambda: status(token) == 200)
            self.assertEqual(status(self.token()), 401, "for the cluster alone")
            own = self.pod_token("web-1")
            self.assertIsNotNone(self.whoami(own))
            for name in ("web-0", "web-1"):
                self.cluster.call("DELETE", "/api/v1/namespaces/default/pods/%s?gracePeriodSeconds=0" % name)
            harness.eventually(lambda: status(token) == 401 and self.whoami(own) is None)

    def test_callers_of_another_cluster_come_in_through_the_gate(self):
        token = self.server.token("default", "cart", {"audiences": ["shop"]})
        user = harness.eventually(lambda: self.whoami(token))
        self.assertEqual(user["username"], "k8s/home/ns/default/sa/cart")
        self.assertIn("k8s/home/ns/default", user["groups"])

        def pods():
            return self.cluster.call("GET", "/api/v1/namespaces/default/pods", token=token).status

        self.assertEqual(pods(), 403)
        self.cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
            "metadata": {"name": "pods"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]})
        self.bind("pods", "Group", "k8s/home/ns/default")
        harness.eventually(lambda: pods() == 200)
        for refused in (self.server.token("default", "other", {"audiences": ["shop"]}),
                        self.server.token("default", "cart", {"audiences": ["bank"]})):
            self.assertIsNone(self.whoami(refused))
