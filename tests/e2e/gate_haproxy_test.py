#!/usr/bin/env python3
"""The gate behind the real HAProxy: a Lua action asks forward_auth."""
import sys

import harness
import proxies

HAPROXY = proxies.find("haproxy")
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
  bind 127.0.0.1:%d
%s
  default_backend out
backend out
  server one 127.0.0.1:%d
"""


class HaProxy(proxies.ProxyCase):
    @classmethod
    def start(cls, running):
        port = harness.free_port()
        text = proxies.fitted(proxies.documented("HAProxy"),
                              {"127.0.0.1:9191": running.places["http"], "/payments": "/shop"})
        script = (proxies.DOCS / "examples/gate/haproxy.lua").read_text(encoding="utf-8")
        return proxies.Proxy([HAPROXY, "-db", "-f", "@DIR@/haproxy.cfg"],
                             {"haproxy.cfg": CONFIGURATION % (port, text, cls.backend.port),
                              "gate.lua": script}, port)


if __name__ == "__main__":
    if HAPROXY is None:
        print("there is no HAProxy here", file=sys.stderr)
        sys.exit(77)
    harness.main()
