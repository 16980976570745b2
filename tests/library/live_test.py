#!/usr/bin/env python3
"""The examples, built against the installed library, with a cluster: its tokens, its published keys
and its reviews, good and forged.

    BUILD=build/release SIGNET=build/release/bin/signet live_test.py
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402

BUILD = os.environ["BUILD"]
EXAMPLES = ROOT / "examples"
ACCOUNT = "system:serviceaccount:default:web"


def need(*arguments, env=None):
    """Runs what must not fail, and gives back what it printed."""
    done = harness.run(*arguments, env={**os.environ, **(env or {})}, timeout=240)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Examples(harness.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = tempfile.TemporaryDirectory(prefix="signet-library-")
        cls.addClassCleanup(made.cleanup)
        cls.root = pathlib.Path(made.name)
        cls.install()
        cls.server.account("default", "web")
        cls.server.account("default", "reviewer")
        cls.bind("system:auth-delegator", {"kind": "ServiceAccount", "namespace": "default",
                                           "name": "reviewer"})
        # The keys are shown to anybody.
        cls.bind("system:service-account-issuer-discovery", {
            "kind": "Group", "name": "system:unauthenticated",
            "apiGroup": "rbac.authorization.k8s.io"})
        cls.ca = cls.server.path("pki", "ca.crt")
        cls.jwks = cls.root / "jwks.json"
        cls.jwks.write_bytes(
            cls.server.get("/openid/v1/jwks", headers={"Accept": "*/*"}).body)
        cls.good = cls.file("good", cls.server.token("default", "web", {"audiences": ["vault"]}))
        cls.bank = cls.file("bank", cls.server.token("default", "web", {"audiences": ["bank"]}))
        own = cls.server.token("default", "reviewer")
        cls.reviewer = cls.file("reviewer", own)
        # The signature of one token under what another says.
        cls.forged = cls.file("forged", ".".join(cls.good.read_text().strip().split(".")[:2]
                                                 + [cls.bank.read_text().strip().split(".")[2]]))

    @classmethod
    def bind(cls, role, subject):
        reply = cls.server.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"generateName": "library-"}, "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": role}})
        assert reply.status == 201, reply

    @classmethod
    def file(cls, name, token):
        path = cls.root / name
        path.write_text(token + "\n")
        return path

    @classmethod
    def install(cls):
        prefix = cls.root / "prefix"
        need("cmake", "--install", BUILD, "--prefix", prefix, "--component", "library")
        cls.library = next(prefix.rglob("libsignet.so")).parent
        cls.build = cls.root / "build"
        need("cmake", "-S", EXAMPLES, "-B", cls.build, f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_C_COMPILER=cc")
        need("cmake", "--build", cls.build)
        flags = need("pkg-config", "--cflags", "--libs", "signet",
                     env={"PKG_CONFIG_PATH": str(cls.library / "pkgconfig")}).split()
        need("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
             EXAMPLES / "verify_token.c", "-o", cls.build / "with_pkg_config", *flags)

    def example(self, name, *arguments, stdin=None):
        done = subprocess.run([self.build / name, *map(str, arguments)], input=stdin, text=True,
                              env={**os.environ, "LD_LIBRARY_PATH": str(self.library)}, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_verify_token(self):
        def verify(path):
            return self.example("verify_token", self.jwks, self.server.url, "vault", path)

        self.assertEqual(verify(self.good), (0, ACCOUNT + "\n"))
        self.assertEqual(verify(self.bank), (1, "refused: wrong_audience\n"))
        self.assertEqual(verify(self.forged), (1, "refused: bad_signature\n"))

    def test_c_verifies_by_discovery(self):
        for name in ("verify_token_c", "with_pkg_config"):
            def verify(path, ca=self.ca):
                return self.example(name, self.server.url, ca, "vault", path)

            self.assertEqual(verify(self.good), (0, ACCOUNT + "\n"))
            self.assertEqual(verify(self.bank), (1, "refused: wrong_audience\n"))
            self.assertEqual(verify(self.forged), (1, "refused: bad_signature\n"))
            # Whoever is not believed cannot say which keys are the issuer's.
            self.assertEqual(verify(self.good, "/etc/ssl/certs/ca-certificates.crt"),
                             (1, "refused: keys_unavailable\n"))

    def test_review_token_sees_what_was_deleted(self):
        self.server.account("default", "brief")
        brief = self.file("brief", self.server.token("default", "brief", {"audiences": ["vault"]}))

        def review(path, server=self.server.url):
            return self.example("review_token", server, self.ca, self.reviewer, "vault", path)

        self.assertEqual(review(self.good), (0, ACCOUNT + "\n"))
        self.assertEqual(review(self.bank), (1, "refused\n"))
        self.assertEqual(review(self.forged), (1, "refused\n"))
        self.assertEqual(review(brief), (0, "system:serviceaccount:default:brief\n"))
        self.server.delete("/api/v1/namespaces/default/serviceaccounts/brief")
        self.assertEqual(review(brief), (1, "refused\n"))
        self.assertEqual(review(self.good, "https://127.0.0.1:1"), (3, "unavailable\n"))

    def test_call_with_token(self):
        token = self.file("own", self.server.token("default", "web"))
        code, config = self.example("call_with_token", token)
        self.assertEqual(code, 0)
        done = harness.run(
            "curl", "--silent", "--show-error", "--cacert", self.ca, "--config", "-",
            "--data", '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
            "--header", "Content-Type: application/json",
            self.server.url + "/apis/authentication.k8s.io/v1/selfsubjectreviews", stdin=config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'"username":"{ACCOUNT}"', done.stdout.replace(": ", ":"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
