"""Runs `signet gate` beside a `signet serve`.

    with gate.Gate(server) as running:
        reply = running.call("GET", "/v1/auth_request/shop", {"Authorization": "Bearer " + token})

Whatever the gate wrote is searched for tokens and keys at its end, as the servers' own is.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import harness

LIMIT = 30  # seconds
PLACE = re.compile(r"  (grpc|http|admin) (\S+)")

POLICY = """\
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: home}
spec:
  url: %(url)s
  cluster: home
  mode: oidc
  keys: {caFile: %(ca)s, allowedCIDRs: [127.0.0.1/32], ports: [%(port)d]}
---
apiVersion: signet.dev/v1
kind: Route
metadata: {name: shop}
spec:
  audiences: {new: [shop]}
  subjects:
  - {namespace: default, name: "c*"}
"""


def policy_for(server):
    return POLICY % {"url": server.url, "ca": server.path("pki", "ca.crt"), "port": server.port}


class Gate:
    """A running gate with every surface, on a socket file and on loopback ports that the kernel chose."""

    def __init__(self, server, *flags, policy=None, http="127.0.0.1:0"):
        self.server = server
        self.leaks = server.leaks
        self.directory = tempfile.mkdtemp(prefix="signet-gate-")
        self.policy_file = os.path.join(self.directory, "policy.yaml")
        self.write_policy(policy or policy_for(server))
        self.log_file = os.path.join(self.directory, "stderr")
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [harness.SIGNET, "gate", "--policy", self.policy_file, "--http", http,
                 "--grpc", "unix:" + os.path.join(self.directory, "grpc.sock"),
                 "--admin", "127.0.0.1:0", "--verbose", *flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.places = {}
        self.output = []
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self):
        while "admin" not in self.places:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError("the gate did not start: " + self.log())
            self.output.append(line)
            match = PLACE.match(line)
            if match:
                self.places[match.group(1)] = match.group(2)

    def write_policy(self, text):
        fresh = self.policy_file + ".new"
        with open(fresh, "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(fresh, self.policy_file)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def call(self, method, path, headers=(), body=None, surface="http"):
        """`headers` is a dictionary, or pairs where a name comes twice."""
        place = self.places[surface]
        if place.startswith("unix:"):
            connection = http.client.HTTPConnection("localhost", timeout=LIMIT)
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(place[len("unix:"):])
        else:
            connection = http.client.HTTPConnection(place, timeout=LIMIT)
        pairs = headers.items() if isinstance(headers, dict) else headers
        text = json.dumps(body) if body is not None else None
        try:
            connection.putrequest(method, path)
            for name, value in pairs:
                connection.putheader(name, value)
            if text is not None:
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(text)))
            connection.endheaders(text.encode() if text is not None else None)
            response = connection.getresponse()
            return harness.Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def admin(self, path):
        return self.call("GET", path, surface="admin")

    def status(self):
        return self.admin("/status").json

    def signal_end(self):
        self.process.send_signal(signal.SIGTERM)

    def close(self):
        if self.process.poll() is None:
            self.signal_end()
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(LIMIT)
        output = "".join(self.output) + self.process.stdout.read()
        self.process.stdout.close()
        leaked = self.leaks.found_in(self.log()) + self.leaks.found_in(output)
        shutil.rmtree(self.directory, ignore_errors=True)
        if leaked:
            raise AssertionError("the gate wrote secrets:\n" + "\n".join(leaked[:20]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class GateCase(unittest.TestCase):
    """Tests that share a server that issues, a gate beside it and tokens of accounts."""

    flags = ()
    clock = False

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server("--anonymous-discovery", "true", clock=cls.clock)
        cls.addClassCleanup(cls.server.close)
        cls.server.account("default", "cart")
        cls.server.account("default", "other")
        cls.token = cls.server.token("default", "cart", {"audiences": ["shop"]})
        cls.forbidden = cls.server.token("default", "other", {"audiences": ["shop"]})
        cls.elsewhere = cls.server.token("default", "cart", {"audiences": ["bank"]})
        cls.gate = Gate(cls.server, *cls.flags)
        cls.addClassCleanup(cls.gate.close)
        cls.wait_for_keys(cls.gate)

    @classmethod
    def wait_for_keys(cls, running):
        """The first fetch may take longer than a check may, where the machine is busy."""
        headers = cls.bearer(cls.token)
        harness.eventually(lambda: running.call("GET", "/v1/auth_request/shop", headers).status == 200)

    @staticmethod
    def bearer(token, **more):
        """Headers with one credential."""
        return {"Authorization": "Bearer " + token, **more}
