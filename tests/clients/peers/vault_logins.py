"""Logins at Vault's Kubernetes auth backend, which asks an authority or a gate about each."""
import os
import shutil
import tempfile
import unittest

import program
from clients import harness
import gate
import https

AUDIENCE = "vault"
POLICY = """\
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: home}
spec:
  url: %s
  cluster: home
  mode: review
  review: {kubeconfig: %s, cacheTTL: 0s}
---
apiVersion: signet.dev/v1
kind: Route
metadata: {name: vault}
spec:
  audiences: {new: [vault]}
  subjects:
  - {namespace: "*", name: "*"}
"""


class VaultCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.namespace("shop")
        cls.uid = cls.server.account("shop", "cart")["metadata"]["uid"]
        cls.server.account("shop", "other")
        cls.vault = program.Peer("vault")
        cls.addClassCleanup(cls.vault.close)

    def write(self, path, data):
        reply = self.vault.ask({"path": path, "data": data})
        self.assertNotIn("error", reply)

    def configure(self, host, ca, **more):
        with open(ca, encoding="ascii") as file:
            self.write("config", {"kubernetes_host": host, "kubernetes_ca_cert": file.read(),
                                  "disable_local_ca_jwt": True, **more})

    def role(self, name="cart", **more):
        self.write("role/" + name, {
            "bound_service_account_names": "cart", "bound_service_account_namespaces": "shop",
            "audience": AUDIENCE, "token_policies": "carts", **more})

    def login(self, token, role="cart"):
        return self.vault.ask({"path": "login", "data": {"role": role, "jwt": token}})

    def refused(self, token, role="cart"):
        """What the client and the operator are told."""
        reply = self.login(token, role)
        self.assertNotIn("alias", reply)
        return reply["error"] + reply.get("reason", "")

    def token(self, audience=AUDIENCE, account="cart", **more):
        return self.server.token("shop", account, {"audiences": [audience], **more})

    def pod_token(self, name):
        pod = self.server.create("shop", "pods", {
            "metadata": {"name": name},
            "spec": {"serviceAccountName": "cart", "containers": [{"name": "c", "image": "i"}]}})
        return self.token(boundObjectRef={"apiVersion": "v1", "kind": "Pod", "name": name,
                                          "uid": pod["metadata"]["uid"]})


class Logins:
    """The same wherever Vault asks."""

    def setUp(self):
        self.role()

    def test_a_bound_token_logs_in(self):
        for token in (self.token(), self.pod_token("bound")):
            reply = self.login(token)
            self.assertEqual(reply.get("alias"), self.uid, reply)
            self.assertEqual(reply["policies"], ["carts"])
            self.assertEqual(reply["metadata"]["service_account_name"], "cart")
            self.assertEqual(reply["metadata"]["service_account_namespace"], "shop")

    def test_a_token_for_somebody_else_does_not(self):
        self.assertIn("audience", self.refused(self.token("bank")))

    def test_another_account_does_not(self):
        self.assertIn("service account name not authorized", self.refused(self.token(account="other")))

    def test_a_forged_token_does_not(self):
        head, _, signature = self.token(account="other").split(".")
        _, claims, _ = self.token().split(".")
        self.assertIn("permission denied", self.refused(".".join((head, claims, signature))))

    def test_the_token_of_a_deleted_pod_does_not(self):
        token = self.pod_token("short")
        self.assertIn("alias", self.login(token))
        self.server.delete("/api/v1/namespaces/shop/pods/short?gracePeriodSeconds=0")
        self.assertIn("permission denied", self.refused(token))

    def test_the_token_of_a_deleted_account_does_not(self):
        self.role("gone", bound_service_account_names="gone")
        self.server.account("shop", "gone")
        token = self.token(account="gone")
        self.assertIn("alias", self.login(token, "gone"))
        self.server.delete("/api/v1/namespaces/shop/serviceaccounts/gone")
        self.assertIn("permission denied", self.refused(token, "gone"))
        self.server.account("shop", "gone")  # another one of that name
        self.assertIn("permission denied", self.refused(token, "gone"))


class AtAnAuthority(Logins, VaultCase):
    """Vault asks the authority as an account that may review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.account("shop", "vault")
        cls.may("vault", "system:auth-delegator")

    def setUp(self):
        super().setUp()
        self.configure_as("vault")

    def configure_as(self, account, **more):
        self.configure(self.server.url, self.server.path("pki", "ca.crt"),
                       token_reviewer_jwt=self.server.token("shop", account), **more)

    @classmethod
    def may(cls, account, role):
        reply = cls.server.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"generateName": "vault-"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "namespace": "shop", "name": account}]})
        assert reply.status == 201, reply

    def test_who_may_not_review_lets_nobody_in(self):
        self.configure_as("other")
        self.assertIn("tokenreviews.authentication.k8s.io is forbidden", self.refused(self.token()))

    def test_a_namespace_is_found_by_its_labels_and_an_account_described_by_annotations(self):
        self.server.account("shop", "reader")
        self.may("reader", "system:auth-delegator")
        self.may("reader", "view")
        self.configure_as("reader", use_annotations_as_alias_metadata=True)
        self.role("labelled", bound_service_account_namespaces="",
                  bound_service_account_namespace_selector='{"matchLabels": {"tier": "front"}}')
        token = self.token()
        self.assertIn("namespace not authorized", self.refused(token, "labelled"))
        for path, metadata in (("/api/v1/namespaces/shop", {"labels": {"tier": "front"}}),
                               ("/api/v1/namespaces/shop/serviceaccounts/cart",
                                {"annotations": {"vault.hashicorp.com/alias-metadata-team": "blue"}})):
            reply = self.server.call("PATCH", path, {"metadata": metadata},
                                     headers={"Content-Type": "application/merge-patch+json"})
            self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.login(token, "labelled")["metadata"]["team"], "blue")


class AtAGate(Logins, VaultCase):
    """Vault takes the gate for a cluster."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = tempfile.mkdtemp(prefix="signet-peers-")
        cls.addClassCleanup(shutil.rmtree, cls.certificates)
        https.make_certificates(cls.certificates)
        cls.gate = cls.gate_for(POLICY % (cls.server.url, cls.server.kubeconfig))

    @classmethod
    def gate_for(cls, policy):
        pem = [os.path.join(cls.certificates, name) for name in ("tls.crt", "tls.key")]
        running = gate.Gate(cls.server, "--default-route", "vault", "--tls-cert", pem[0], "--tls-key", pem[1],
                            policy=policy)
        cls.addClassCleanup(running.close)
        return running

    def configure_for(self, running):
        self.configure("https://" + running.places["http"], os.path.join(self.certificates, "ca.crt"))

    def setUp(self):
        super().setUp()
        self.configure_for(self.gate)

    def test_the_route_has_the_audience_where_the_role_has_none(self):
        self.role("any", audience="")  # Vault asks for whatever the token says
        self.assertIn("alias", self.login(self.token(), "any"))
        self.assertIn("lookup failed", self.refused(self.token("bank"), "any"))

    def test_who_cannot_be_judged_is_not_let_in(self):
        away = os.path.join(self.certificates, "kubeconfig")
        with open(self.server.kubeconfig, encoding="utf-8") as file, open(away, "w", encoding="utf-8") as copy:
            copy.write(file.read().replace(":%d" % self.server.port, ":1"))
        self.configure_for(self.gate_for(POLICY % (self.server.url, away)))
        self.assertIn("unable to handle the request", self.refused(self.token()))
