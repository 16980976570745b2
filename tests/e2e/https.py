"""HTTPS servers of the tests' own, under a certificate authority made for one directory."""
import functools
import http.server
import os
import shutil
import ssl
import tempfile
import threading

from openssl import command as openssl


def make_certificates(directory):
    """Writes ca.crt, ca.key, tls.crt and tls.key for 127.0.0.1."""
    def path(name):
        return os.path.join(directory, name)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    with open(path("extensions"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-x509", *curve, "-subj", "/CN=issuer-ca", "-days", "1", "-keyout", path("ca.key"),
            "-out", path("ca.crt"))
    openssl("req", *curve, "-subj", "/CN=issuer", "-keyout", path("tls.key"), "-out", path("tls.csr"))
    openssl("x509", "-req", "-in", path("tls.csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-days", "1", "-extfile", path("extensions"), "-out", path("tls.crt"))


def wrap(server, directory):
    """Makes a socketserver speak TLS with the certificate of `directory`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(directory, "tls.crt"), os.path.join(directory, "tls.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)


class StaticHost:
    """A web server that knows nothing but files, under an HTTPS URL of its own."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="signet-e2e-host-")
        make_certificates(self.directory)
        self.ca = os.path.join(self.directory, "ca.crt")
        self.root = os.path.join(self.directory, "site")

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=self.root))
        wrap(self.server, self.directory)
        self.url = "https://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        shutil.rmtree(self.directory)
