#!/usr/bin/env python3
"""Tokens in secrets, which never expire: made on request or for everybody, believed, and revoked."""
import base64
import json
import unittest

import harness
from harness import eventually

NS = "legacy"
TYPE = "kubernetes.io/service-account-token"
NAME = "kubernetes.io/service-account.name"
UID = "kubernetes.io/service-account.uid"
WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def path(resource, name="", ns=NS):
    return "/api/v1/namespaces/%s/%s%s" % (ns, resource, "/" + name if name else "")


def secret(name, account, uid=None, **data):
    annotations = {NAME: account, **({UID: uid} if uid else {})}
    return {"metadata": {"name": name, "annotations": annotations}, "type": TYPE, "stringData": data}


def entry(server, name, key, ns=NS):
    data = server.get(path("secrets", name, ns)).json.get("data", {})
    return base64.b64decode(data.get(key, "")).decode()


def filled(server, name, ns=NS):
    """The token of a secret, once the controller has written it."""
    token = eventually(lambda: entry(server, name, "token", ns))
    server.leaks.add(token)
    return token


def listed(server, account, ns=NS):
    return [each["name"] for each in server.get(path("serviceaccounts", account, ns)).json.get("secrets", [])]


def gone(server, name):
    return eventually(lambda: server.get(path("secrets", name)).status == 404)


def error_of(server, token, audiences=None):
    return server.review(token, audiences).get("error", "")


