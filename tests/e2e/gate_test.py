#!/usr/bin/env python3
"""`signet gate` by its HTTP surfaces and its operator's address. K-1 of the specification by number."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading

import gate
import harness
import openssl
from harness import eventually

REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}


class Surfaces(gate.GateCase):
    flags = ("--default-route", "shop", "--assertion-issuer", "https://gate.example")

    def ask(self, path, headers):
        return self.gate.call("GET", path, headers)

    def test_110_ext_authz_over_http(self):
        reply = self.ask("/v1/ext_authz/shop/orders/7?a=b",
                         self.bearer(self.token, **{"X_Auth_Subject": "root"}))
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(reply.headers["x-auth-subject"], "k8s/home/ns/default/sa/cart")
        removed = reply.headers["x-envoy-auth-headers-to-remove"].split(",")
        self.assertIn("authorization", removed)
        self.assertIn("x_auth_subject", removed)
        reply = self.ask("/v1/ext_authz/shop", self.bearer(self.elsewhere))
        self.assertEqual(reply.status, 401)
        self.assertEqual(reply.headers["www-authenticate"], 'Bearer error="invalid_token"')
        self.assertEqual(self.ask("/v1/ext_authz/shop", self.bearer(self.forbidden)).status, 403)

    def test_111_auth_request(self):
        reply = self.ask("/v1/auth_request/shop", self.bearer(self.token))
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(reply.headers["x-auth-service-account"], "cart")
        self.assertEqual(reply.headers["x-auth-pod"], "")
        self.assertEqual(reply.headers["cache-control"], "private, no-store")
        reply = self.ask("/v1/auth_request/shop", self.bearer(self.elsewhere))
        self.assertEqual((reply.status, reply.headers["x-auth-error"]), (401, "wrong_audience"))

    def test_112_forward_auth_believes_a_uri_from_trusted_peers_only(self):
        headers = self.bearer(self.token, **{"X-Forwarded-Uri": "/shop/7"})
        self.assertEqual(self.ask("/v1/forward_auth", headers).status, 403)
        with gate.Gate(self.server, "--trusted-proxy", "127.0.0.1") as trusting:
            self.wait_for_keys(trusting)
            self.assertEqual(trusting.call("GET", "/v1/forward_auth", headers).status, 200)

    def test_113_token_review(self):
        for path, status in (("/v1/token_review/shop", 200),
                             ("/apis/authentication.k8s.io/v1/tokenreviews", 201)):
            reply = self.gate.call("POST", path, body={
                **REVIEW, "spec": {"token": self.token, "audiences": ["bank", "shop"]}})
            self.assertEqual(reply.status, status, reply)
            mine = reply.json["status"]
            self.assertEqual(mine["audiences"], ["shop"])
            # The cluster itself says the same of the caller.
            theirs = self.server.review(self.token, ["shop"])
            for member in ("username", "uid", "groups"):
                self.assertEqual(mine["user"][member], theirs["user"][member])
            self.assertEqual(mine["user"]["extra"]["authentication.kubernetes.io/credential-id"],
                             theirs["user"]["extra"]["authentication.kubernetes.io/credential-id"])
        reply = self.gate.call("POST", "/v1/token_review/shop",
                               body={**REVIEW, "spec": {"token": self.elsewhere}})
        self.assertFalse(reply.json["status"]["authenticated"])

    def test_114_exactly_one_credential(self):
        one = ("Authorization", "Bearer " + self.token)
        for surface in ("ext_authz", "auth_request", "forward_auth"):
            path = "/v1/%s/shop" % surface
            self.assertEqual(self.ask(path, [one]).status, 200)
            self.assertEqual(self.ask(path, [one, one]).status, 401)
            self.assertEqual(self.ask(path, {"Authorization": "bearer " + self.token}).status, 200)
            self.assertEqual(self.ask(path, {"Authorization": "Bearer  " + self.token}).status, 401)
            self.assertEqual(
                self.ask(path, [one, ("Cookie", "access_token=" + self.token)]).status, 401)
        uri = "/a?access_token=" + self.token
        for path, headers in (("/v1/ext_authz/shop" + uri, [one]),
                              ("/v1/auth_request/shop", [one, ("X-Original-URI", uri)]),
                              ("/v1/forward_auth/shop", [one, ("X-Forwarded-Uri", uri)])):
            self.assertEqual(self.ask(path, headers).status, 401)

    def test_115_another_scheme_is_challenged_and_not_redirected(self):
        basic = "Basic " + base64.b64encode(b"user:a-password-of-somebody").decode()
        self.server.leaks.add("a-password-of-somebody")
        for headers in ({}, {"Authorization": basic}):
            reply = self.ask("/v1/auth_request/shop", headers)
            self.assertEqual(reply.status, 401)
            self.assertEqual(reply.headers["www-authenticate"], "Bearer")
            self.assertNotIn("location", reply.headers)

    def test_headers_in_any_case_cannot_be_forged(self):
        for name in ("X_AUTH_SUBJECT", "x.auth.subject", "X_Auth-Namespace"):
            headers = self.bearer(self.token, **{name: "root"})
            self.assertEqual(self.ask("/v1/auth_request/shop", headers).status, 401, name)
            reply = self.ask("/v1/ext_authz/shop", headers)
            self.assertIn(name.lower(), reply.headers["x-envoy-auth-headers-to-remove"])
        reply = self.ask("/v1/auth_request/shop", self.bearer(self.token, **{"X-Auth-Pod": "forged"}))
        self.assertEqual(reply.headers["x-auth-pod"], "")

    def test_assertions_name_the_published_key(self):
        reply = self.ask("/v1/auth_request/shop", self.bearer(self.token))
        assertion = reply.headers["x-auth-assertion"]
        claims = harness.claims_of(assertion)
        self.assertEqual((claims["iss"], claims["sub"], claims["aud"]),
                         ("https://gate.example", "k8s/home/ns/default/sa/cart", "shop"))
        kid = harness.header_of(assertion)["kid"]
        keys = self.ask("/v1/assertion/jwks", {}).json["keys"]
        self.assertEqual([key["kid"] for key in keys], [kid])

    def test_curl_asks_as_a_neighbour_would(self):
        out = harness.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                          "Authorization: Bearer " + self.token,
                          "http://%s/v1/forward_auth/shop" % self.gate.places["http"])
        self.assertEqual(out.stdout, "200", out)

    def test_118_nothing_of_a_token_is_logged(self):
        for token in (self.elsewhere, self.forbidden, self.token[:-4] + "AAAA"):
            self.ask("/v1/auth_request/shop", self.bearer(token))
        log = self.gate.log()
        self.assertIn('"reason":"wrong_audience"', log)
        self.assertIn('"reason":"forbidden"', log)
        self.assertIn('"reason":"bad_signature"', log)
        self.assertEqual(self.gate.leaks.found_in(log), [])


class Operator(gate.GateCase):
    def test_status_metrics_and_health(self):
        self.gate.call("GET", "/v1/auth_request/shop", self.bearer(self.token))
        self.gate.call("GET", "/v1/auth_request/shop", self.bearer(self.elsewhere))
        self.assertEqual(self.gate.admin("/healthz").status, 200)
        self.assertEqual(self.gate.admin("/readyz").status, 200)
        metrics = self.gate.admin("/metrics").text
        self.assertRegex(
            metrics, r'signet_gate_checks_total\{result="allowed",surface="auth_request"\} [1-9]')
        self.assertRegex(
            metrics,
            r'signet_gate_checks_total\{result="wrong_audience",surface="auth_request"\} [1-9]')
        issuer = self.gate.status()["issuers"][0]
        self.assertEqual(issuer["url"], self.server.url)
        self.assertEqual(self.gate.call("GET", "/status").status, 404, "not for proxies")

    def test_117_a_change_of_the_policy_is_in_force_and_a_bad_one_changes_nothing(self):
        with gate.Gate(self.server) as running:
            self.wait_for_keys(running)

            def ask(token):
                return running.call("GET", "/v1/auth_request/shop", self.bearer(token)).status
            self.assertEqual(ask(self.forbidden), 403)
            text = gate.policy_for(self.server)
            running.write_policy(text.replace('"c*"', '"*"'))
            eventually(lambda: ask(self.forbidden) == 200)
            running.write_policy("kind: nonsense")
            eventually(lambda: running.status()["policy"]["problems"])
            self.assertEqual(ask(self.forbidden), 200)

    def test_117_readiness_goes_first_and_nothing_is_dropped(self):
        with gate.Gate(self.server, "--shutdown-delay", "600") as running:
            self.wait_for_keys(running)

            def ask():
                return running.call("GET", "/v1/auth_request/shop", self.bearer(self.token)).status
            self.assertEqual(ask(), 200)
            statuses = []
            asking = threading.Event()

            def ask_on():
                while not asking.is_set():
                    statuses.append(ask())

            thread = threading.Thread(target=ask_on)
            thread.start()
            try:
                running.signal_end()
                eventually(lambda: running.admin("/readyz").status == 503)
                seen = len(statuses)
                eventually(lambda: len(statuses) > seen + 5)
            finally:
                asking.set()
                thread.join()
            self.assertEqual(set(statuses), {200})
            running.signal_end()
            self.assertEqual(running.process.wait(gate.LIMIT), 0)

    def test_a_socket_file_serves_as_well(self):
        path = os.path.join(self.gate.directory, "gate.sock")
        with gate.Gate(self.server, http="unix:" + path) as running:
            self.wait_for_keys(running)
            reply = running.call("GET", "/v1/auth_request/shop", self.bearer(self.token))
            self.assertEqual(reply.status, 200)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertFalse(os.path.exists(path))

    def test_issuers_that_cannot_be_reached_are_a_503_and_not_a_401(self):
        policy = gate.policy_for(self.server).replace("127.0.0.1/32", "127.0.0.2/32")
        with gate.Gate(self.server, policy=policy) as running:
            reply = running.call("GET", "/v1/forward_auth/shop", self.bearer(self.token))
            self.assertEqual(reply.status, 503, reply)
            self.assertGreaterEqual(int(reply.headers["retry-after"]), 1)
            reply = running.call("GET", "/v1/auth_request/shop?unavailable=403",
                                 self.bearer(self.token))
            self.assertEqual((reply.status, reply.headers["x-auth-error"]),
                             (403, "keys_unavailable"))

    def test_what_cannot_start_says_why(self):
        missing = harness.run(harness.SIGNET, "gate", "--policy", "/nosuch", "--http", "127.0.0.1:0")
        self.assertEqual(missing.returncode, 1)
        self.assertEqual(missing.stderr.count("/nosuch"), 1, missing.stderr)
        for flags in (["--http", "0.0.0.0:0"], ["--http", "nowhere"], []):
            out = harness.run(harness.SIGNET, "gate", "--policy", self.gate.policy_file, *flags)
            self.assertNotEqual(out.returncode, 0, flags)
            self.assertTrue(out.stderr)


class Algorithms(gate.GateCase):
    """From a token that openssl signed to the verdict of a route."""

    POLICY = """\
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: every}
spec:
  url: https://every.example
  cluster: every
  keys: {jwks: '%(keys)s'}
  tokens: {algorithms: [%(names)s]}
