#!/usr/bin/env python3
"""Tokens of ours before relying parties that others made, and tokens that others made before `signet verify`.

relying_party.mjs, .go and .py each answer one question on standard input. To
  {"do": "verify", "issuer", "ca", "audience", "tokens"}
they say for each of their libraries whom each token is for, "" where it is refused; to
  {"do": "sign", "claims"}
they say for each library the public keys it made and the claims signed with each algorithm.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402
import https  # noqa: E402

SUBJECT = "system:serviceaccount:s:web"
AUDIENCE = "vault"


def source(name):
    return os.path.join(HERE, name)


def left_out(why):
    print("without one of the relying parties: " + why, flush=True)


def javascript():
    node, npm = clients.program("node"), clients.program("npm")
    locks = [source("package.json"), source("package-lock.json")]
    said = subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    if int(re.match(r"v(\d+)", said).group(1)) < 20:
        return left_out("node is %s, openid-client needs 20" % said)
    with clients.installed("relying_parties_js", *locks, salt=said) as (directory, stale):
        if stale:
            for lock in locks:
                shutil.copy(lock, directory)
            clients.fetch(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=directory)
        shutil.copy(source("relying_party.mjs"), directory)  # modules are looked up from where it lies
    return [node, os.path.join(directory, "relying_party.mjs")]


def go():
    program, environment, said, version = clients.go_toolchain()
    if version < (1, 25):
        return left_out("go is %s, go-oidc needs 1.25" % said)
    sources = [source(name) for name in ("go.mod", "go.sum", "relying_party.go")]
    with clients.installed("relying_parties_go", *sources, salt=said) as (directory, stale):
        binary = os.path.join(directory, "relying_party")
        if stale:
            clients.fetch(program, "mod", "download", cwd=HERE, env=environment)
            if not clients.step(program, "build", *clients.GO_BUILD_FLAGS, "-o", binary, ".", cwd=HERE,
                                env=environment):
                sys.exit(1)
    return [binary]


def python():
    requirements = source("requirements.txt")
    with clients.installed("relying_parties_py", requirements, salt=sys.version) as (directory, stale):
        interpreter = os.path.join(directory, "bin", "python3")
        if stale:
            if not clients.step(sys.executable, "-m", "venv", directory):
                clients.leave_out("python3 cannot make a virtual environment")
            clients.fetch(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                          "--require-hashes", "--only-binary", ":all:", "-r", requirements)
    return [interpreter, "-B", source("relying_party.py")]


class RelyingParties(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.programs = [command for command in (javascript(), go(), python()) if command]

    def ask(self, question, ca=None):
        """The answers of all programs, by library."""
        answers = {}
        for command in self.programs:
            environment = dict(os.environ, **({"NODE_EXTRA_CA_CERTS": ca} if ca else {}))
            result = harness.run(*command, stdin=json.dumps(question), env=environment)
            self.assertEqual(result.returncode, 0, result)
            answers.update(json.loads(result.stdout))
        return answers

    def test_tokens_of_ours_are_believed_by_others(self):
        for algorithm in ("RS256", "ES256"):
            flags = ("--anonymous-discovery", "true", "--signing-algorithm", algorithm)
            with harness.Server(*flags) as server, harness.Server(*flags) as stranger:
                for each in (server, stranger):
                    each.namespace("s")
                    each.account("s", "web")
                good = server.token("s", "web", {"audiences": [AUDIENCE]})
                several = server.token("s", "web", {"audiences": ["other", AUDIENCE]})
                head, payload, signature = good.split(".")
                claims = dict(harness.claims_of(good), sub="system:serviceaccount:s:root")
                refused = {
                    "another audience": server.token("s", "web", {"audiences": ["bank"]}),
                    "another issuer": stranger.token("s", "web", {"audiences": [AUDIENCE]}),
                    "another payload": ".".join((head, harness.b64url(json.dumps(claims).encode()), signature)),
                    "another signature": ".".join((head, payload, signature[:-8] + "AAAAAAAA")),
                    "no signature": ".".join((harness.b64url(b'{"alg":"none"}'), payload, "")),
                }
                ca = server.path("pki", "ca.crt")
                answers = self.ask({"do": "verify", "issuer": server.url, "ca": ca, "audience": AUDIENCE,
                                    "tokens": [good, several, *refused.values()]}, ca)
                for library, subjects in answers.items():
                    with self.subTest(library=library, algorithm=algorithm):
                        # OpenID Connect Core 3.1.3.7: an ID token of several audiences would need azp.
                        expected = "" if library == "openid-client" else SUBJECT
                        self.assertEqual(subjects, [SUBJECT, expected, *[""] * len(refused)])

    def test_tokens_of_others_are_believed_by_us(self):
        host = https.StaticHost()
        self.addCleanup(host.close)
        now = int(time.time())
        claims = {"iss": "", "aud": [AUDIENCE], "sub": SUBJECT, "iat": now, "nbf": now, "exp": now + 600,
                  "kubernetes.io": {"namespace": "s", "serviceaccount": {"name": "web", "uid": "1"}}}

        def publish(name, text):
            path = os.path.join(host.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        claims["iss"] = host.url
        for library, made in self.ask({"do": "sign", "claims": claims}).items():
            publish("keys", json.dumps(made["jwks"]))
            publish(".well-known/openid-configuration",
                    json.dumps({"issuer": host.url, "jwks_uri": host.url + "/keys"}))
            self.assertEqual(sorted(made["tokens"]), ["ES256", "ES384", "ES512", "RS256"])
            for algorithm, token in made["tokens"].items():
                head, payload, signature = token.split(".")
                forged = ".".join((head, payload, signature[:-8] + "AAAAAAAA"))
                for text, believed in ((token, True), (forged, False)):
                    with self.subTest(library=library, algorithm=algorithm, believed=believed):
                        told = harness.signet("verify", text, "--issuer", host.url, "--audience", AUDIENCE, "--ca",
                                              host.ca, "-o", "json")
                        self.assertEqual(told.returncode, 0 if believed else 1, told)
                        self.assertEqual(json.loads(told.stdout)["verified"], believed)


if __name__ == "__main__":
    harness.main()
