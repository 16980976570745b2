#!/usr/bin/env python3
"""`signet signer` and a `signet serve` that leaves signing to it: files, a PKCS#11 token, restarts, rotation.

What signers do that others made, and hostile ones, is in tests/clients/signer.
"""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from harness import SIGNET, Server, b64url_decode, run, signet
from soft_token import PIN, SoftToken

START_LIMIT = 30
ISSUER = "https://issuer.example"


def openssl(*arguments):
    result = run("openssl", *arguments)
    assert result.returncode == 0, result.stderr


class Signer:
    """A running `signet signer`."""

    def __init__(self, socket, *flags, environment=None):
        self.arguments = [SIGNET, "signer", "--socket", socket, *flags]
        self.environment = environment
        self.log = tempfile.TemporaryFile("w+")
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, env=self.environment)
        line = self.process.stdout.readline()
        if not line.startswith("signet signs at "):
            raise AssertionError("the signer did not start: %r %s" % (line, self.said()))
        self.kid = line.split()[-1]

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(START_LIMIT)
        self.process.stdout.close()
        return code

    def close(self):
        self.end(signal.SIGKILL)
        self.log.close()


class SignerCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="signet-signer-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.socket = self.path("s")

    def path(self, name):
        return os.path.join(self.directory, name)

    def key(self, name, curve="prime256v1"):
        """The paths of a new private key and of its public half."""
        private, public = self.path(name + ".key"), self.path(name + ".pub")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve, "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
        return private, public

    def signer(self, *flags, **options):
        signer = Signer(self.socket, *flags, **options)
        self.addCleanup(signer.close)
        return signer

    def authority(self, *flags, **options):
        server = Server("--service-account-signing-endpoint", self.socket, *flags, **options)
        self.addCleanup(server.close)
        return server

    def jwks(self, server):
        return server.get("/openid/v1/jwks", headers={"Accept": "*/*"})

    def kids(self, server):
        return [key["kid"] for key in self.jwks(server).json["keys"]]

    def header(self, token):
        return json.loads(b64url_decode(token.split(".")[0]))

    def claims(self, token):
        return json.loads(b64url_decode(token.split(".")[1]))

    def verified_offline(self, server, token):
        """By `signet verify`, from the discovery documents alone."""
        return signet("verify", "--issuer", server.url, "--audience", server.url, "--ca",
                      server.path("pki", "ca.crt"), token).returncode == 0

    def eventually(self, what, *arguments):
        deadline = time.monotonic() + START_LIMIT
        while not what(*arguments):
            self.assertLess(time.monotonic(), deadline, "it never came true")
            time.sleep(0.05)


