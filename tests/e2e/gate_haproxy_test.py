#!/usr/bin/env python3
"""The gate behind the real HAProxy: a Lua action asks forward_auth, as docs/gate.md shows it."""
import pathlib
import shutil
import sys
import unittest

import gate

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin:/bin")
SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "docs/examples/gate/haproxy.lua"
CONFIGURATION = """\
global
  log stderr format raw local0 warning
  maxconn 64
  lua-load @DIR@/gate.lua
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend in
  bind 127.0.0.1:%(port)d
  http-request set-var(txn.gate) str(http://%(gate)s/v1/forward_auth/shop)
  http-request lua.gate
  http-request return status 503 hdr Retry-After 1 if { var(txn.gate_status) -m int 503 }
  http-request return status 403 if { var(txn.gate_status) -m int 403 }
  http-request return status 401 hdr WWW-Authenticate "%%[var(txn.gate_challenge)]" unless { var(txn.gate_status) -m int 200 }
  http-request del-header X-Auth- -m beg
  http-request del-header Authorization
  http-request set-header X-Auth-Subject %%[var(txn.gate_subject)]
  default_backend out
backend out
  server one 127.0.0.1:%(backend)d
"""


class HaProxy(gate.GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend = gate.Backend()
        cls.addClassCleanup(cls.backend.close)
        cls.proxy = cls.start(cls.gate)
        cls.addClassCleanup(cls.proxy.close)

    @classmethod
    def start(cls, running):
        port = gate.free_port()
        text = CONFIGURATION % {"gate": running.places["http"], "port": port,
                                "backend": cls.backend.port}
        return gate.Proxy([HAPROXY, "-db", "-f", "@DIR@/haproxy.cfg"],
                          {"haproxy.cfg": text, "gate.lua": SCRIPT.read_text(encoding="utf-8")}, port)

    def test_lets_in_and_tells_the_backend_who(self):
        reply = self.proxy.get("/orders/7", self.bearer(self.token, **{"X-Auth-Subject": "root",
                                                                       "x-auth-POD": "forged"}))
        self.assertEqual(reply.status, 200, reply)
        sent = reply.json
        self.assertEqual([value for name, value in sent if name == "x-auth-subject"],
                         ["k8s/home/ns/default/sa/cart"])
        names = [name for name, _ in sent]
        self.assertNotIn("x-auth-pod", names)
        self.assertNotIn("authorization", names)

    def test_refuses_as_the_gate_does(self):
        reply = self.proxy.get("/", self.bearer(self.elsewhere))
        self.assertEqual((reply.status, reply.headers["www-authenticate"]),
                         (401, 'Bearer error="invalid_token"'))
        reply = self.proxy.get("/")
        self.assertEqual((reply.status, reply.headers["www-authenticate"]), (401, "Bearer"))
        self.assertEqual(self.proxy.get("/", self.bearer(self.forbidden)).status, 403)
        spelt = self.bearer(self.token, **{"X_Auth_Subject": "root"})
        self.assertEqual(self.proxy.get("/", spelt).status, 401)

    def test_114_a_second_credential_is_refused(self):
        one = ("Authorization", "Bearer " + self.token)
        self.assertEqual(self.proxy.get("/", [one, one]).status, 401)
        self.assertEqual(self.proxy.get("/?access_token=" + self.token, [one]).status, 401)

    def test_a_gate_that_is_away_lets_nobody_in(self):
        gone = gate.Gate(self.server)
        proxy = self.start(gone)
        try:
            gone.close()
            self.assertEqual(proxy.get("/", self.bearer(self.token)).status, 503)
        finally:
            proxy.close()

    def test_cannot_know_is_a_503_with_retry_after(self):
        policy = gate.policy_for(self.server).replace("127.0.0.1/32", "127.0.0.2/32")
        with gate.Gate(self.server, policy=policy) as blind:
            proxy = self.start(blind)
            try:
                reply = proxy.get("/", self.bearer(self.token))
                self.assertEqual((reply.status, reply.headers.get("retry-after")), (503, "1"), reply)
            finally:
                proxy.close()


if __name__ == "__main__":
    if HAPROXY is None:
        print("there is no HAProxy here", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
