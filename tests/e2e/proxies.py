"""The gate behind proxies of others, configured as docs/gate.md says.

    class Nginx(proxies.ProxyCase):
        @classmethod
        def start(cls, running):
            return proxies.Proxy(arguments, files, port)    # one that asks the gate `running`

What every proxy must make of the gate's answers is in ProxyCase; the file of a proxy has its configuration and
what is special about it.
"""
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import gate
import harness

LIMIT = 30  # seconds
SUBJECT = "k8s/home/ns/default/sa/cart"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def documented(proxy, number=0):
    """One of the configurations in the section "Beside `proxy`" of docs/gate.md, as it stands there."""
    page = (DOCS / "gate.md").read_text(encoding="utf-8")
    section = re.search(r"^## Beside %s$(.*?)^## " % re.escape(proxy), page, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```\w*\n(.*?)^```", section.group(1), re.MULTILINE | re.DOTALL)[number]


def identity_headers():
    """The headers that a backend believes, as docs/gate.md lists them."""
    page = (DOCS / "gate.md").read_text(encoding="utf-8")
    table = re.search(r"^## What the backend learns$(.*?)^## ", page, re.MULTILINE | re.DOTALL).group(1)
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return re.findall(r"`(X-Auth-[A-Za-z-]+)`", " ".join(rows))


def fitted(text, replacements):
    """A documented configuration with the places and names of a test."""
    for old, new in replacements.items():
        if old not in text:
            raise AssertionError("docs/gate.md no longer has " + old)
        text = text.replace(old, new)
    return text


def find(program):
    return shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")


class Backend:
    """Answers every request with the headers and the body that it came with."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                pairs = [[name.lower(), value] for name, value in self.headers.items()]
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                text = json.dumps({"path": self.path, "headers": pairs, "body": body.decode()}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Proxy:
    """A proxy of others in the foreground, with a configuration and a directory of its own.

    `@DIR@` in arguments and files becomes the directory.
    """

    def __init__(self, arguments, files, port):
        self.directory = tempfile.mkdtemp(prefix="signet-proxy-")
        self.port = port
        for name, text in files.items():
            with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
                file.write(text.replace("@DIR@", self.directory))
        self.log_file = os.path.join(self.directory, "log")
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [argument.replace("@DIR@", self.directory) for argument in arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            harness.eventually(self._listens, limit=LIMIT)
        except BaseException:
            self.close()
            raise

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError("the proxy did not start: " + self.log())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def call(self, method, path, headers=(), body=None):
        """`headers` is a dictionary, or pairs where a name comes twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        pairs = headers.items() if isinstance(headers, dict) else headers
        try:
            connection.putrequest(method, path)
            for name, value in pairs:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return harness.Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, path, headers=()):
        return self.call("GET", path, headers)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(LIMIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ProxyCase(gate.GateCase):
    """What comes out is the same whichever proxy asks. A subclass says how one is started."""

    clock = True
    away = 503  # what a client is told while the gate does not answer
    doubled = 401  # to two Authorization headers
    hiding = 400  # to a Connection header with the name of one of the gate's: 200 where that has no effect
    refuses_lookalikes = True  # else they are removed, by the proxy itself or because the gate says so

    @classmethod
    def start(cls, running):
        """A proxy in front of cls.backend that asks the gate `running`."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.move_clock(-7200)
        cls.expired = cls.server.token("default", "cart",
                                       {"audiences": ["shop"], "expirationSeconds": 600})
        cls.server.move_clock(0)
        cls.backend = Backend()
        cls.addClassCleanup(cls.backend.close)
        cls.proxy = cls.start(cls.gate)
        cls.addClassCleanup(cls.proxy.close)

    def sent(self, reply):
        """The headers that the backend was sent: values by name."""
        self.assertEqual(reply.status, 200, reply)
        values = {}
        for name, value in reply.json["headers"]:
            values.setdefault(name, []).append(value)
        return values

    @contextlib.contextmanager
    def proxy_of_a_gate_without_keys(self):
        policy = gate.policy_for(self.server).replace("127.0.0.1/32", "127.0.0.2/32")
        with gate.Gate(self.server, policy=policy) as blind, self.start(blind) as proxy:
            yield proxy

    def test_lets_in_and_tells_the_backend_who(self):
        reply = self.proxy.get("/orders/7?a=b", self.bearer(self.token))
        sent = self.sent(reply)
        self.assertEqual(reply.json["path"], "/orders/7?a=b")
        self.assertEqual(sent["x-auth-subject"], [SUBJECT])
        self.assertNotIn("authorization", sent)

    def test_what_a_client_says_of_itself_is_not_believed(self):
        forged = [(name, "forged") for name in identity_headers()]
        self.assertEqual(len(forged), 13)
        again = [(name.upper(), "forged") for name, _ in forged]
        reply = self.proxy.get("/", [("Authorization", "Bearer " + self.token), *forged, *again])
        self.assertEqual(self.sent(reply)["x-auth-subject"], [SUBJECT])
        self.assertNotIn("forged", reply.text, "also where the gate says nothing")

    def test_a_client_cannot_have_taken_out_what_the_gate_said(self):
        hiding = self.bearer(self.token, Connection="close, x-auth-subject")
        reply = self.proxy.get("/", hiding)
        self.assertEqual(reply.status, self.hiding)
        if reply.status == 200:
            sent = self.sent(reply)
            self.assertEqual(sent["x-auth-subject"], [SUBJECT])
            self.assertNotIn("x-auth-subject", " ".join(sent.get("connection", [])))

    def test_a_header_that_looks_like_one_of_the_gates_is_not_passed_on(self):
        for name in ("X_Auth_Subject", "X_AUTH-Pod", "x.auth.subject"):
            reply = self.proxy.get("/", self.bearer(self.token, **{name: "root"}))
            with self.subTest(name=name):
                if self.refuses_lookalikes:
                    self.assertEqual(reply.status, 401)
                else:
                    self.assertNotIn(name.lower(), self.sent(reply))

    def test_refuses_with_the_gates_challenge(self):
        for token in (self.elsewhere, self.expired, self.token[:-8] + "AAAAAAAA"):
            reply = self.proxy.get("/", self.bearer(token))
            self.assertEqual((reply.status, reply.headers["www-authenticate"]),
                             (401, 'Bearer error="invalid_token"'))
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic Og=="}):
            reply = self.proxy.get("/", headers)
            self.assertEqual((reply.status, reply.headers["www-authenticate"]), (401, "Bearer"))
        self.assertEqual(self.proxy.get("/", self.bearer(self.forbidden)).status, 403)

    def test_114_a_second_credential_is_refused(self):
        one = ("Authorization", "Bearer " + self.token)
        self.assertEqual(self.proxy.get("/", [one, one]).status, self.doubled)
        self.assertEqual(self.proxy.get("/?access_token=" + self.token, [one]).status, 401)
        cookie = ("Cookie", "a=b; access_token=" + self.token)
        self.assertEqual(self.proxy.get("/", [one, cookie]).status, 401)

    def test_a_body_is_for_the_backend(self):
        reply = self.proxy.call("POST", "/", self.bearer(self.token), body=b"seven of them")
        self.sent(reply)
        self.assertEqual(reply.json["body"], "seven of them")

    def test_cannot_know_is_a_503_with_retry_after(self):
        with self.proxy_of_a_gate_without_keys() as proxy:
            reply = proxy.get("/", self.bearer(self.token))
        self.assertEqual(reply.status, 503, reply)
        self.assertGreaterEqual(int(reply.headers["retry-after"]), 1)

    def test_a_gate_that_is_away_lets_nobody_in(self):
        gone = gate.Gate(self.server)
        with self.start(gone) as proxy:
            gone.close()
            self.assertEqual(proxy.get("/", self.bearer(self.token)).status, self.away)
