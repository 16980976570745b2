#!/usr/bin/env python3
"""Signers that others made: Go's gRPC with Kubernetes' own messages (main.go), kind and hostile.

Before `signet serve` it is the signer, which does what a test tells it; before `signet signer` it asks
what a kube-apiserver asks. Numbers in names are those of the specification's conformance cases.
"""
import base64
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402

START_LIMIT = 30


def build():
    go, environment, said, version = clients.go_toolchain()
    if version < (1, 26):
        clients.leave_out("Go is %s, Kubernetes' messages need 1.26" % said)
    files = [os.path.join(HERE, name) for name in ("go.mod", "go.sum", "main.go")]
    with clients.installed("signer", *files, salt=said) as (directory, stale):
        program = os.path.join(directory, "signer")
        if stale:
            clients.fetch(go, "mod", "download", cwd=HERE, env=environment)
            if not clients.step(go, "build", *clients.GO_BUILD_FLAGS, "-o", program, ".", cwd=HERE, env=environment):
                sys.exit(1)
    return program


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Peer:
    """The Go program as a signer."""

    def __init__(self, socket):
        self.socket = socket
        self.start()

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "serve", self.socket], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "{}\n"

    def tell(self, **behaviour):
        """It behaves so from now on, well where nothing is said; gives back what it counted."""
        self.process.stdin.write(json.dumps(behaviour) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def count(self):
        return self.tell(count=True)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class PeerCase(unittest.TestCase):
    """An authority whose signer is told what to do."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="signet-peer-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.socket = os.path.join(self.directory, "s")
        self.peer = Peer(self.socket)
        self.addCleanup(self.peer.close)

    def authority(self, *flags):
        server = harness.Server("--service-account-signing-endpoint", self.socket, *flags)
        self.addCleanup(server.close)
        return server

    def refused_start(self, *flags, endpoint=None, timeout=90):
        result = harness.run(harness.SIGNET, "serve", "--data-dir", os.path.join(self.directory, "data"),
                             "--listen", "127.0.0.1:0", "--service-account-signing-endpoint",
                             endpoint or self.socket, *flags, timeout=timeout)
        self.assertEqual(result.returncode, 1, result)
        return result.stderr

    def ask(self, server):
        return server.request_token("default", "default", timeout=60)

    def cause(self, server):
        """Why the authority could not have a token signed, in one sentence."""
        reply = self.ask(server)
        self.assertEqual(reply.status, 500, reply)
        self.assertEqual(reply.json["reason"], "InternalError")
        prefix = "Internal error occurred: failed to generate token: "
        self.assertTrue(reply.message.startswith(prefix), reply.message)
        return reply.message[len(prefix):]

    def kids(self, server):
        return [key["kid"] for key in self.jwks(server).json["keys"]]

    def jwks(self, server):
        return server.get("/openid/v1/jwks", headers={"Accept": "*/*"})

    def max_age(self, server):
        return int(re.fullmatch(r"public, max-age=(\d+)", self.jwks(server).headers["cache-control"]).group(1))

    def eventually(self, what):
        deadline = time.monotonic() + START_LIMIT
        while not what():
            self.assertLess(time.monotonic(), deadline, "it never came true")
            time.sleep(0.05)

    def minted(self, server, key, **more):
        """A token of the server's default account that the signer makes behind its back."""
        account = server.get("/api/v1/namespaces/default/serviceaccounts/default").json["metadata"]
        now = int(time.time())
        claims = {"iss": server.url, "aud": [server.url], "sub": "system:serviceaccount:default:default",
                  "iat": now, "nbf": now, "exp": now + 600,
                  "kubernetes.io": {"namespace": "default",
                                    "serviceaccount": {"name": "default", "uid": account["uid"]}}}
        return self.peer.tell(sign=key, mint=dict(claims, **more))["token"]


class Start(PeerCase):
    def test_113_a_signer_that_is_down_ends_the_start_within_a_minute(self):
        self.peer.close()
        began = time.monotonic()
        said = self.refused_start(endpoint=os.path.join(self.directory, "nobody"))
        self.assertIn("while setting up external-jwt-signer: "
                      "the external signer did not answer FetchKeys in time", said)
        self.assertGreater(time.monotonic() - began, 55, "it did not wait for a signer that is slow to come")

    def test_114_a_maximum_of_599_is_refused_and_600_accepted(self):
        self.peer.tell(max=599)
        self.assertIn("max token life supported by external-jwt-signer (599s) is less than acceptable (min 600s)",
                      self.refused_start())
        self.peer.tell(max=600)
        reply = self.ask(self.authority())
        self.assertEqual(reply.json["spec"]["expirationSeconds"], 600)

    def test_118_keys_that_will_not_do_are_refused(self):
        for behaviour, text in (
                (dict(hint=0), "the refresh hint must be above 0 seconds, and is 0"),
                (dict(hint=-5), "the refresh hint must be above 0 seconds, and is -5"),
                (dict(publish=[]), "there are no keys"),
                (dict(noTime=True), "the data timestamp is invalid"),
                (dict(badKey=True), "a key cannot be used"),
                (dict(keyId=""), "a key has no id"),
                (dict(keyId="k" * 1025), "a key id is longer than 1 kb"),
                (dict(copies=9999), "there are 10000 keys, more than 64"),
                (dict(copies=60000), "the external signer answered FetchKeys with ResourceExhausted")):
            self.peer.tell(**behaviour)
            self.assertIn("while setting up external-jwt-signer: " + text, self.refused_start())

    def test_an_abstract_socket_serves_as_well(self):
        self.peer.close()
        name = "@signet-peer-%d" % os.getpid()
        peer = Peer(name)
        self.addCleanup(peer.close)
        self.socket = name
        self.assertEqual(self.ask(self.authority()).status, 201)


class Sign(PeerCase):
    def setUp(self):
        super().setUp()
        self.server = self.authority()

    def test_115_answers_that_are_no_signature_of_ours(self):
        good = {"alg": "ES256", "kid": "a", "typ": "JWT"}
        for header, text in (
                (dict(good, jku="https://evil.example"), "header has a member beside alg, kid and typ"),
                ({"alg": "ES256", "kid": "a"}, "bad type"),
                (dict(good, typ="jwt"), "bad type"),
                (dict(good, kid=""), "key id missing"),
                (dict(good, kid="k" * 1025), "key id longer than 1 kb"),
                (dict(good, alg="PS256"), 'bad signing algorithm "PS256"'),
                (dict(good, alg="none"), 'bad signing algorithm "none"'),
                (dict(good, alg=7), "header is not a JSON object of strings"),
                (["ES256"], "header is not a JSON object of strings"),
                (dict(good, typ="x" * 5000), "header is too large")):
            self.peer.tell(header=json.dumps(header))
            self.assertEqual(self.cause(self.server), text)
        self.peer.tell(signature="")
        self.assertEqual(self.cause(self.server), "empty signature returned")
        self.peer.tell()
        self.assertEqual(self.ask(self.server).status, 201)

    def test_nothing_is_smuggled_into_an_answer(self):
        for raw in ('"},"x":{"y":"', "a.b", "e30=", "e30\r\nx-evil: 1", "\u0000"):
            self.peer.tell(signature=raw)
            self.assertEqual(self.cause(self.server), "signature is not base64url")
            self.peer.tell(rawHeader=raw)
            self.assertEqual(self.cause(self.server), "header is not base64url")

    def test_oversized_answers(self):
        self.peer.tell(signature="A" * 20000)
        self.assertEqual(self.cause(self.server), "the token is larger than 16384 bytes")
        self.peer.tell(signature="A" * (5 << 20))
        self.assertEqual(self.cause(self.server), "the external signer answered Sign with ResourceExhausted")

    def test_a_refusal_is_not_told_on(self):
        self.peer.tell(failSign=True)
        self.assertEqual(self.cause(self.server), "the external signer answered Sign with PermissionDenied")
        self.assertIn('apiserver_externaljwt_sign_request_total{code="PermissionDenied"} 1',
                      self.server.get("/metrics").text)

    def test_117_an_excluded_key_may_not_sign(self):
        self.peer.tell(publish=["a", "hidden"], exclude=["hidden"])
        token = self.minted(self.server, "hidden")  # makes the authority fetch
        self.assertTrue(self.server.review(token)["authenticated"])
        self.assertEqual(self.kids(self.server), ["a"])
        self.peer.tell(sign="hidden", publish=["a", "hidden"], exclude=["hidden"])
        self.assertEqual(self.cause(self.server),
                         "key used for signing JWT (kid: hidden) is excluded from OIDC discovery docs")

    def test_a_signer_that_hangs_delays_only_who_needs_it(self):
        # Administrators never wait for their turn, so these are none.
        busy, other = self.may_do_everything("busy"), self.may_do_everything("other")
        token = self.server.token("default", "default")
        self.peer.tell(hangSign=True)
        before = self.peer.count()["signs"]
        waiters = 300  # more than the server lets wait for anything else
        with concurrent.futures.ThreadPoolExecutor(waiters) as pool:
            waiting = [pool.submit(self.server.request_token, "default", "default", token=busy, timeout=60)
                       for _ in range(waiters)]
            self.eventually(lambda: self.peer.count()["signs"] >= before + waiters)
            for user in (busy, other):
                for i in range(20):
                    reply = self.server.post("/api/v1/namespaces/default/configmaps",
                                             {"metadata": {"generateName": "c-"}}, token=user)
                    self.assertEqual(reply.status, 201, reply)
            self.assertTrue(self.server.review(token)["authenticated"])
            self.assertEqual(self.server.get("/apis", token=token).status, 200)
            self.assertEqual(self.jwks(self.server).status, 200)
            self.assertTrue(all(not call.done() for call in waiting), "they were to wait all the time")
            replies = [call.result() for call in waiting]
        self.assertEqual({reply.status for reply in replies}, {500})
        self.assertIn("did not answer Sign in time", replies[0].message)
        self.peer.tell()
        self.assertEqual(self.ask(self.server).status, 201)

    def may_do_everything(self, name):
        self.server.account("default", name)
        reply = self.server.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "namespace": "default", "name": name}]})
        self.assertEqual(reply.status, 201, reply)
        return self.server.token("default", name)

    def test_a_server_stops_while_its_signer_hangs(self):
        self.peer.tell(hangSign=True)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, self.server)
            self.eventually(lambda: self.peer.count()["signs"] == 1)
            self.assertEqual(self.server.terminate(), 0)
            self.assertIsNotNone(waiting.exception() or waiting.result())

    def test_a_signer_that_dies_and_comes_back(self):
        self.server.token("default", "default")
        self.peer.process.send_signal(signal.SIGKILL)
        self.peer.close()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, self.server)
            self.peer.start()
            self.assertEqual(waiting.result().status, 201)


