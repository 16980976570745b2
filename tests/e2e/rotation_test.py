#!/usr/bin/env python3
"""Signing keys rotate, and nobody who believes in tokens notices.

Reviews go on at 200 a second, and a relying party that keeps keys for as long as it may checks with
the openssl program, while five rotations pass on the server's clock. The server is killed in the
middle of rotations, and the issuer changes while tokens of both are about.
"""
import http.client
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
import openssl  # noqa: E402

HOUR = 3600
DAY = 24 * HOUR
MAX_AGE = 3600  # what the server's Cache-Control says
PUBLISH = MAX_AGE + 60
STEP = 300
ROTATIONS = 5
REVIEWS_A_SECOND = 200
KILLS = 4 if os.environ.get("SIGNET_SANITIZE") else 12
KEYS = "/signet/v1/keys"


def keys_command(server, *arguments):
    return harness.signet("keys", *arguments, "--kubeconfig", server.kubeconfig, "-o", "json")


def by_state(listed):
    found = {}
    for key in listed["keys"]:
        found.setdefault(key["state"], []).append(key["kid"])
    return found


def key_set(server):
    return server.get("/openid/v1/jwks", headers={"Accept": "application/jwk-set+json"})


def kid_of(token):
    return harness.header_of(token)["kid"]


class RelyingParty:
    """Knows the key set only, and asks for it again only when it may keep it no longer."""

    def __init__(self, server):
        self.server = server
        self.fetched_at = None
        self.fetches = 0

    def check(self, token, now):
        if self.fetched_at is None or now >= self.fetched_at + self.max_age:
            reply = key_set(self.server)
            directives = dict(part.strip().partition("=")[::2]
                              for part in reply.headers["cache-control"].split(","))
            self.max_age = int(directives["max-age"])
            self.keys = {key["kid"]: key for key in reply.json["keys"]}
            self.fetched_at = now
            self.fetches += 1
        key = self.keys.get(kid_of(token))
        return key is not None and openssl.verifies(token, key)


