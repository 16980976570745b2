#!/usr/bin/env python3
"""The gate behind the real Envoy: ext_authz over gRPC and over HTTP. requirements.txt pins the Envoy."""
import functools
import json
import os
import sys
import tempfile
import textwrap
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402
import proxies  # noqa: E402

PAYMENTS = "/v1/ext_authz/payments"
SOCKET = "/run/signet/gate.sock"
CONFIGURATION = """\
static_resources:
  listeners:
  - name: in
    address: {socket_address: {address: 127.0.0.1, port_value: @PORT@}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: "@DIR@/access.log"
              log_format:
                json_format:
                  path: "%PATH(NQ)%"
                  metadata: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%"
                  subject: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:subject)%"
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {cluster: backend}
@ROUTE@
@MANAGER@
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
@CLUSTERS@
  - name: backend
    load_assignment:
      cluster_name: backend
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: @BACKEND@}}}}]}]
"""
# Where the gate is, over HTTP: the page leaves that to the reader.
HTTP_CLUSTER = """\
clusters:
- name: gate
  load_assignment:
    cluster_name: gate
    endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 9191}}}}]}]
"""


@functools.cache
def envoy():
    requirements = os.path.join(HERE, "requirements.txt")
    with clients.installed("envoy", requirements, salt=sys.version) as (directory, stale):
        if stale:
            if not clients.step(sys.executable, "-m", "venv", directory):
                clients.leave_out("python3 cannot make a virtual environment")
            clients.fetch(os.path.join(directory, "bin", "python3"), "-m", "pip", "install", "--quiet",
                          "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:", "-r",
                          requirements)
        return os.path.join(directory, "bin", "envoy")


def configuration(manager, clusters, route=""):
    """A whole one, around the parts that docs/gate.md has."""
    text = CONFIGURATION
    for name, part, columns in (("@MANAGER@", manager, 10), ("@CLUSTERS@", clusters, 2), ("@ROUTE@", route, 16)):
        text = text.replace(name + "\n", textwrap.indent(part, columns * " "))
    return text


def over_grpc():
    filters, route, clusters = (proxies.documented("Envoy", number) for number in (0, 1, 2))
    return configuration(filters, clusters, route)


def over_http():
    return configuration(proxies.documented("Envoy", 3), HTTP_CLUSTER)


class Envoy:
    """What both surfaces have in common."""

    hiding = 200
    refuses_lookalikes = False

    @classmethod
    def run_envoy(cls, text, replacements):
        port = harness.free_port()
        # The machine may be busy, and how long Envoy waits is not what is tried.
        text = proxies.fitted(text, {"@PORT@": str(port), "@BACKEND@": str(cls.backend.port),
                                     "timeout: 0.2s": "timeout: 30s", **replacements})
        return proxies.Proxy([envoy(), "-c", "@DIR@/envoy.yaml", "--concurrency", "1", "--disable-hot-restart",
                              "--log-level", "warning", "--file-flush-interval-msec", "50"],
                             {"envoy.yaml": text}, port)

    def http2(self, path, *headers):
        """Status and body of an answer."""
        flags = [flag for pair in headers for flag in ("-H", "%s: %s" % pair)]
        result = harness.run("curl", "-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}",
                             *flags, "http://127.0.0.1:%d%s" % (self.proxy.port, path))
        self.assertEqual(result.returncode, 0, result)
        body, _, last = result.stdout.rpartition("\n")
        version, status = last.split()
        self.assertEqual(version, "2")
        return int(status), body

    def logged(self, path):
        """The line of the access log about the request of a path."""
        def look():
            with open(os.path.join(self.proxy.directory, "access.log"), encoding="utf-8") as file:
                lines = [json.loads(line) for line in file.read().splitlines()]
            return [line for line in lines if line["path"] == path]
        return harness.eventually(look)[0]

    def test_http2(self):
        one = ("Authorization", "Bearer " + self.token)
        status, body = self.http2("/", one, ("x-auth-subject", "forged"), ("x_auth_pod", "forged"))
        self.assertEqual(status, 200, body)
        self.assertIn(["x-auth-subject", proxies.SUBJECT], json.loads(body)["headers"])
        self.assertNotIn("forged", body)
        self.assertEqual(self.http2("/", one, one)[0], 401)
        self.assertEqual(self.http2("/", one, ("Cookie", "a=b"), ("Cookie", "access_token=c"))[0], 401)
        self.assertEqual(self.http2("/")[0], 401)

    def test_envoy_calls_nothing_deprecated(self):
        self.assertNotIn("deprecated", self.proxy.log())


class OverGrpc(Envoy, proxies.ProxyCase):
    @classmethod
    def start(cls, running):
        return cls.run_envoy(over_grpc(), {SOCKET: running.places["grpc"].removeprefix("unix:"),
                                           "route: payments": "route: shop"})

    def test_metadata_is_there_for_the_access_log(self):
        self.assertEqual(self.proxy.get("/logged", self.bearer(self.token)).status, 200)
        line = self.logged("/logged")
        self.assertEqual(line["subject"], proxies.SUBJECT)
        self.assertEqual(line["metadata"]["method"], "offline")
        self.assertEqual(line["metadata"]["ttl_s"], 60)


class OverHttp(Envoy, proxies.ProxyCase):
    @classmethod
    def start(cls, running):
        port = running.places["http"].rpartition(":")[2]
        return cls.run_envoy(over_http(), {"9191": port, PAYMENTS: "/v1/ext_authz/shop"})


class Page(unittest.TestCase):
    def test_envoy_finds_nothing_wrong_with_it(self):
        for text in (over_grpc(), over_http()):
            with tempfile.TemporaryDirectory(prefix="signet-envoy-") as directory:
                path = os.path.join(directory, "envoy.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(proxies.fitted(text, {"@PORT@": "8080", "@BACKEND@": "8081", "@DIR@": directory}))
                result = harness.run(envoy(), "--mode", "validate", "-c", path)
            self.assertEqual(result.returncode, 0, result)


if __name__ == "__main__":
    envoy()  # or leave it out
    harness.main()
