#!/usr/bin/env python3
"""Discovery and keys: who may read them, when there are none, and on a static web host."""
import json
import os
import tempfile
import unittest

import harness
import https
import openssl

CONFIGURATION = "/.well-known/openid-configuration"
JWKS = "/openid/v1/jwks"
ANYTHING = {"Accept": "*/*"}


class Export(harness.ServerCase):
    """The authority is reachable for nobody; the host is, and its URL is the issuer."""

    @classmethod
    def setUpClass(cls):
        cls.host = https.StaticHost()
        cls.addClassCleanup(cls.host.close)
        cls.flags = ("--service-account-issuer", cls.host.url + "/tokens",
                     "--service-account-jwks-uri", cls.host.url + "/tokens" + JWKS)
        super().setUpClass()
        cls.server.namespace("s")
        cls.server.account("s", "web")

    def export(self, *flags, directory=None):
        return harness.signet("discovery", "export", "--kubeconfig", self.server.kubeconfig, *flags,
                              directory or os.path.join(self.host.root, "tokens"))

    def verify(self, token):
        return harness.signet("verify", token, "--issuer", self.host.url + "/tokens", "--audience",
                              "vault", "--ca", self.host.ca)

    def read(self, path):
        with open(os.path.join(self.host.root, "tokens", path.lstrip("/")), encoding="utf-8") as file:
            return file.read()

    def test_a_relying_party_verifies_from_the_files_alone(self):
        token = self.server.token("s", "web", {"audiences": ["vault"]})
        self.assertEqual(self.verify(token).returncode, 2)  # nothing is there yet
        done = self.export()
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("serve as %s/tokens%s (application/json)" % (self.host.url, CONFIGURATION),
                      done.stdout)
        self.assertEqual(self.verify(token).returncode, 0)
        # Byte for byte what the authority itself serves, which was told of the host.
        self.assertEqual(self.read(CONFIGURATION), self.server.get(CONFIGURATION).text)
        self.assertEqual(self.read(JWKS), self.server.get(JWKS, headers=ANYTHING).text)

    def test_says_as_json_what_it_wrote(self):
        told = json.loads(self.export("-o", "json").stdout)
        self.assertEqual([file["contentType"] for file in told],
                         ["application/jwk-set+json", "application/json"])
        for file in told:
            self.assertTrue(os.path.isfile(file["path"]))

    def test_keys_may_be_elsewhere_below_the_issuer(self):
        with tempfile.TemporaryDirectory(prefix="signet-e2e-") as directory:
            uri = self.host.url + "/tokens/keys.json"
            self.assertEqual(self.export("--jwks-uri", uri, directory=directory).returncode, 0)
            with open(directory + CONFIGURATION, encoding="utf-8") as file:
                self.assertEqual(json.load(file)["jwks_uri"], uri)
            self.assertTrue(os.path.isfile(directory + "/keys.json"))
            for elsewhere in ("https://elsewhere.test/keys", self.host.url + "/tokens/../keys"):
                refused = self.export("--jwks-uri", elsewhere, directory=directory)
                self.assertEqual(refused.returncode, 2, refused)
                self.assertIn("below the issuer", refused.stderr)

    def test_says_why_nothing_was_written(self):
        occupied = os.path.join(self.host.directory, "file")
        with open(occupied, "w", encoding="ascii"):
            pass
        for result in (self.export(directory=occupied),
                       harness.signet("discovery", "export", "--kubeconfig", "/nowhere", "/tmp/x")):
            self.assertEqual(result.returncode, 2, result)
            self.assertTrue(result.stderr.startswith("signet: "), result)
        wrong = harness.signet("discovery", "export", env={"PATH": os.environ["PATH"]})
        self.assertEqual(wrong.returncode, 2)


class Documents(harness.ServerCase):
    flags = ("--service-account-issuer", "https://new.test", "--service-account-issuer",
             "https://old.test", "--service-account-jwks-uri", "https://keys.test/jwks")

    def test_both_have_their_exact_form(self):
        reply = self.server.get(CONFIGURATION)
        self.assertEqual(reply.headers["content-type"], "application/json")
        self.assertEqual(reply.headers["cache-control"], "public, max-age=3600")
        self.assertEqual(
            reply.text,
            '{"issuer":"https://new.test","jwks_uri":"https://keys.test/jwks",'
            '"response_types_supported":["id_token"],"subject_types_supported":["public"],'
            '"id_token_signing_alg_values_supported":["RS256"]}')
        keys = self.server.get(JWKS, headers=ANYTHING)
        self.assertEqual(keys.headers["content-type"], "application/jwk-set+json")
        self.assertEqual(keys.headers["cache-control"], "public, max-age=3600")
        (key,) = keys.json["keys"]
        self.assertEqual(list(key), ["use", "kty", "kid", "alg", "n", "e"])
        self.assertEqual(self.server.get(JWKS + "?format=yaml", headers=ANYTHING).text, keys.text)

    def test_are_for_accounts_and_not_for_everybody(self):
        self.server.namespace("d")
        self.server.account("d", "web")
        token = self.server.token("d", "web")
        for path in (CONFIGURATION, JWKS):
            self.assertEqual(self.server.get(path, token=token, headers=ANYTHING).status, 200)
            self.assert_status(self.server.get(path, who="anonymous"), 403, "Forbidden",
                               'forbidden: User "system:anonymous" cannot get path "%s"' % path)
        for path in (JWKS + "/foo", "/.well-known"):
            self.assertEqual(self.server.get(path).status, 404)
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.server.call(method, JWKS).status, 405)

    def test_tokens_of_both_issuers_are_believed_and_the_first_is_written(self):
        self.server.namespace("two")
        self.server.account("two", "web")
        token = self.server.token("two", "web")
        self.assertEqual(harness.claims_of(token)["iss"], "https://new.test")
        self.assertTrue(self.server.review(token)["authenticated"])


class OtherFlags(unittest.TestCase):
    def test_an_issuer_that_can_have_no_documents_is_404_and_the_server_runs(self):
        for issuer in ("http://plain.test", "api", "https://a.test?x=1", "https://a.test#top"):
            with harness.Server("--service-account-issuer", issuer, "--signing-algorithm",
                                "ES256") as server:
                for path in (CONFIGURATION, JWKS):
                    self.assertEqual(server.get(path).status, 404, issuer)
                server.namespace("n")
                server.account("n", "web")
                self.assertTrue(server.review(server.token("n", "web"))["authenticated"])
                self.assertIn("discovery and keys are not served", server.log())

    def test_private_halves_of_keys_are_never_published(self):
        with tempfile.TemporaryDirectory(prefix="signet-e2e-") as directory:
            paths = [os.path.join(directory, name) for name in ("rsa.pem", "ec.pem")]
            openssl.command("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out",
                            paths[0])
            openssl.command("ecparam", "-name", "secp521r1", "-genkey", "-noout", "-out", paths[1])
            flags = [flag for path in paths for flag in ("--service-account-key-file", path)]
            with harness.Server("--service-account-signing-key-file", paths[1], *flags) as server:
                keys = server.get(JWKS, headers=ANYTHING).json["keys"]
                self.assertEqual([key["alg"] for key in keys], ["RS256", "ES512"])
                public = {"use", "kty", "kid", "alg", "n", "e", "crv", "x", "y"}
                for key in keys:
                    self.assertLessEqual(set(key), public)
                algorithms = server.get(CONFIGURATION).json["id_token_signing_alg_values_supported"]
                self.assertEqual(algorithms, ["ES512", "RS256"])


if __name__ == "__main__":
    harness.main()