class Keys(PeerCase):
    def setUp(self):
        super().setUp()
        self.server = self.authority()

    def fetches(self):
        return self.peer.count()["fetches"]

    def test_116_an_unknown_key_is_looked_for_exactly_once(self):
        self.peer.tell(publish=["a", "b"])
        good, bad = self.minted(self.server, "b"), self.minted(self.server, "c")
        before = self.fetches()
        self.assertTrue(self.server.review(good)["authenticated"])
        self.assertEqual(self.fetches(), before + 1)
        self.assertEqual(self.kids(self.server), ["a", "b"])
        self.assertEqual(self.server.review(bad)["error"],
                         "[invalid bearer token, invalid signature, no keys found]")
        self.assertEqual(self.fetches(), before + 2)
        self.assertEqual(self.server.get("/apis", token=bad).status, 401)
        self.assertEqual(self.fetches(), before + 3)
        metrics = self.server.get("/metrics").text
        self.assertIn('authentication_attempts{result="error"} 1', metrics)

    def test_many_with_an_unknown_key_share_one_look(self):
        token = self.minted(self.server, "b")
        before = self.fetches()
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            replies = list(pool.map(lambda _: self.server.get("/apis", token=token).status, range(100)))
        self.assertEqual(set(replies), {401})
        # One that all share, and one more for those who came while it was under way.
        self.assertLessEqual(self.fetches(), before + 10)

    def test_a_token_of_another_issuer_makes_nobody_look(self):
        token = self.minted(self.server, "b", iss="https://other.example")
        before = self.fetches()
        self.assertEqual(self.server.review(token)["error"], "invalid bearer token")
        self.assertEqual(self.fetches(), before)

    def test_a_look_that_hangs_holds_up_nobody_else(self):
        good = self.server.token("default", "default")
        strange = self.minted(self.server, "b")
        self.peer.tell(hangKeys=True)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.server.review, strange)
            before = self.fetches()
            self.eventually(lambda: self.fetches() > 1)
            self.assertTrue(self.server.review(good)["authenticated"])
            self.assertEqual(self.ask(self.server).status, 201)
            self.assertFalse(waiting.done())
            self.assertEqual(waiting.result()["error"],
                             "[invalid bearer token, invalid signature, no keys found]")
            self.assertGreaterEqual(self.fetches(), before)
        self.assertTrue(self.server.review(good)["authenticated"])

    def test_118_a_bad_refresh_keeps_the_old_keys(self):
        token = self.server.token("default", "default")
        for behaviour in (dict(hint=0, publish=["b"]), dict(publish=[]), dict(copies=9999)):
            self.peer.tell(**behaviour)
            before = self.fetches()
            self.server.review(self.minted(self.server, "z"))
            self.assertEqual(self.fetches(), before + 1)
            self.assertTrue(self.server.review(token)["authenticated"])
            self.assertEqual(self.kids(self.server), ["a"])
        self.assertIn("the last ones stay in force", self.server.log())

    def test_keys_change_when_the_hint_says_so(self):
        self.peer.tell(publish=["a", "b"], hint=1)
        self.server.review(self.minted(self.server, "b"))
        self.assertLessEqual(self.max_age(self.server), 1)
        self.assertEqual(self.kids(self.server), ["a", "b"])
        token = self.server.token("default", "default")
        self.peer.tell(publish=["c"], hint=3600, sign="c")
        self.eventually(lambda: self.kids(self.server) == ["c"])
        self.assertFalse(self.server.review(token).get("authenticated"))
        self.assertGreater(self.max_age(self.server), 3500)
        self.assertLessEqual(self.max_age(self.server), 3600)
        self.assertTrue(self.server.review(self.server.token("default", "default"))["authenticated"])

    def test_key_ids_are_whatever_the_signer_says(self):
        for kid in ("k" * 1024, "../../etc/passwd", "' OR 1=1", "\u00e9\u2028"):
            self.peer.tell(keyId=kid, header=json.dumps({"alg": "ES256", "kid": kid, "typ": "JWT"}))
            token = self.ask(self.server).json["status"]["token"]
            self.assertTrue(self.server.review(token)["authenticated"], kid)
            self.assertEqual(self.kids(self.server), [kid])


