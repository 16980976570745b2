#!/usr/bin/env python3
"""The gate behind the real nginx: auth_request, as docs/gate.md configures it."""
import shutil
import sys
import unittest

import gate
import harness

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
CONFIGURATION = """\
daemon off;
worker_processes 1;
pid @DIR@/pid;
error_log @DIR@/error.log info;
events {}
http {
  access_log off;
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  upstream gate { server %(gate)s; keepalive 16; }
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      auth_request /_gate;
      auth_request_set $auth_subject $upstream_http_x_auth_subject;
      auth_request_set $auth_pod $upstream_http_x_auth_pod;
      auth_request_set $auth_error $upstream_http_x_auth_error;
      proxy_set_header Authorization "";
      proxy_set_header X-Auth-Subject $auth_subject;
      proxy_set_header X-Auth-Pod $auth_pod;
      error_page 403 = @refused;
      proxy_pass http://127.0.0.1:%(backend)d;
    }
    location = /_gate {
      internal;
      proxy_pass http://gate/v1/auth_request/shop?unavailable=403;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
    }
    location @refused {
      if ($auth_error ~ "unavailable|overloaded") {
        add_header Retry-After 1 always;
        return 503;
      }
      return 403;
    }
  }
}
"""


class Nginx(gate.GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend = gate.Backend()
        cls.addClassCleanup(cls.backend.close)
        cls.nginx = cls.start(cls.gate)
        cls.addClassCleanup(cls.nginx.close)

    @classmethod
    def start(cls, running):
        port = gate.free_port()
        text = CONFIGURATION % {"gate": running.places["http"], "port": port,
                                "backend": cls.backend.port}
        return gate.Proxy([NGINX, "-p", "@DIR@", "-c", "@DIR@/nginx.conf", "-e", "@DIR@/error.log"],
                          {"nginx.conf": text}, port)

    def test_111_lets_in_and_tells_the_backend_who(self):
        reply = self.nginx.get("/orders/7", self.bearer(self.token, **{"X-Auth-Subject": "root",
                                                                       "x-auth-POD": "forged"}))
        self.assertEqual(reply.status, 200, reply)
        sent = reply.json
        self.assertEqual([value for name, value in sent if name == "x-auth-subject"],
                         ["k8s/home/ns/default/sa/cart"])
        names = [name for name, _ in sent]
        self.assertNotIn("x-auth-pod", names, "nobody said it, so nobody may forge it")
        self.assertNotIn("authorization", names)

    def test_111_refuses_with_the_gates_challenge(self):
        reply = self.nginx.get("/", self.bearer(self.elsewhere))
        self.assertEqual(reply.status, 401)
        self.assertEqual(reply.headers["www-authenticate"], 'Bearer error="invalid_token"')
        self.assertEqual(self.nginx.get("/").headers["www-authenticate"], "Bearer")
        self.assertEqual(self.nginx.get("/", self.bearer(self.forbidden)).status, 403)

    def test_111_cannot_know_is_a_503_with_retry_after(self):
        policy = gate.policy_for(self.server).replace("127.0.0.1/32", "127.0.0.2/32")
        with gate.Gate(self.server, policy=policy) as blind:
            nginx = self.start(blind)
            try:
                reply = nginx.get("/", self.bearer(self.token))
                self.assertEqual((reply.status, reply.headers.get("retry-after")), (503, "1"), reply)
            finally:
                nginx.close()

    def test_114_a_second_credential_is_refused(self):
        one = ("Authorization", "Bearer " + self.token)
        self.assertEqual(self.nginx.get("/?access_token=" + self.token, [one]).status, 401)
        self.assertIn(self.nginx.get("/", [one, one]).status, (400, 401))


if __name__ == "__main__":
    if NGINX is None:
        print("there is no nginx here", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
