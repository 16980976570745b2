"""Runs the real program for a test and talks to it: HTTPS with a choice of identity, raw TLS, kubectl.

    class Things(harness.ServerCase):          # one server for the class, torn down with it
        def test_x(self):
            reply = self.server.get("/api/v1/namespaces")
            self.assertEqual(reply.status, 200)

The program's path comes in the environment variable SIGNET. Ports are chosen by the kernel and
every server has a temporary directory of its own, so that suites run side by side.

Every server records every request in full, and when it ends, whatever it wrote is searched for the
tokens, keys and secret values that the test handled: a leak anywhere fails the test that caused it.
"""
import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import leaks

SIGNET = os.environ.get("SIGNET", "signet")
START_LIMIT = 60  # seconds; a first start takes well under one on an idle machine
STOP_LIMIT = 30
ANSWER_LIMIT = 120  # a million rules take half a minute under a sanitizer on a busy machine
AUDIT_EVERYTHING = """\
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: RequestResponse
"""
READY = re.compile(r"signet is ready at (https://\S+) after \d+ ms")


class Reply:
    """Status, headers (names in lower case; repeated ones in `all`) and body of an answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.all = [(name.lower(), value) for name, value in headers]
        self.headers = dict(self.all)
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json.get("message", "")

    @property
    def warnings(self):
        return [value for name, value in self.all if name == "warning"]

    def __repr__(self):
        return "%d %s" % (self.status, self.text[:600])


class Session:
    """One connection that is kept open, as one identity."""

    def __init__(self, server, who="admin", token=None, timeout=ANSWER_LIMIT):
        self.token = token
        self.leaks = server.leaks
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, context=server.context(who), timeout=timeout)

    def send(self, method, path, body=None, headers=None):
        """Sends a request and gives back the response, its body still unread."""
        head = {"Accept": "application/json"}
        if body is not None:
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            head["Content-Type"] = "application/json"
        if self.token is not None:
            head["Authorization"] = "Bearer " + self.token
        head.update(headers or {})
        self.leaks.see_request(path, body, self.token)
        self.connection.request(method, path, body=body, headers=head)
        return self.connection.getresponse()

    def call(self, method, path, body=None, headers=None):
        response = self.send(method, path, body, headers)
        reply = Reply(response.status, response.getheaders(), response.read())
        self.leaks.see_reply(path, reply.body)
        return reply

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server:
    """A running `signet serve` or `signet up`. `audit` is the policy it records by; none if empty."""

    def __init__(self, *flags, command="serve", data=None, listen="127.0.0.1:0", clock=False,
                 umask=-1, audit=AUDIT_EVERYTHING):
        self.own_root = tempfile.mkdtemp(prefix="signet-e2e-")
        self.data = data or os.path.join(self.own_root, "data")
        self.clock_file = os.path.join(self.own_root, "clock")
        self.log_file = os.path.join(self.own_root, "stderr")
        self.audit_file = os.path.join(self.own_root, "audit", "audit.log")
        self.leaks = leaks.Leaks()
        arguments = [SIGNET, command, "--data-dir", self.data, "--listen", listen, *flags]
        if audit:
            policy = os.path.join(self.own_root, "audit.yaml")
            with open(policy, "w", encoding="utf-8") as file:
                file.write(audit)
            arguments += ["--audit-policy-file", policy, "--audit-log-path", self.audit_file]
        if clock:
            self.move_clock(0)
            arguments += ["--insecure-test-clock", self.clock_file]
        self.contexts = {}
        self.output = []
        self.stopped = False
        try:
            with open(self.log_file, "wb") as log:
                self.process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                    text=True, umask=umask)
        except OSError:
            shutil.rmtree(self.own_root)
            raise
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self):
        ready = threading.Event()

        def read():
            for line in self.process.stdout:
                self.output.append(line.rstrip("\n"))
                if READY.match(line) or line.startswith("  export KUBECONFIG="):
                    if len(self.output) >= 2:
                        ready.set()
            ready.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        ready.wait(START_LIMIT)
        match = READY.match(self.output[0]) if self.output else None
        if match is None:
            raise AssertionError("the server did not start: %s %s" % (self.output, self.log()))
        self.url = match.group(1)
        self.port = urllib.parse.urlparse(self.url).port
        self.kubeconfig = self.output[1].split("=", 1)[1]

    @property
    def pid(self):
        return self.process.pid

    def path(self, *parts):
        return os.path.join(self.data, *parts)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def audit_events(self):
        """What the audit log holds, oldest first, the files put aside included."""
        events = []
        for path in self._audit_files():
            with open(path, encoding="utf-8") as file:
                events += [json.loads(line) for line in file]
        return events

    def _audit_files(self):
        directory = os.path.dirname(self.audit_file)
        names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
        return [os.path.join(directory, name) for name in names]

    def leaked(self):
        """What was written of the secrets that were handled: see leaks.py."""
        for part in ("pki", "signing"):
            directory = self.path(part)
            for name in os.listdir(directory) if os.path.isdir(directory) else []:
                if name.endswith(".key"):
                    with open(os.path.join(directory, name), encoding="ascii") as file:
                        self.leaks.see_key(file.read())
        written = {"stdout": "\n".join(self.output), "stderr": self.log()}
        for path in self._audit_files():
            with open(path, encoding="utf-8", errors="replace") as file:
                written[os.path.basename(path)] = file.read()
        return ["%s: %s" % (name, leak) for name, text in written.items()
                for leak in self.leaks.found_in(text)]

    def rss_kib(self):
        return rss_kib(self.pid)

    def move_clock(self, seconds):
        """Moves the server's clock; it looks every 20 ms, so callers give it a little time."""
        fresh = self.clock_file + ".new"
        with open(fresh, "w", encoding="ascii") as file:
            file.write("%d\n" % seconds)
        os.rename(fresh, self.clock_file)
        time.sleep(0.2)

    def context(self, who="admin", alpn=None):
        """The TLS side of an identity: admin, node (client certificates) or anonymous."""
        key = (who, tuple(alpn or ()))
        if key not in self.contexts:
            context = ssl.create_default_context(cafile=self.path("pki", "ca.crt"))
            if who != "anonymous":
                context.load_cert_chain(self.path("pki", who + ".crt"), self.path("pki", who + ".key"))
            if alpn:
                context.set_alpn_protocols(list(alpn))
            self.contexts[key] = context
        return self.contexts[key]

    def session(self, who="admin", token=None, timeout=ANSWER_LIMIT):
        return Session(self, "anonymous" if token is not None else who, token, timeout)

    def call(self, method, path, body=None, who="admin", token=None, headers=None, timeout=ANSWER_LIMIT):
        with self.session(who, token, timeout) as session:
            return session.call(method, path, body, headers)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def delete(self, path, body=None, **options):
        return self.call("DELETE", path, body, **options)

    def tls(self, who="admin", alpn=None, timeout=ANSWER_LIMIT):
        """A TLS connection on which nothing was said yet."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        try:
            return self.context(who, alpn).wrap_socket(plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise

    def raw(self, data, who="admin", timeout=ANSWER_LIMIT):
        """Sends bytes, and gives back everything that comes until the end of the connection."""
        with self.tls(who, timeout=timeout) as connection:
            with contextlib.suppress(OSError):  # refused before everything was sent
                connection.sendall(data)
            return read_all(connection)

    # Shorthands for objects that many tests need.

    def namespace(self, name):
        reply = self.post("/api/v1/namespaces", {"metadata": {"name": name}})
        assert reply.status == 201, reply
        return reply.json

    def create(self, namespace, resource, body):
        reply = self.post("/api/v1/namespaces/%s/%s" % (namespace, resource), body)
        assert reply.status == 201, reply
        return reply.json

    def account(self, namespace, name):
        return self.create(namespace, "serviceaccounts", {"metadata": {"name": name}})

    def request_token(self, namespace, account, spec=None, **options):
        path = "/api/v1/namespaces/%s/serviceaccounts/%s/token" % (namespace, account)
        return self.post(path, {"spec": spec or {}}, **options)

    def token(self, namespace, account, spec=None):
        reply = self.request_token(namespace, account, spec)
        assert reply.status == 201, reply
        return reply.json["status"]["token"]

    def review(self, token, audiences=None):
        spec = {"token": token}
        if audiences is not None:
            spec["audiences"] = audiences
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        reply = self.post("/apis/authentication.k8s.io/v1/tokenreviews", body)
        assert reply.status == 201, reply
        return reply.json["status"]

    def terminate(self):
        """Ends it as an administrator would, and gives back the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_LIMIT)

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_LIMIT)

    def close(self):
        """Always leaves no process and no directory of its own behind; fails for what leaked."""
        if self.stopped:
            return
        self.stopped = True
        if self.process.poll() is None:
            if hasattr(self, "kubeconfig"):
                # What others than this harness put into secrets is not to be found either.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.get("/api/v1/secrets", timeout=5)
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.kill()
        if hasattr(self, "reader"):
            self.reader.join(STOP_LIMIT)
        self.process.stdout.close()
        try:
            leaked = self.leaked()
        finally:
            shutil.rmtree(self.own_root, ignore_errors=True)
        if leaked:
            raise AssertionError("the server wrote secrets:\n" + "\n".join(leaked[:20]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ServerCase(unittest.TestCase):
    """Tests that share one server. `flags`, `command` and `clock` are set by the class."""

    command = "serve"
    flags = ()
    clock = False

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.flags, command=cls.command, clock=cls.clock)
        cls.addClassCleanup(cls.server.close)

    def assert_status(self, reply, code, reason=None, message=None):
        """The reply is a Status object with that code, and that reason and message if given."""
        self.assertEqual(reply.status, code, reply)
        status = reply.json
        self.assertEqual((status["kind"], status["code"]), ("Status", code), reply)
        if reason is not None:
            self.assertEqual(status.get("reason"), reason, reply)
        if message is not None:
            self.assertEqual(status["message"], message)


def run(*arguments, stdin=None, env=None, timeout=120, cwd=None):
    """Runs a program to its end; never raises for its exit code."""
    return subprocess.run([str(a) for a in arguments], input=stdin, env=env, timeout=timeout, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def signet(*arguments, **options):
    return run(SIGNET, *arguments, **options)


def read_all(connection):
    """Everything until the other side closes, an alert included; a timeout is an error."""
    data = bytearray()
    while True:
        try:
            chunk = connection.recv(65536)
        except (ssl.SSLError, ConnectionError) as error:
            if isinstance(error, TimeoutError):
                raise
            break
        if not chunk:
            break
        data += chunk
    return bytes(data)


def parse_reply(data):
    """The first HTTP/1.1 answer in `data`, its body as it stands there."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if ":" in line]
    length = dict((name.lower(), value) for name, value in headers).get("content-length")
    return Reply(int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.1 ") else 0, headers,
                 body[:int(length)] if length else body)


def b64url_decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def header_of(token):
    return json.loads(b64url_decode(token.split(".")[0]))


def claims_of(token):
    return json.loads(b64url_decode(token.split(".")[1]))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def rss_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


def eventually(check, limit=60, interval=0.1):
    """Calls `check` until it gives something true, which is given back; fails after `limit` s."""
    end = time.monotonic() + limit
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("did not come true within %d s: %r" % (limit, value))
        time.sleep(interval)


def kubectls():
    """Every kubectl of this machine: (version as (1, 30), path), oldest first."""
    first = shutil.which("kubectl")
    if first is None:
        return []
    real = os.path.realpath(first)
    directory = os.path.dirname(real)
    paths = [real] + sorted(os.path.join(directory, name) for name in os.listdir(directory)
                            if re.fullmatch(r"kubectl\.1\.\d+", name))
    found = {}
    for path in paths:
        version = run(path, "version", "--client", "-o", "json")
        if version.returncode != 0:
            continue
        client = json.loads(version.stdout)["clientVersion"]
        number = (int(client["major"]), int(re.match(r"\d+", client["minor"]).group()))
        found.setdefault(number, path)
    return sorted(found.items())


def main():
    unittest.main(verbosity=2)
