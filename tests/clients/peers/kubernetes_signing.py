"""`signet signer` before the code by which kube-apiserver has its tokens signed and verifies them."""
import time
import unittest

import program
from clients import harness
from openssl import command as openssl
import signer

LONGEST = 7200  # seconds


class Signing(unittest.TestCase):
    """Two authorities share a signer: kube-apiserver's code, and ours, which has the accounts and pods."""

    @classmethod
    def setUpClass(cls):
        cls.signer = signer.Signer("--max-token-expiration", str(LONGEST))
        cls.addClassCleanup(cls.signer.close)
        cls.server = harness.Server("--service-account-signing-endpoint", cls.signer.socket)
        cls.addClassCleanup(cls.server.close)
        cls.server.account("default", "web")
        cls.server.create("default", "pods", {
            "metadata": {"name": "web-0"},
            "spec": {"serviceAccountName": "web", "containers": [{"name": "c", "image": "i"}]}})
        cls.kubernetes = program.Peer("kubernetes")
        cls.addClassCleanup(cls.kubernetes.close)
        assert cls.kubernetes.ask({
            "do": "use signer", "socket": cls.signer.socket, "issuer": cls.server.url,
            "kubeconfig": cls.server.kubeconfig, "implicit": [cls.server.url]}) is None

    def sign(self, audience=None, seconds=600, **more):
        """A token that Kubernetes' code makes of its claims and the signer's signature, or why there is none."""
        said = self.kubernetes.ask({
            "do": "sign", "namespace": "default", "account": "web", "audiences": [audience or self.server.url],
            "seconds": seconds, **more})
        if isinstance(said, str):
            self.server.leaks.see(said)
        return said

    def authenticate(self, token, **more):
        return self.kubernetes.ask({"do": "authenticate", "token": token, **more})

    def kid(self, token):
        return harness.header_of(token)["kid"]

    def test_each_believes_what_the_other_had_signed(self):
        theirs = self.sign(pod="web-0")
        ours = self.server.token("default", "web", {"boundObjectRef": {
            "apiVersion": "v1", "kind": "Pod", "name": "web-0",
            "uid": harness.claims_of(theirs)["kubernetes.io"]["pod"]["uid"]}})
        self.assertEqual(self.kid(ours), self.kid(theirs))
        for token in (theirs, ours):
            user = self.authenticate(token)
            review = self.server.review(token)
            self.assertEqual({"username": user["name"], "uid": user["uid"], "extra": user["extra"],
                              # Which every authenticated user gets later.
                              "groups": [*user["groups"], "system:authenticated"]}, review["user"])
            self.assertEqual(user["audiences"], review["audiences"])

    def test_audiences_are_kept(self):
        token = self.sign("bank")
        self.assertIn("is invalid for the target audiences", self.authenticate(token)["error"])
        self.assertEqual(self.authenticate(token, audiences=["bank", "x"])["audiences"], ["bank"])
        self.assertEqual(self.server.review(token, ["bank", "x"])["audiences"], ["bank"])

    def test_another_signature_is_refused(self):
        token = self.sign()
        head, payload, _ = token.split(".")
        _, _, signature = self.sign("bank").split(".")
        self.assertIn("error in cryptographic primitive",
                      self.authenticate(".".join((head, payload, signature)))["error"])

    def test_nothing_lives_longer_than_the_metadata_say(self):
        self.assertEqual(self.kubernetes.ask({"do": "metadata"}), {"max_token_expiration_seconds": LONGEST})
        claims = harness.claims_of(self.sign(seconds=LONGEST))
        self.assertEqual(claims["exp"] - claims["iat"], LONGEST)
        self.assertIn("claims end more than %d seconds from now" % LONGEST,
                      self.sign(seconds=LONGEST + 600)["error"])

    def test_a_new_key_signs_at_once_and_an_old_one_goes_with_its_file(self):
        for algorithm in ("RS256", "ES384", "ES512", "ES256"):
            old = self.sign()
            self.signer.retire(algorithm)
            harness.eventually(lambda old=old: self.kid(self.sign()) != self.kid(old))
            new = self.sign()
            self.assertEqual(harness.header_of(new)["alg"], algorithm)
            for token in (new, old):
                self.assertIn("name", self.authenticate(token), algorithm)
        # Nobody asks for another key: one that is gone goes when the hint says so.
        self.signer.new_key("other.key")
        harness.eventually(lambda: self.authenticate(old) == {"error": "invalid signature, no keys found"})

    def test_keys_are_published_but_for_those_that_are_kept_out(self):
        def fetched():  # by each, when the hint says so
            theirs = self.kubernetes.ask({"do": "documents"})["keys"]
            return theirs == self.server.get("/openid/v1/jwks", headers={"Accept": "*/*"}).json and theirs

        keys = harness.eventually(fetched)
        self.assertEqual(len(keys["keys"]), 2)
        self.assertIn(self.public("signing.key"), str(keys))
        self.assertNotIn(self.public("hidden.key"), str(keys))

    def public(self, name):
        """How a key set spells the x of an EC key."""
        der = openssl("pkey", "-in", self.signer.path(name), "-pubout", "-outform", "DER")
        return harness.b64url(der[-64:-32])

    def test_kubernetes_counts_what_it_asked(self):
        before = self.kubernetes.ask({"do": "metrics"})
        self.sign()
        self.sign(seconds=2 * LONGEST)
        after = self.kubernetes.ask({"do": "metrics"})
        for code in ("OK", "InvalidArgument"):
            name = "apiserver_externaljwt_sign_request_total{code=%s}" % code
            self.assertEqual(after[name] - before.get(name, 0), 1, code)
        self.assertLess(abs(after["apiserver_externaljwt_fetch_keys_data_timestamp"] - time.time()), 600)

    def test_nothing_secret_is_logged(self):
        self.sign()
        self.assertEqual(self.server.leaks.found_in(self.signer.log()), [])