class ForeignAuthority(unittest.TestCase):
    """What a kube-apiserver asks of `signet signer`."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="signet-peer-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.socket = os.path.join(cls.directory, "s")
        key = os.path.join(cls.directory, "key")
        harness.run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
        cls.process = subprocess.Popen(
            [harness.SIGNET, "signer", "--socket", cls.socket, "--key-file", key, "--refresh-hint", "77",
             "--max-token-expiration", "7200"], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        cls.kid = cls.process.stdout.readline().split()[-1]

    @classmethod
    def end(cls):
        cls.process.terminate()
        cls.process.wait(START_LIMIT)
        cls.process.stdout.close()

    def ask(self, *arguments):
        result = harness.run(PROGRAM, arguments[0], self.socket, *arguments[1:])
        self.assertEqual(result.returncode, 0, result)
        return json.loads(result.stdout)

    def test_signs_what_verifies(self):
        claims = b64url(json.dumps({"iss": "i", "sub": "s", "exp": int(time.time()) + 600}).encode())
        answer = self.ask("sign", claims)
        header = json.loads(harness.b64url_decode(answer["header"]))
        self.assertEqual(header, {"alg": "RS256", "kid": self.kid, "typ": "JWT"})
        key = self.ask("keys")["keys"][0]
        names = [os.path.join(self.directory, name) for name in ("spki", "signature", "input")]
        contents = (base64.b64decode(key["key"]), harness.b64url_decode(answer["signature"]),
                    (answer["header"] + "." + claims).encode())
        for name, content in zip(names, contents):
            with open(name, "wb") as file:
                file.write(content)
        verified = harness.run("openssl", "dgst", "-sha256", "-verify", names[0], "-keyform", "DER", "-signature",
                               names[1], names[2])
        self.assertEqual(verified.stdout, "Verified OK\n")

    def test_keys_and_metadata(self):
        keys = self.ask("keys")
        self.assertEqual(keys["keys"][0]["key_id"], self.kid)
        self.assertNotIn("exclude_from_oidc_discovery", keys["keys"][0])
        self.assertEqual(keys["refresh_hint_seconds"], 77)
        self.assertLess(abs(keys["data_timestamp"]["seconds"] - time.time()), 60)
        self.assertEqual(self.ask("metadata"), {"max_token_expiration_seconds": 7200})

    def test_signs_nothing_else(self):
        now = int(time.time())
        for claims, text in (
                ("", "claims are not a JSON object of a token"),
                ("not base64", "claims are not base64url"),
                (b64url(b"[]"), "claims are not a JSON object of a token"),
                (b64url(json.dumps({"iss": "i", "sub": "s"}).encode()), "claims never end"),
                (b64url(json.dumps({"iss": "i", "sub": "s", "exp": now + 8000}).encode()),
                 "claims end more than 7200 seconds from now"),
                ("A" * 17000, "claims are larger than 12288 bytes")):
            self.assertEqual(self.ask("sign", claims), {"code": "InvalidArgument", "message": text})
        self.assertEqual(self.ask("sign", "A" * 100000)["code"], "ResourceExhausted")


if __name__ == "__main__":
    PROGRAM = build()
    unittest.main(verbosity=2)
