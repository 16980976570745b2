#!/usr/bin/env python3
"""The gate behind the real nginx: auth_request."""
import sys

import harness
import proxies

NGINX = proxies.find("nginx")
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
  server {
    listen 127.0.0.1:%d;
%s
  }
}
"""


class Nginx(proxies.ProxyCase):
    away = 500
    doubled = 400
    hiding = 200
    refuses_lookalikes = False  # underscores_in_headers is off

    @classmethod
    def start(cls, running):
        port = harness.free_port()
        text = proxies.fitted(proxies.documented("nginx"),
                              {"127.0.0.1:9191": running.places["http"], "/payments": "/shop",
                               "http://backend": "http://127.0.0.1:%d" % cls.backend.port})
        headers = (proxies.DOCS / "examples/gate/nginx_headers.conf").read_text(encoding="utf-8")
        return proxies.Proxy([NGINX, "-p", "@DIR@", "-c", "@DIR@/nginx.conf", "-e", "@DIR@/error.log"],
                             {"nginx.conf": CONFIGURATION % (port, text), "gate_headers.conf": headers}, port)


if __name__ == "__main__":
    if NGINX is None:
        print("there is no nginx here", file=sys.stderr)
        sys.exit(77)
    harness.main()
