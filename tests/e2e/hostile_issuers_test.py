#!/usr/bin/env python3
"""A gate that believes six issuers, five of which do it harm: nobody else's callers notice.

Each hostile one answers in a way of its own, and strangers present tokens that name it, all of them
with keys that nobody has seen, so that the gate has a reason to ask again and again.
"""
import concurrent.futures
import http.server
import json
import os
import secrets
import socketserver
import tempfile
import threading
import time

import gate
import harness
import https

MEMORY_GROWTH_MAX_KIB = 64 * 1024
LENGTH = 6  # seconds
KEY = json.loads("""{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
  "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
  "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}""")

ISSUER = """\
---
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: %(name)s}
spec:
  url: %(url)s
  cluster: %(name)s
  mode: oidc
  keys: {caFile: %(ca)s, allowedCIDRs: [127.0.0.1/32], ports: [%(port)d]}
"""


class Hostile(http.server.BaseHTTPRequestHandler):
    """/NAME/... is answered by the method NAME. Discovery is honest where it would hide the rest."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        name, _, rest = self.path[1:].partition("/")
        if rest == ".well-known/openid-configuration" and name in ("huge", "wrong", "rotating"):
            issuer = self.server.url + "/" + name
            self.answer(json.dumps({"issuer": issuer, "jwks_uri": issuer + "/keys",
                                    "response_types_supported": ["id_token"],
                                    "subject_types_supported": ["public"],
                                    "id_token_signing_alg_values_supported": ["ES256"]}))
        else:
            getattr(self, name)()

    def answer(self, text, content_type="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def slow(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server.ended.wait(1):
            self.wfile.write(b" ")

    def huge(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.ended.is_set():
            self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    def redirecting(self):
        self.send_response(302)
        self.send_header("Location", self.server.url + "/wrong/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def wrong(self):
        self.answer("<html>It works!</html>", "text/html")

    def rotating(self):
        """Another key each second, and the wish that nobody keeps any."""
        key = {**KEY, "kid": "key-of-%d" % time.monotonic()}
        self.answer(json.dumps({"keys": [key]}))

    def log_message(self, *_):
        pass


class HostileHost(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), Hostile)
        self.asked = []
        self.ended = threading.Event()
        https.wrap(self, directory)
        self.port = self.server_address[1]
        self.url = "https://127.0.0.1:%d" % self.port
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def handle_error(self, *_):
        pass  # The gate hangs up on most of what is sent here.

    def close(self):
        self.ended.set()
        self.shutdown()
        self.server_close()
        self.thread.join()


def encoded(value):
    return harness.b64url(json.dumps(value).encode())


def stranger(issuer):
    """A token that says all the right things and has a key and a signature that nobody knows."""
    now = int(time.time())
    account = {"namespace": "default", "serviceaccount": {"name": "cart", "uid": "1"}}
    claims = {"iss": issuer, "sub": "system:serviceaccount:default:cart", "aud": ["shop"], "iat": now,
              "nbf": now, "exp": now + 600, "jti": secrets.token_hex(8), "kubernetes.io": account}
    header = {"alg": "ES256", "kid": secrets.token_hex(8)}
    return ".".join((encoded(header), encoded(claims), harness.b64url(secrets.token_bytes(64))))


class HostileIssuers(gate.GateCase):
    names = ("slow", "huge", "redirecting", "wrong", "rotating")

    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="signet-hostile-"))
        https.make_certificates(directory)
        self.host = HostileHost(directory)
        self.addCleanup(self.host.close)
        policy = gate.policy_for(self.server) + "".join(
            ISSUER % {"name": name, "url": "%s/%s" % (self.host.url, name), "port": self.host.port,
                      "ca": os.path.join(directory, "ca.crt")} for name in self.names)
        self.crowded = self.enterContext(gate.Gate(self.server, "--deadline-ms", "2000", policy=policy))
        self.wait_for_keys(self.crowded)

    def ask(self, token):
        return self.crowded.call("GET", "/v1/auth_request/shop", self.bearer(token)).status

    def until(self, end, ask):
        statuses = []
        while time.monotonic() < end:
            statuses.append(ask())
        return statuses

    def test_harm_nobody_elses_callers(self):
        fresh = [self.server.token("default", "cart", {"audiences": ["shop"]}) for _ in range(200)]
        memory = harness.rss_kib(self.crowded.process.pid)
        end = time.monotonic() + LENGTH
        with concurrent.futures.ThreadPoolExecutor(len(self.names) + 2) as pool:
            attacks = {name: pool.submit(self.until, end, lambda name=name: self.ask(
                stranger("%s/%s" % (self.host.url, name)))) for name in self.names}
            seen = pool.submit(self.until, end, lambda: self.ask(self.token))
            new = pool.submit(lambda: [self.ask(token) for token in fresh])
        self.assertEqual(set(new.result()), {200})
        self.assertEqual(set(seen.result()), {200})
        for name, attack in attacks.items():
            self.assertGreater(len(attack.result()), 0)
            self.assertLessEqual(set(attack.result()), {401, 503}, name)
        if not os.environ.get("SIGNET_SANITIZE"):  # which keeps what was freed
            self.assertLess(harness.rss_kib(self.crowded.process.pid) - memory, MEMORY_GROWTH_MAX_KIB)
        # Each was asked, none more than now and then, and nobody followed where one pointed.
        for name in self.names:
            asked = [path for path in self.host.asked if path.startswith("/%s/" % name)]
            self.assertGreater(len(asked), 0, name)
            self.assertLess(len(asked), 20, name)
        self.assertNotIn("/wrong/elsewhere", self.host.asked)

    def test_their_state_is_told_apart_from_that_of_the_others(self):
        self.ask(stranger(self.host.url + "/wrong"))
        issuers = {issuer["url"]: issuer for issuer in self.crowded.status()["issuers"]}
        self.assertEqual(len(issuers), 6)
        self.assertNotEqual(issuers[self.host.url + "/wrong"]["keys"]["lastError"], "")
        self.assertEqual(issuers[self.server.url]["keys"]["lastError"], "")


if __name__ == "__main__":
    harness.main()