class Delegation(SignerCase):
    def test_tokens_are_signed_outside_and_verify_offline(self):
        private, _ = self.key("a")
        signer = self.signer("--key-file", private)
        server = self.authority("--anonymous-discovery", "true")
        token = server.token("default", "default")
        self.assertEqual(self.header(token), {"alg": "ES256", "kid": signer.kid, "typ": "JWT"})
        self.assertEqual(self.kids(server), [signer.kid])
        self.assertTrue(server.review(token)["authenticated"])
        self.assertEqual(server.get("/api/v1/namespaces/default/serviceaccounts/default", token=token).status, 403)
        self.assertTrue(self.verified_offline(server, token))
        self.assertFalse(os.path.exists(server.path("signing")), "keys of its own were made")
        metrics = server.get("/metrics").text
        self.assertIn('apiserver_externaljwt_sign_request_total{code="OK"} 1', metrics)
        self.assertIn('apiserver_externaljwt_fetch_keys_request_total{code="OK"} 1', metrics)
        self.assertIn('apiserver_externaljwt_request_duration_seconds_count{code="OK",method="Metadata"} 1', metrics)
        self.assertRegex(metrics, r"apiserver_externaljwt_fetch_keys_success_timestamp [1-9]")
        self.assertRegex(metrics, r"apiserver_externaljwt_fetch_keys_data_timestamp [1-9]")
        self.assertEqual(signer.end(), 0)
        self.assertFalse(os.path.exists(self.socket))

    def test_117_an_excluded_key_verifies_and_is_not_published(self):
        private, _ = self.key("a")
        hidden_private, hidden_public = self.key("hidden")
        with Server("--service-account-issuer", ISSUER, "--service-account-signing-key-file", hidden_private,
                    "--service-account-key-file", hidden_public) as before:
            token = before.token("default", "default")
            uid = self.claims(token)["kubernetes.io"]["serviceaccount"]["uid"]
            data = self.path("data")
            self.assertEqual(before.terminate(), 0)
            shutil.copytree(before.data, data)
        signer = self.signer("--key-file", private, "--exclude-from-discovery", hidden_public)
        server = self.authority("--service-account-issuer", ISSUER, data=data)
        review = server.review(token)
        self.assertEqual(review["user"]["uid"], uid)
        self.assertEqual(self.kids(server), [signer.kid])
        self.assertNotEqual(self.header(token)["kid"], signer.kid)

    def test_119_the_signers_maximum_bounds_tokens_and_their_extension(self):
        private, _ = self.key("a")
        self.signer("--key-file", private, "--max-token-expiration", "7200")
        server = self.authority()
        pod = server.create("default", "pods", {
            "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
        bound = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}
        reply = server.request_token("default", "default", {"expirationSeconds": 3607, "boundObjectRef": bound})
        self.assertEqual(reply.json["spec"]["expirationSeconds"], 3607)
        claims = self.claims(reply.json["status"]["token"])
        self.assertEqual(claims["exp"] - claims["iat"], 7200)
        self.assertEqual(claims["kubernetes.io"]["warnafter"] - claims["iat"], 3607)

        reply = server.request_token("default", "default", {"expirationSeconds": 10000})
        self.assertEqual(reply.json["spec"]["expirationSeconds"], 7200)
        self.assertIn("shortened to 7200 seconds", reply.warnings[0])

    def test_keys_are_changed_under_a_running_authority(self):
        private, public = self.key("a")
        new_private, new_public = self.key("b")
        signing = self.path("signing.key")
        shutil.copy(private, signing)
        signer = self.signer("--key-file", signing, "--key-file", public, "--key-file", new_public,
                             "--refresh-hint", "3600")
        server = self.authority("--anonymous-discovery", "true")
        old = server.token("default", "default")
        self.assertEqual(len(self.kids(server)), 2)
        shutil.copy(new_private, signing + ".new")
        os.rename(signing + ".new", signing)
        self.eventually(lambda: self.header(server.token("default", "default"))["kid"] != signer.kid)
        new = server.token("default", "default")
        for token in (old, new):
            self.assertTrue(server.review(token)["authenticated"])
            self.assertTrue(self.verified_offline(server, token))

    def test_a_key_that_was_not_announced_is_found_when_its_token_comes(self):
        private, public = self.key("a")
        new_private, _ = self.key("b")
        signing = self.path("signing.key")
        shutil.copy(private, signing)
        signer = self.signer("--key-file", signing, "--key-file", public)
        server = self.authority()
        shutil.copy(new_private, signing + ".new")
        os.rename(signing + ".new", signing)
        self.eventually(lambda: self.header(server.token("default", "default"))["kid"] != signer.kid)
        token = server.token("default", "default")
        # As a credential and in a review, side by side.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(server.get, "/apis", token=token) for _ in range(4)]
            reviews = [pool.submit(server.review, token) for _ in range(4)]
        self.assertEqual([call.result().status for call in calls], [200] * 4)
        self.assertTrue(all(review.result()["authenticated"] for review in reviews))
        # The first set, one for who asked first, and one for all who asked while that was on its way.
        metrics = server.get("/metrics").text
        fetched = re.search(r'apiserver_externaljwt_fetch_keys_request_total{code="OK"} (\d+)', metrics)
        self.assertIn(int(fetched[1]), (2, 3))

    def test_a_signer_that_is_killed_and_started_again_under_load(self):
        private, _ = self.key("a")
        signer = self.signer("--key-file", private)
        server = self.authority()
        stop = threading.Event()
        statuses = []

        def ask():
            with server.session() as session:
                while not stop.is_set():
                    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
                    statuses.append(session.call("POST", path, {"spec": {}}).status)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                before = len(statuses)
                self.eventually(lambda: len(statuses) > before + 20)
                signer.end(signal.SIGKILL)
                signer.start()
            before = len(statuses)
            self.eventually(lambda: len(statuses) > before + 20)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(set(statuses), {201})

    def test_keys_list_shows_them_and_changes_none(self):
        private, _ = self.key("a")
        signer = self.signer("--key-file", private)
        server = self.authority()
        listed = server.get("/signet/v1/keys").json["keys"]
        self.assertEqual([(key["kid"], key["state"]) for key in listed], [(signer.kid, "verifying")])
        reply = server.post("/signet/v1/keys/rotate", {})
        self.assertEqual(reply.status, 409)
        self.assertIn("--service-account-signing-endpoint", reply.message)


class Token(SignerCase):
    """The private key is in a PKCS#11 token."""

    def setUp(self):
        super().setUp()
        self.token = SoftToken(self.path("hsm"))

    def test_rsa_and_ec_keys_sign_and_verify_offline(self):
        for kind, algorithm in (("rsa:2048", "RS256"), ("EC:secp384r1", "ES384")):
            uri = self.token.make_key(kind, algorithm, "0" + str(len(algorithm) + ord(algorithm[0]) % 4))
            signer = self.signer(*self.token.flags(uri), environment=self.token.environment)
            server = self.authority("--anonymous-discovery", "true")
            token = server.token("default", "default")
            self.assertEqual(self.header(token), {"alg": algorithm, "kid": signer.kid, "typ": "JWT"})
            self.assertTrue(self.verified_offline(server, token))
            with open("/proc/%d/cmdline" % signer.process.pid, "rb") as file:
                self.assertNotIn(PIN.encode(), file.read())
            self.assertNotIn(PIN, signer.said())
            server.close()
            self.assertEqual(signer.end(), 0)

    def test_a_wrong_pin_or_key_is_said_without_the_pin(self):
        uri = self.token.make_key("EC:prime256v1", "a", "01")
        for wrong in (dict(uri=uri.replace("object=a", "object=b"), pin=PIN), dict(uri=uri, pin="987654")):
            with open(self.token.pin_file, "w", encoding="ascii") as file:
                file.write(wrong["pin"])
            result = run(SIGNET, "signer", "--socket", self.socket, *self.token.flags(wrong["uri"]),
                         env=self.token.environment)
            self.assertEqual(result.returncode, 1)
            self.assertIn("has no key %s, or does not let us in" % wrong["uri"], result.stderr)
            self.assertNotIn(wrong["pin"], result.stderr + result.stdout)

    def test_a_token_that_is_lost_ends_the_signer_which_says_so(self):
        uri = self.token.make_key("EC:prime256v1", "a", "01")
        signer = self.signer(*self.token.flags(uri), environment=self.token.environment)
        server = self.authority()
        server.token("default", "default")
        tokens = self.path("hsm/tokens")
        os.rename(tokens, tokens + ".away")
        os.mkdir(tokens)
        # Whoever asks meanwhile waits until the signer is back, as its supervisor sees to.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(server.token, "default", "default")
            self.assertEqual(signer.process.wait(START_LIMIT), 1)
            self.assertIn("the PKCS#11 token does not sign any more", signer.said())
            os.rmdir(tokens)
            os.rename(tokens + ".away", tokens)
            signer.end()
            signer.start()
            self.assertTrue(server.review(waiting.result())["authenticated"])


class Socket(SignerCase):
    def test_mode_lock_and_stale_sockets(self):
        private, _ = self.key("a")
        signer = self.signer("--key-file", private)
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o600)
        second = signet("signer", "--socket", self.socket, "--key-file", private)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another process serves " + self.socket, second.stderr)
        signer.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.socket))
        signer.arguments += ["--socket-mode", "0660"]
        signer.start()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o660)
        self.assertEqual(signer.end(), 0)

    def test_wrong_usage(self):
        private, _ = self.key("a")
        for flags, text in (
                ([], "--key-file or --pkcs11"),
                (["--pkcs11", "pkcs11:object=a?pin-value=1"], "must not hold a PIN"),
                (["--key-file", private, "--socket-mode", "999"], "must be octal"),
                (["--key-file", private, "--group", "no such group"], "there is no group"),
                (["--key-file", private, "--max-token-expiration", "599"], "599"),
                (["--key-file", private, "--refresh-hint", "0"], "0")):
            result = signet("signer", "--socket", self.socket, *flags)
            self.assertEqual(result.returncode, 2, result)
            self.assertIn(text, result.stderr)

    def test_key_flags_and_the_endpoint_exclude_each_other(self):
        private, public = self.key("a")
        for flags in (["--service-account-signing-key-file", private],
                      ["--service-account-signing-key-file", private, "--service-account-key-file", public]):
            result = signet("serve", "--service-account-signing-endpoint", self.socket, *flags)
            self.assertEqual(result.returncode, 2, result)
            self.assertIn("excludes", result.stderr)

    def test_an_authority_that_waits_for_its_signer_ends_when_it_is_told(self):
        process = subprocess.Popen([SIGNET, "serve", "--data-dir", self.path("data"), "--listen", "127.0.0.1:0",
                                    "--service-account-signing-endpoint", self.socket],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.assertIn("the external signer does not answer yet", process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=START_LIMIT)
        self.assertEqual(process.returncode, 1)
        self.assertIn("while setting up external-jwt-signer: the external signer went away", said)

    def test_a_maximum_beyond_the_signers_is_refused(self):
        private, _ = self.key("a")
        self.signer("--key-file", private, "--max-token-expiration", "3600")
        result = signet("serve", "--data-dir", self.path("data"), "--listen", "127.0.0.1:0",
                        "--service-account-signing-endpoint", self.socket,
                        "--service-account-max-token-expiration", "7200")
        self.assertEqual(result.returncode, 1)
        self.assertIn("service-account-max-token-expiration cannot be set longer than the token expiration "
                      "supported by service-account-signing-endpoint: 7200 > 3600", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