class Reviewers:
    """Asks for reviews of whatever tokens are known, at a steady rate, on connections of its own."""

    def __init__(self, server, threads=4):
        self.server = server
        self.tokens = []
        self.wrong = []
        self.reviews = 0
        self.ended = threading.Event()
        self.interval = threads / REVIEWS_A_SECOND
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(threads)]

    def run(self, seed):
        choice = random.Random(seed).choice
        due = time.monotonic()
        with self.server.session() as session:
            while not self.ended.is_set():
                reply = session.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews",
                                     {"spec": {"token": choice(self.tokens)}})
                if reply.status != 201 or not reply.json["status"].get("authenticated"):
                    self.wrong.append(repr(reply))
                self.reviews += 1
                due = max(due + self.interval, time.monotonic() - 1)
                time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class UnderLoad(unittest.TestCase):
    def test_five_rotations_are_seen_by_nobody(self):
        with harness.Server("--key-publish-period", str(PUBLISH), "--signing-algorithm", "ES256",
                            clock=True) as server:
            self.server = server
            self.now = 0
            party = RelyingParty(server)
            reviewers = Reviewers(server)
            reviewers.tokens.append(self.long_token())
            self.assertTrue(party.check(reviewers.tokens[0], self.now))
            with reviewers:
                for number in range(ROTATIONS):
                    self.rotate(party, reviewers, "RS256" if number == 2 else "ES256")
                enough = max(reviewers.reviews + 200, 1000)
                harness.eventually(lambda: reviewers.reviews >= enough, 120)
            self.assertEqual(reviewers.wrong, [])
            kids = {kid_of(token) for token in reviewers.tokens}
            self.assertEqual(len(kids), ROTATIONS + 1)
            # As many as the hours that went by, not one more: it never had to look early.
            self.assertLessEqual(party.fetches, 2 + self.now // MAX_AGE)
            # When the last token of a key is over, so is the key.
            self.move(9 * DAY)
            left = server.get(KEYS).json
            self.assertEqual(set(by_state(left)), {"signing", "gone"}, left)
            self.assertEqual(len(key_set(server).json["keys"]), 1)

    def long_token(self):
        return self.server.token("default", "default", {"expirationSeconds": 3 * DAY})

    def move(self, by):
        self.now += by
        self.server.move_clock(self.now)

    def rotate(self, party, reviewers, algorithm):
        result = keys_command(self.server, "rotate", "--algorithm", algorithm)
        self.assertEqual(result.returncode, 0, result.stderr)
        before = by_state(json.loads(result.stdout))
        (new,) = before["published"]
        (old,) = before["signing"]
        again = keys_command(self.server, "rotate")
        self.assertEqual(again.returncode, 1)
        self.assertIn("a rotation is under way", again.stderr)
        for _ in range(0, PUBLISH, STEP):
            self.assertEqual(kid_of(self.long_token()), old)
            self.move(STEP)
            fresh = self.server.token("default", "default")
            self.assertTrue(party.check(fresh, self.now), fresh)
            self.assertTrue(party.check(random.choice(reviewers.tokens), self.now))
        after = by_state(self.server.get(KEYS).json)
        self.assertEqual(after["signing"], [new])
        self.assertIn(old, after["retiring"])
        reviewers.tokens.append(self.long_token())
        self.assertEqual(kid_of(reviewers.tokens[-1]), new)
        self.assertTrue(party.check(reviewers.tokens[-1], self.now))


class Kills(unittest.TestCase):
    """What was answered before a kill holds after it."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="signet-rotation-")
        self.addCleanup(shutil.rmtree, self.root)
        self.random = random.Random(os.environ.get("SEED"))
        self.tokens = {}  # kid -> a token that was answered
        self.retired = {}  # the same, of keys that were retired for good
        self.under_way = None  # the key whose retirement was not answered

    def start(self):
        return harness.Server("--service-account-issuer", "https://issuer.example.com",
                              "--signing-algorithm", "ES256",
                              data=os.path.join(self.root, "data"))

    def rotate_until_killed(self, server):
        try:
            with server.session() as session:
                while True:
                    self.step(session)
        except (OSError, http.client.HTTPException):
            pass  # killed

    def step(self, session):
        seconds = self.random.choice([HOUR, 3 * HOUR, 3 * DAY, 40 * DAY, 400 * DAY])
        reply = session.call("POST", "/api/v1/namespaces/default/serviceaccounts/default/token",
                             {"spec": {"expirationSeconds": seconds}})
        self.assertEqual(reply.status, 201, reply)
        token = reply.json["status"]["token"]
        self.tokens[kid_of(token)] = token
        if len(self.tokens) > 6:
            signing = kid_of(token)
            self.under_way = next(kid for kid in self.tokens if kid != signing)
            reply = session.call("POST", KEYS + "/retire", {"kid": self.under_way, "now": True})
            self.assertEqual(reply.status, 200, reply)
            self.retired[self.under_way] = self.tokens.pop(self.under_way)
            self.under_way = None
        reply = session.call("POST", KEYS + "/rotate", {"now": self.random.random() < 0.7})
        if reply.status == 409:  # one was under way
            reply = session.call("POST", KEYS + "/rotate", {"now": True})
        self.assertEqual(reply.status, 200, reply)

    def check(self, server):
        states = by_state(server.get(KEYS).json)
        self.assertEqual(len(states["signing"]), 1, states)
        self.assertLessEqual(len(states.get("published", [])), 1, states)
        if self.under_way is not None:
            token = self.tokens.pop(self.under_way)
            if server.review(token).get("authenticated"):
                self.tokens[self.under_way] = token
            self.under_way = None
        for kid, token in self.tokens.items():
            self.assertTrue(server.review(token).get("authenticated"), (kid, states))
        for kid, token in self.retired.items():
            self.assertFalse(server.review(token).get("authenticated"), (kid, states))
        with open(server.path("signing", "keys.json"), encoding="ascii") as file:
            book = json.load(file)
        named = {key["file"] for key in book["keys"] if key["state"] != "gone"}
        self.assertEqual(set(os.listdir(server.path("signing"))), named | {"keys.json"})

    def test_a_ring_is_whole_after_every_kill(self):
        for number in range(KILLS):
            with self.subTest(kill=number), self.start() as server:
                self.check(server)
                thread = threading.Thread(target=self.rotate_until_killed, args=(server,))
                thread.start()
                time.sleep(0.05 + self.random.random() / 2)
                server.kill()
                thread.join()
        with self.start() as server:
            self.check(server)
            self.assertEqual(server.log(), "")
        self.assertGreater(len(self.tokens) + len(self.retired), KILLS / 2)


class Files(unittest.TestCase):
    """Keys that somebody else manages: the openssl program makes them, the server follows."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="signet-files-")
        self.addCleanup(shutil.rmtree, self.root)
        for name in ("old", "new"):
            for arguments in (("ecparam", "-name", "prime256v1", "-genkey", "-out", name + ".key"),
                              ("ec", "-in", name + ".key", "-pubout", "-out", name + ".pub")):
                result = harness.run("openssl", *arguments, cwd=self.root)
                self.assertEqual(result.returncode, 0, result.stderr)

    def put(self, target, *sources):
        text = ""
        for source in sources:
            with open(os.path.join(self.root, source), encoding="ascii") as file:
                text += file.read()
        with open(os.path.join(self.root, "next"), "w", encoding="ascii") as file:
            file.write(text)
        os.replace(os.path.join(self.root, "next"), os.path.join(self.root, target))

    def test_keys_in_files_rotate_without_a_restart(self):
        self.put("sign.pem", "old.key")
        self.put("verify.pem", "old.pub")
        with harness.Server(
                "--service-account-signing-key-file", os.path.join(self.root, "sign.pem"),
                "--service-account-key-file", os.path.join(self.root, "verify.pem")) as server:
            old = server.token("default", "default")
            refused = keys_command(server, "rotate")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("add the new public key to a file", refused.stderr)

            self.put("verify.pem", "old.pub", "new.pub")
            harness.eventually(lambda: len(key_set(server).json["keys"]) == 2)
            self.put("sign.pem", "new.key")
            harness.eventually(
                lambda: kid_of(server.token("default", "default")) != kid_of(old))
            new = server.token("default", "default")
            for token in (old, new):
                self.assertTrue(server.review(token).get("authenticated"))

            self.put("sign.pem", "new.pub")  # no private key
            harness.eventually(lambda: "the signing keys stay as they were" in server.log())
            self.assertEqual(kid_of(server.token("default", "default")), kid_of(new))
            self.put("sign.pem", "new.key")
            self.put("verify.pem", "new.pub")
            harness.eventually(lambda: not server.review(old).get("authenticated"))
            self.assertTrue(server.review(new).get("authenticated"))


class Issuers(unittest.TestCase):
    """The procedure of docs/keys.md, between two servers on one data directory."""

    OLD = "https://old.example.com"
    NEW = "https://new.example.com"

    def test_an_issuer_is_changed_while_tokens_of_both_are_about(self):
        root = tempfile.mkdtemp(prefix="signet-issuer-")
        self.addCleanup(shutil.rmtree, root)
        data = os.path.join(root, "data")

        def serve(*issuers):
            flags = [flag for issuer in issuers for flag in ("--service-account-issuer", issuer)]
            return harness.Server(*flags, "--signing-algorithm", "ES256", data=data)

        with serve(self.OLD) as server:
            old = server.token("default", "default")
            old_document = server.get("/.well-known/openid-configuration").json
        with serve(self.NEW, self.OLD) as server:
            new = server.token("default", "default")
            self.assertEqual(harness.claims_of(old)["iss"], self.OLD)
            self.assertEqual(harness.claims_of(new)["iss"], self.NEW)
            # Both audiences are the server's own: clients go on with either token.
            for token in (old, new):
                status = server.review(token)
                self.assertTrue(status.get("authenticated"), status)
                self.assertEqual(server.get("/api", token=token).status, 200)
            document = server.get("/.well-known/openid-configuration").json
            self.assertEqual(document["issuer"], self.NEW)
            # Offline: one key set for both; the old document differs in nothing but its issuer,
            # so a copy of it serves whoever still asks for it.
            keys = {key["kid"]: key for key in key_set(server).json["keys"]}
            for token in (old, new):
                self.assertTrue(openssl.verifies(token, keys[kid_of(token)]))
            old_document.pop("issuer"), document.pop("issuer")
            old_document.pop("jwks_uri"), document.pop("jwks_uri")  # of this test's other port
            self.assertEqual(old_document, document)
        with serve(self.NEW) as server:
            self.assertTrue(server.review(new).get("authenticated"))
            self.assertFalse(server.review(old).get("authenticated"))

    def test_issuers_that_cannot_be_are_refused_at_the_start(self):
        def why(*flags):
            with tempfile.TemporaryDirectory(prefix="signet-issuer-") as directory:
                result = harness.signet("serve", "--data-dir", directory, "--listen", "127.0.0.1:0",
                                        *flags)
            self.assertNotEqual(result.returncode, 0)
            return result.stderr

        issuer = "--service-account-issuer"
        self.assertIn("given twice", why(issuer, self.OLD, issuer, self.NEW, issuer, self.OLD))
        self.assertIn("empty", why(issuer, ""))
        self.assertIn("is no URL", why(issuer, ":bad"))
        self.assertIn("must be an https URL", why("--service-account-jwks-uri", "http://x"))
        maximum = "--service-account-max-token-expiration"
        for value in ("3599", "59m", "4294967297"):
            self.assertIn("the service-account-max-token-expiration must be between 1 hour and 2^32 "
                          "seconds", why(maximum, value))
        self.assertIn("at least 3660 seconds", why("--key-publish-period", "1h"))


if __name__ == "__main__":
    harness.main()