class OnRequest(harness.ServerCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.namespace(NS)

    def account(self, name):
        return self.server.account(NS, name)["metadata"]["uid"]

    def make(self, name, account, **more):
        return self.server.create(NS, "secrets", secret(name, account, **more))

    def test_82_a_secret_has_to_say_whose_it_is(self):
        reply = self.server.post(path("secrets"), {"metadata": {"name": "x"}, "type": TYPE})
        self.assert_status(reply, 422, "Invalid", 'Secret "x" is invalid: metadata.annotations[%s]: '
                                                  "Required value" % NAME)

    def test_83_86_87_a_secret_is_filled_and_its_token_believed(self):
        uid = self.account("web")
        self.make("web-token", "web")
        token = filled(self.server, "web-token")
        with open(self.server.path("pki", "ca.crt"), encoding="ascii") as file:
            self.assertEqual(entry(self.server, "web-token", "ca.crt"), file.read())
        self.assertEqual(entry(self.server, "web-token", "namespace"), NS)
        made = self.server.get(path("secrets", "web-token")).json
        self.assertEqual(made["metadata"]["annotations"], {NAME: "web", UID: uid})
        prefix = "kubernetes.io/serviceaccount/"
        self.assertEqual(harness.claims_of(token), {
            "iss": "kubernetes/serviceaccount", prefix + "namespace": NS, prefix + "secret.name": "web-token",
            prefix + "service-account.name": "web", prefix + "service-account.uid": uid,
            "sub": "system:serviceaccount:legacy:web"})
        (key,) = self.server.get("/openid/v1/jwks", headers={"Accept": "*/*"}).json["keys"]
        self.assertEqual(harness.header_of(token), {"alg": "RS256", "kid": key["kid"]})
        status = self.server.review(token)
        self.assertTrue(status["authenticated"])
        self.assertEqual(status["user"], {
            "username": "system:serviceaccount:legacy:web", "uid": uid,
            "groups": ["system:serviceaccounts", "system:serviceaccounts:legacy", "system:authenticated"]})
        self.assertEqual(status["audiences"], [self.server.url])
        self.assertEqual(self.server.post(WHO_AM_I, {}, token=token).json["status"]["userInfo"]["username"],
                         "system:serviceaccount:legacy:web")
        self.assertIn("audiences", error_of(self.server, token, ["vault"]))

    def test_84_a_secret_for_nobody_goes(self):
        self.account("real")
        self.make("for-nobody", "missing")
        self.make("for-another", "real", uid="00000000-0000-4000-8000-000000000000")
        self.server.namespace("elsewhere")
        self.server.account("elsewhere", "abroad")
        self.make("for-abroad", "abroad")  # names no account of its own namespace
        for name in ("for-nobody", "for-another", "for-abroad"):
            gone(self.server, name)

    def test_85_what_is_there_stays_but_the_ca_is_put_right(self):
        self.account("own")
        self.make("own-token", "own", token="of-my-own", namespace="elsewhere", **{"ca.crt": "forged"})
        eventually(lambda: entry(self.server, "own-token", "ca.crt").startswith("-----BEGIN CERTIFICATE"))
        self.assertEqual(entry(self.server, "own-token", "token"), "of-my-own")
        self.assertEqual(entry(self.server, "own-token", "namespace"), "elsewhere")

    def test_88_a_deleted_secret_takes_its_token_along(self):
        self.account("short")
        self.make("short-token", "short")
        token = filled(self.server, "short-token")
        patch = {"secrets": [{"name": "short-token"}, {"name": "other"}]}
        self.server.call("PATCH", path("serviceaccounts", "short"), patch,
                         headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(self.server.delete(path("secrets", "short-token")).status, 200)
        self.assertEqual(error_of(self.server, token), "[invalid bearer token, Token has been invalidated]")
        self.assert_status(self.server.get("/api", token=token), 401, "Unauthorized")
        eventually(lambda: listed(self.server, "short") == ["other"])
        # The same name, key and account make the same bytes again: that revives copies of it.
        self.make("short-token", "short")
        self.assertEqual(filled(self.server, "short-token"), token)
        self.assertTrue(self.server.review(token)["authenticated"])

    def test_89_an_edited_secret_does_not_vouch_for_the_first_token(self):
        self.account("edited")
        self.make("edited-token", "edited")
        token = filled(self.server, "edited-token")
        self.server.call("PATCH", path("secrets", "edited-token"), {"stringData": {"token": token + "x"}},
                         headers={"Content-Type": "application/merge-patch+json"})
        self.assertEqual(error_of(self.server, token),
                         "[invalid bearer token, Token does not match server's copy]")

    def test_90_91_the_account_takes_all_its_secrets_along(self):
        uid = self.account("leaving")
        for name in ("first", "second"):
            self.make(name, "leaving")
        token = filled(self.server, "first")
        filled(self.server, "second")
        self.assertEqual(self.server.delete(path("serviceaccounts", "leaving")).status, 200)
        for name in ("first", "second"):
            gone(self.server, name)
        self.assertIn("invalidated", error_of(self.server, token))
        again = self.account("leaving")
        self.assertNotEqual(uid, again)
        self.server.create(NS, "secrets", {"metadata": {"name": "first"}, "stringData": {"token": token}})
        self.assertEqual(error_of(self.server, token),
                         "[invalid bearer token, ServiceAccount UID (%s) does not match claim (%s)]" % (again, uid))

    def test_kubectl_makes_and_shows_one(self):
        self.account("typed")
        manifest = json.dumps({"apiVersion": "v1", "kind": "Secret", **secret("typed-token", "typed")})
        for _, kubectl in harness.kubectls():
            applied = harness.run(kubectl, "--kubeconfig", self.server.kubeconfig, "-n", NS, "apply", "-f", "-",
                                  stdin=manifest)
            self.assertEqual(applied.returncode, 0, applied)
            filled(self.server, "typed-token")
            shown = harness.run(kubectl, "--kubeconfig", self.server.kubeconfig, "-n", NS, "describe", "secret",
                                "typed-token")
            self.assertIn("Type:  " + TYPE, shown.stdout)


class Automatic(harness.ServerCase):
    flags = ("--legacy-tokens", "auto", "--signing-algorithm", "ES256")

    def given(self, account, ns=NS, but=()):
        """The name of the one secret that the account lists, once it is another than those."""
        names = eventually(lambda: [name for name in listed(self.server, account, ns) if name not in but])
        self.assertEqual(len(names), 1)
        return names[0]

    def test_98_every_account_has_a_token_and_never_the_same_again(self):
        self.server.namespace(NS)
        self.given("default")
        self.server.account(NS, "web")
        first = self.given("web")
        self.assertRegex(first, "^web-token-[bcdfghjklmnpqrstvwxz2456789]{5}$")
        token = filled(self.server, first)
        self.assertTrue(self.server.review(token)["authenticated"])
        self.server.delete(path("secrets", first))
        second = self.given("web", but=(first,))
        self.assertNotEqual(filled(self.server, second), token)
        self.server.call("PATCH", path("serviceaccounts", "web"), {"secrets": None},
                         headers={"Content-Type": "application/merge-patch+json"})
        third = self.given("web", but=(first, second))
        self.server.delete(path("serviceaccounts", "web"))
        gone(self.server, second)
        gone(self.server, third)

    def test_pods_mount_the_secret(self):
        self.server.namespace("pods")
        name = self.given("default", "pods")
        pod = self.server.create("pods", "pods", {
            "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
        self.assertEqual(pod["spec"]["volumes"],
                         [{"name": name, "secret": {"secretName": name, "defaultMode": 420}}])
        self.assertEqual(pod["spec"]["containers"][0]["volumeMounts"], [
            {"name": name, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}])

    def test_a_pod_may_follow_its_account_at_once(self):
        self.server.namespace("hasty")
        for number in range(20):
            name = "a%d" % number
            self.server.account("hasty", name)
            self.server.create("hasty", "pods", {"metadata": {"name": name}, "spec": {
                "serviceAccountName": name, "containers": [{"name": "c", "image": "i"}]}})

    def test_many_accounts_cost_one_secret_each(self):
        self.server.namespace("many")
        with self.server.session() as session:
            for number in range(500):
                body = json.dumps({"metadata": {"name": "a%d" % number}})
                self.assertEqual(session.call("POST", path("serviceaccounts", ns="many"), body).status, 201)

        def secrets():
            return self.server.get(path("secrets", ns="many")).json["items"]

        eventually(lambda: all(listed_all(self.server, "many").values()))
        self.assertEqual(len(secrets()), 501)
        self.server.delete("/api/v1/namespaces/many")
        eventually(lambda: self.server.get("/api/v1/namespaces/many").status == 404)


def listed_all(server, ns):
    accounts = server.get(path("serviceaccounts", ns=ns)).json["items"]
    return {account["metadata"]["name"]: account.get("secrets") for account in accounts}


class WithoutLookup(harness.ServerCase):
    flags = ("--service-account-lookup", "false")

    def test_93_claims_alone_decide(self):
        self.server.namespace(NS)
        self.server.account(NS, "web")
        self.server.create(NS, "secrets", secret("web-token", "web"))
        token = filled(self.server, "web-token")
        self.server.delete(path("serviceaccounts", "web"))
        gone(self.server, "web-token")
        self.assertTrue(self.server.review(token)["authenticated"])


class Crash(unittest.TestCase):

    def test_a_killed_server_finishes_what_it_had_begun(self):
        with harness.Server("--legacy-tokens", "auto") as first:
            first.namespace(NS)
            with first.session() as session:
                for number in range(100):
                    body = json.dumps({"metadata": {"name": "a%d" % number}})
                    self.assertEqual(session.call("POST", path("serviceaccounts"), body).status, 201)
                    body = json.dumps(secret("s%d" % number, "a%d" % number))
                    self.assertEqual(session.call("POST", path("secrets"), body).status, 201)
            first.kill()
            with harness.Server("--legacy-tokens", "auto", data=first.data) as second:
                eventually(lambda: all(listed_all(second, NS).values()))
                for number in range(100):
                    token = filled(second, "s%d" % number)
                    self.assertTrue(second.review(token)["authenticated"])
                second.delete(path("serviceaccounts", "a0"))
                second.kill()
                with harness.Server("--legacy-tokens", "auto", data=first.data) as third:
                    gone(third, "s0")
                    left = third.get(path("secrets")).json["items"]
                    owners = {each["metadata"]["annotations"][NAME] for each in left}
                    self.assertNotIn("a0", owners)
                    self.assertEqual(third.terminate(), 0)


if __name__ == "__main__":
    harness.main()