---
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: usual}
spec: {url: "https://usual.example", cluster: usual, keys: {jwks: '%(keys)s'}}
---
apiVersion: signet.dev/v1
kind: Route
metadata: {name: shop}
spec: {audiences: {new: [shop]}, subjects: [{namespace: default, name: cart}]}
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.mkdtemp(prefix="signet-e2e-")
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.keys = [openssl.SigningKey(directory, name) for name in openssl.ALGORITHMS]
        # What is slow to check may take its time here.
        cls.judge = gate.Gate(cls.server, "--deadline-ms", "30000", policy=cls.POLICY % {
            "keys": json.dumps({"keys": [key.jwk() for key in cls.keys]}),
            "names": ", ".join(openssl.ALGORITHMS)})
        cls.addClassCleanup(cls.judge.close)

    def verdict(self, token):
        reply = self.judge.call("GET", "/v1/auth_request/shop", self.bearer(token))
        return reply.headers["x-auth-subject" if reply.status == 200 else "x-auth-error"]

    def claims(self, issuer):
        return dict(harness.claims_of(self.token), iss="https://%s.example" % issuer)

    def test_019_every_algorithm_is_accepted_where_its_issuer_may_use_it(self):
        for key in self.keys:
            with self.subTest(key.algorithm):
                token = key.token(self.claims("every"))
                self.assertEqual(self.verdict(token), "k8s/every/ns/default/sa/cart")
                head, payload, signature = token.split(".")
                flipped = bytearray(harness.b64url_decode(signature))
                flipped[-1] ^= 1
                forged = ".".join((head, payload, harness.b64url(flipped)))
                self.assertEqual(self.verdict(forged), "bad_signature")

    def test_020_no_other_than_those_of_its_issuer_is(self):
        for key in self.keys:
            usual = key.algorithm in ("RS256", "ES256")
            self.assertEqual(self.verdict(key.token(self.claims("usual"))),
                             "k8s/usual/ns/default/sa/cart" if usual else "unsupported",
                             key.algorithm)

    def test_024_a_salt_is_as_long_as_the_digest(self):
        for key in self.keys:
            if key.algorithm.startswith("PS"):
                token = key.token(self.claims("every"), salt="20")
                self.assertEqual(self.verdict(token), "bad_signature", key.algorithm)


class Tls(gate.GateCase):
    """With a certificate, and only for peers who have one too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pki = cls.server.path("pki")
        cls.files = {name: os.path.join(cls.gate.directory, name) for name in ("tls.crt", "tls.key")}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", cls.files["tls.key"], "-out",
                        cls.files["tls.crt"], "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-days", "2"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.secure = gate.Gate(cls.server, "--tls-cert", cls.files["tls.crt"], "--tls-key",
                               cls.files["tls.key"], "--client-ca", os.path.join(pki, "ca.crt"))
        cls.addClassCleanup(cls.secure.close)

    def curl(self, *flags):
        return harness.run("curl", "-s", "--cacert", self.files["tls.crt"], "-w", "%{http_code}", "-o",
                           "/dev/null", "-H", "Authorization: Bearer " + self.token, *flags,
                           "https://%s/v1/auth_request/shop" % self.secure.places["http"]).stdout

    def test_only_peers_with_a_certificate_are_answered(self):
        self.assertEqual(self.curl(), "403")
        certificate = ("--cert", self.server.path("pki", "admin.crt"), "--key",
                       self.server.path("pki", "admin.key"))
        eventually(lambda: self.curl(*certificate) == "200")


if __name__ == "__main__":
    harness.main()
