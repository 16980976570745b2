#!/usr/bin/env python3
"""The gate behind the real Caddy: forward_auth."""
import sys

import harness
import proxies

CADDY = proxies.find("caddy")
CONFIGURATION = """\
{
  admin off
  auto_https off
}
http://127.0.0.1:%d {
  bind 127.0.0.1
%s
}
"""


class Caddy(proxies.ProxyCase):
    away = 502

    @classmethod
    def start(cls, running):
        port = harness.free_port()
        text = proxies.fitted(proxies.documented("Caddy"),
                              {"127.0.0.1:9191": running.places["http"], "/payments": "/shop",
                               "backend:8080": "127.0.0.1:%d" % cls.backend.port})
        # What it keeps goes into its directory.
        return proxies.Proxy(["env", "HOME=@DIR@", "XDG_CONFIG_HOME=@DIR@", "XDG_DATA_HOME=@DIR@", CADDY, "run",
                              "--config", "@DIR@/Caddyfile", "--adapter", "caddyfile"],
                             {"Caddyfile": CONFIGURATION % (port, text)}, port)


if __name__ == "__main__":
    if CADDY is None:
        print("there is no Caddy here", file=sys.stderr)
        sys.exit(77)
    harness.main()
