#!/usr/bin/env python3
"""Tokens of other issuers, as --authentication-config says: another signet, and one made of openssl."""
import http.server
import json
import os
import shutil
import tempfile
import threading
import time

import harness
import https
from harness import b64url, eventually
from openssl import command as openssl

WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


class SigningKey:
    """An RSA key of the openssl program: how it is published, and what it signs."""

    def __init__(self, directory, kid):
        self.kid = kid
        self.path = os.path.join(directory, kid + ".pem")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path)
        modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip()
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": "AQAB",
                    "n": b64url(bytes.fromhex(modulus.split("=")[1]))}

    def public_pem(self):
        return openssl("pkey", "-in", self.path, "-pubout")

    def sign(self, claims, **header):
        head = {"alg": "RS256", "kid": self.kid, **header}
        text = ".".join(b64url(json.dumps(part).encode()) for part in (head, claims)).encode()
        signature = openssl("dgst", "-sha256", "-sign", self.path, data=text)
        return text.decode() + "." + b64url(signature)


class Issuer:
    """An OpenID Connect issuer over HTTPS; counts who asks for its keys."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="signet-e2e-issuer-")
        https.make_certificates(self.directory)
        self.first = SigningKey(self.directory, "first")
        self.second = SigningKey(self.directory, "second")
        self.published = [self.first]
        self.key_fetches = 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answers = {"/.well-known/openid-configuration":
                           {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"},
                           "/keys": {"keys": [key.jwk for key in issuer.published]}}
                issuer.key_fetches += self.path == "/keys"
                body = json.dumps(answers.get(self.path, {})).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        https.wrap(self.server, self.directory)
        self.url = "https://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def ca(self):
        with open(os.path.join(self.directory, "ca.crt"), encoding="ascii") as file:
            return file.read()

    def claims(self, **more):
        return {"iss": self.url, "aud": "signet", "sub": "jane", "exp": int(time.time()) + 600, **more}

    def token(self, key=None, **more):
        return (key or self.first).sign(self.claims(**more))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        shutil.rmtree(self.directory)


def entry(url, ca, audiences=("signet",), **more):
    return {"issuer": {"url": url, "certificateAuthority": ca, "audiences": list(audiences)},
            "claimMappings": {"username": {"claim": "sub", "prefix": "oidc:"}}, **more}


class OidcCase(harness.ServerCase):
    """A server that follows a file, an issuer that is up, and the address of one that is down."""

    @classmethod
    def setUpClass(cls):
        cls.issuer = Issuer()
        cls.addClassCleanup(cls.issuer.close)
        cls.config = os.path.join(cls.issuer.directory, "authentication.json")
        cls.write(cls.base())
        cls.flags = ("--authentication-config", cls.config, "-v")
        super().setUpClass()
        eventually(lambda: cls.who(cls.issuer.token()) is not None)

    @classmethod
    def base(cls):
        mapped = entry(cls.issuer.url, cls.issuer.ca)
        mapped["claimMappings"]["groups"] = {"expression": "claims.?roles.orValue([])"}
        mapped["claimMappings"]["extra"] = [
            {"key": "example.com/tenant", "valueExpression": "claims.?tenant.orValue('')"}]
        mapped["userValidationRules"] = [
            {"expression": "user.groups.all(group, !group.startsWith('system:'))",
             "message": "groups cannot use the reserved system: prefix"}]
        return [mapped, entry("https://127.0.0.1:1", cls.issuer.ca)]

    @classmethod
    def write(cls, jwt, **more):
        text = json.dumps({"apiVersion": "apiserver.config.k8s.io/v1",
                           "kind": "AuthenticationConfiguration", "jwt": jwt, **more})
        cls.write_text(text)

    @classmethod
    def write_text(cls, text):
        with open(cls.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(cls.config + ".new", cls.config)

    @classmethod
    def ask(cls, token):
        return cls.server.post(WHO_AM_I, {}, token=token)

    @classmethod
    def who(cls, token):
        """The user the server sees, or None for 401."""
        reply = cls.ask(token)
        if reply.status == 401:
            return None
        assert reply.status == 201, reply
        return reply.json["status"]["userInfo"]

    def reason(self, token):
        status = self.server.review(token)
        self.assertNotIn("authenticated", status)
        return status["error"]

    def assert_refused(self, token, reason):
        self.assert_status(self.ask(token), 401, "Unauthorized", "Unauthorized")
        self.assertIn(reason, self.reason(token))


class Tokens(OidcCase):

    def test_a_token_becomes_the_user_that_the_mappings_make(self):
        user = self.who(self.issuer.token(roles=["dev", ""], tenant="blue"))
        self.assertEqual(user, {"username": "oidc:jane", "groups": ["dev", "system:authenticated"],
                                "extra": {"example.com/tenant": ["blue"]}})

    def test_a_review_asks_the_same_chain(self):
        status = self.server.review(self.issuer.token())
        self.assertTrue(status["authenticated"], status)
        self.assertEqual(status["user"]["username"], "oidc:jane")
        self.assertEqual(status["audiences"], [self.server.url])
        refused = self.server.review(self.issuer.token(), ["vault"])
        self.assertEqual(refused["error"], "invalid bearer token")

    def test_a_rule_keeps_foreign_users_out_of_our_groups(self):
        self.assert_refused(self.issuer.token(roles=["system:masters"]), "oidc: error evaluating user "
                            "info validation rule: validation expression 'user.groups.all(group, "
                            "!group.startsWith('system:'))' failed: groups cannot use the reserved "
                            "system: prefix")

    def test_tokens_that_are_over_or_for_somebody_else_are_refused(self):
        self.assert_refused(self.issuer.token(exp=1000000000), "oidc: verify token: oidc: token is "
                            "expired (Token Expiry: 2001-09-09 01:46:40 +0000 UTC)")
        self.assert_refused(self.issuer.token(aud="vault"),
                            'oidc: verify token: oidc: expected audience "signet" got ["vault"]')
        self.assert_refused(self.issuer.token(nbf=int(time.time()) + 600), "before the nbf")

    def test_forged_tokens_are_refused(self):
        bad = "failed to verify signature"
        issuer = self.issuer
        self.assert_refused(issuer.second.sign(issuer.claims(), kid="first"), bad)
        head, payload, signature = issuer.token().split(".")
        other = b64url(json.dumps(issuer.claims(sub="admin")).encode())
        self.assert_refused(".".join((head, other, signature)), bad)
        none = b64url(json.dumps({"alg": "none", "kid": "first"}).encode())
        self.assert_refused(".".join((none, payload, "AAAA")), "unsupported algorithm")
        self.assert_status(self.ask(".".join((none, payload, ""))), 401)
        # The public key as the secret of an HMAC.
        text = ".".join((b64url(b'{"alg":"HS256","kid":"first"}'), payload))
        mac = openssl("dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt",
                      "hexkey:" + issuer.first.public_pem().hex(), data=text.encode())
        self.assert_refused(text + "." + b64url(mac), "unsupported algorithm")
        embedded = issuer.second.sign(issuer.claims(), kid="first", jwk=issuer.second.jwk)
        self.assert_refused(embedded, bad)

    def test_tokens_of_issuers_nobody_configured_are_nobodys(self):
        for url in (self.issuer.url + "/", self.issuer.url.upper(), "http://169.254.169.254/"):
            self.assert_status(self.ask(self.issuer.first.sign(self.issuer.claims(iss=url))), 401)
            self.assertEqual(self.reason(self.issuer.first.sign(self.issuer.claims(iss=url))),
                             "invalid bearer token")

    def test_an_issuer_that_is_down_hurts_only_its_own(self):
        token = self.issuer.first.sign(self.issuer.claims(iss="https://127.0.0.1:1"))
        self.assert_refused(token, "oidc: authenticator not initialized")
        self.assertIn("oidc: authenticator not initialized", self.server.log())
        self.assertIn("connection refused", self.server.log())
        self.assertIsNotNone(self.who(self.issuer.token()))

    def test_a_flood_of_unknown_keys_is_one_fetch(self):
        before = self.issuer.key_fetches
        for number in range(40):
            token = self.issuer.second.sign(self.issuer.claims(), kid="unknown-%d" % number)
            self.assertIsNone(self.who(token))
        self.assertLessEqual(self.issuer.key_fetches, before + 2)

    def test_a_new_key_is_found_when_somebody_uses_it(self):
        token = self.issuer.token(self.issuer.second)
        self.assertIsNone(self.who(token))
        self.issuer.published.append(self.issuer.second)
        self.addCleanup(self.issuer.published.remove, self.issuer.second)
        eventually(lambda: self.who(token), limit=60)

    def test_no_part_of_a_token_is_in_the_log(self):
        token = self.issuer.token(exp=1000000000)
        self.assertIsNone(self.who(token))
        for part in token.split("."):
            self.assertNotIn(part, self.server.log())


class Reload(OidcCase):

    def setUp(self):
        self.addCleanup(self.restore)

    def restore(self):
        self.write(self.base())
        eventually(lambda: (self.who(self.issuer.token()) or {}).get("username") == "oidc:jane")

    def reloads(self, status):
        name = "apiserver_authentication_config_controller_automatic_reloads_total"
        for line in self.server.get("/metrics").text.splitlines():
            if line.startswith('%s{status="%s"}' % (name, status)):
                return float(line.split()[-1])
        return 0

    def test_a_good_file_is_in_force_at_once_and_asks_for_no_keys_again(self):
        fetches = self.issuer.key_fetches
        renamed = entry(self.issuer.url, self.issuer.ca)
        renamed["claimMappings"]["username"] = {"expression": "'x-' + claims.sub"}
        self.write([renamed])
        eventually(lambda: (self.who(self.issuer.token()) or {}).get("username") == "x-jane")
        self.assertEqual(self.issuer.key_fetches, fetches)

    def test_an_issuer_that_is_taken_out_is_nobody(self):
        token = self.issuer.token()
        self.assertIsNotNone(self.who(token))
        self.write([])
        eventually(lambda: self.who(token) is None)
        self.assertEqual(self.reason(token), "invalid bearer token")

    def test_a_bad_file_changes_nothing_and_is_told(self):
        overlapping = [entry(self.server.url, self.issuer.ca)]
        mistyped = [entry(self.issuer.url, self.issuer.ca,
                          claimValidationRules=[{"expression": "claims.on"}])]
        for bad, told in (("{", "JSON"), (overlapping, "must not overlap with disallowed issuers"),
                          (mistyped, "must evaluate to bool")):
            failures = self.reloads("failure")
            self.write_text(bad) if isinstance(bad, str) else self.write(bad)
            eventually(lambda seen=failures: self.reloads("failure") == seen + 1)
            self.assertIsNotNone(self.who(self.issuer.token()))
        log = self.server.log()
        self.assertIn("authentication configuration stays as it was", log)
        self.assertIn("URL must not overlap with disallowed issuers: [%s]" % self.server.url, log)


class Start(OidcCase):

    def serve(self, *flags):
        with tempfile.TemporaryDirectory(prefix="signet-e2e-") as data:
            return harness.signet("serve", "--data-dir", data, "--listen", "127.0.0.1:0", *flags)

    def test_with_a_bad_file_there_is_none(self):
        path = os.path.join(self.issuer.directory, "bad.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
                       "jwt:\n- issuer: {url: http://a, audiences: [a]}\n")
        result = self.serve("--authentication-config", path)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn('jwt[0].issuer.url: Invalid value: "http://a": URL scheme must be https',
                      result.stderr)
        self.assertIn("jwt[0].claimMappings.username: Required value: claim or expression is required",
                      result.stderr)

    def test_the_file_says_who_may_come_without_a_credential(self):
        path = os.path.join(self.issuer.directory, "anonymous.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
                       "anonymous: {enabled: true, conditions: [{path: /livez}]}\n")
        with harness.Server("--authentication-config", path) as server:
            self.assertEqual(server.get("/livez", who="anonymous").status, 200)
            self.assertEqual(server.get("/readyz", who="anonymous").status, 401)
        result = self.serve("--authentication-config", path, "--anonymous-auth", "false")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("--anonymous-auth flag cannot be set when anonymous field is configured",
                      result.stderr)


class Federation(harness.ServerCase):
    """The service accounts of one signet are users of another, which only knows its address."""

    flags = ("--anonymous-discovery", "true")

    def test_an_account_of_one_cluster_is_a_user_of_the_other(self):
        self.server.namespace("f")
        self.server.account("f", "web")
        token = self.server.token("f", "web", {"audiences": ["other-cluster"]})
        with open(self.server.path("pki", "ca.crt"), encoding="ascii") as file:
            trusted = entry(self.server.url, file.read(), ["other-cluster"])
        trusted["claimMappings"] = {
            "username": {"expression": "'cluster-a:' + claims['kubernetes.io'].namespace + ':' + "
                                       "claims['kubernetes.io'].serviceaccount.name"},
            "uid": {"expression": "claims['kubernetes.io'].serviceaccount.uid"}}
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as config:
            json.dump({"apiVersion": "apiserver.config.k8s.io/v1beta1",
                       "kind": "AuthenticationConfiguration", "jwt": [trusted]}, config)
            config.flush()
            with harness.Server("--authentication-config", config.name) as other:
                reply = eventually(lambda: [found for found in [other.post(WHO_AM_I, {}, token=token)]
                                            if found.status == 201])[0]
                user = reply.json["status"]["userInfo"]
                self.assertEqual(user["username"], "cluster-a:f:web")
                account = self.server.get("/api/v1/namespaces/f/serviceaccounts/web").json
                self.assertEqual(user["uid"], account["metadata"]["uid"])
                for spec in ({}, {"audiences": ["third-cluster"]}):
                    wrong = self.server.token("f", "web", spec)
                    self.assertEqual(other.post(WHO_AM_I, {}, token=wrong).status, 401)


if __name__ == "__main__":
    harness.main()
