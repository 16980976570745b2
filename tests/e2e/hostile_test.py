#!/usr/bin/env python3
"""What peers that mean harm, or are broken, can do to a running server: nothing.

All attacks go to one server, which logs everything. Afterwards it still has to answer, must not
have grown much, and must not have written down a secret.
"""
import json
import os
import random
import resource
import select
import socket
import ssl
import struct
import threading
import time
import unittest
import warnings

import harness
from harness import parse_reply, read_all

MIB = 1 << 20

# Resident memory may grow by this much over all attacks. What was freed stays with the allocator, so
# this is the sum of peaks: 150 MiB of the worst patch that is still tried (5,000,000 values), 30 MiB
# of big objects that watches may still ask for, and a few MiB of connections and bodies. A leak of
# one body in each large request, or of one connection's buffers, would pass it.
GROWTH_MAX_KIB = 288 * 1024

SERVER = None
IDLERS = None
SECRETS = []  # parts of credentials that must not be in the log
SUBDOMAIN = ("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
             "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
             "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
LABEL = ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
         "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
         "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
MAPS = "/api/v1/namespaces/h/configmaps"


class Idlers:
    """Connections that begin something and never end it; a thread notes when each is closed."""

    KINDS = {  # name: (what is sent, after how many seconds at the latest it is closed)
        "no handshake": (None, 10),
        "half a handshake": (b"\x16\x03\x01\x02\x00\x01\x00", 10),
        "half a request line": (b"GET /ver", 10),
        "headers without end": (b"GET /version HTTP/1.1\r\nHost: x\r\nA: b\r\n", 10),
        "one header a second": (b"GET /version HTTP/1.1\r\nHost: x\r\n", 10),
        "half a body": (b"POST " + MAPS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", 30),
    }
    EACH = 5

    def __init__(self, server):
        self.open = {}
        self.closed = {name: [] for name in self.KINDS}
        self.began = time.monotonic()
        for name, (sent, _) in self.KINDS.items():
            for _ in range(self.EACH):
                if "handshake" in name:
                    connection = socket.create_connection(("127.0.0.1", server.port))
                else:
                    connection = server.tls()
                if sent:
                    connection.sendall(sent)
                connection.setblocking(False)
                self.open[connection] = name
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while self.open and time.monotonic() - self.began < 60:
            readable, _, _ = select.select(list(self.open), [], [], 1)
            for connection in readable:
                try:
                    while connection.recv(65536):
                        pass
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue
                except OSError:
                    pass
                self.closed[self.open.pop(connection)].append(time.monotonic() - self.began)
                connection.close()
            for connection, name in self.open.items():
                if name == "one header a second":
                    try:
                        connection.sendall(b"A: b\r\n")
                    except OSError:
                        pass  # the next round sees the end of it

    def close(self):
        self.thread.join(70)
        for connection in self.open:
            connection.close()


def setUpModule():
    global SERVER, IDLERS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    SERVER = harness.Server("--verbose")
    unittest.addModuleCleanup(SERVER.close)
    SERVER.namespace("h")
    SERVER.account("h", "web")
    for _ in range(20):  # what every server needs once is not growth
        SERVER.get("/api/v1/namespaces")
        SERVER.get("/openapi/v2")
    SERVER.rss_before = SERVER.rss_kib()
    IDLERS = Idlers(SERVER)
    unittest.addModuleCleanup(IDLERS.close)


class Case(unittest.TestCase):
    assert_status = harness.ServerCase.assert_status
    server = property(lambda self: SERVER)

    def tearDown(self):
        self.assertEqual(self.server.get("/readyz").text, "ok")


def request(head, body=b""):
    return head.encode("latin-1").replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


class Bodies(Case):
    def test_a_body_over_the_limit(self):
        for length in (3 * MIB + 1, 10 ** 12, 2 ** 63 - 1):
            head = "POST %s HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: %d" % (MAPS, length)
            reply = parse_reply(self.server.raw(request(head, b" " * min(length, 3 * MIB + 1))))
            self.assert_status(reply, 413, "RequestEntityTooLarge",
                               "Request entity too large: limit is 3145728")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        head = "POST %s HTTP/1.1\nHost: x\nContent-Type: application/json\nTransfer-Encoding: chunked" % MAPS
        reply = parse_reply(self.server.raw(request(head, chunk * 50)))
        self.assert_status(reply, 413, "RequestEntityTooLarge")

    def test_a_body_at_the_limit_is_read(self):
        body = b'{"metadata":{"name":"x"},"data":{"a":"' + b"b" * (3 * MIB)
        body = body[:3 * MIB - 3] + b'"}}'
        reply = self.server.post(MAPS, body)  # read, and then refused for what it is
        self.assertIn(reply.status, (413, 422), reply)
        self.assertNotIn("3145728", reply.message)

    def test_a_head_over_the_limit(self):
        for head in ("GET /version HTTP/1.1\nHost: x\nA: " + "b" * (70 << 10),
                     "GET /version?" + "b" * (70 << 10) + " HTTP/1.1\nHost: x",
                     "GET /version HTTP/1.1\nHost: x" + "\nA: b" * 20000):
            reply = parse_reply(self.server.raw(request(head)))
            self.assert_status(reply, 431)

    def test_json_that_is_none(self):
        for body in (b'{"metadata": {"name": "x"', b"[" * 100000, b'{"a":' * 100000, b"[]", b"1", b'""',
                     b"\xff\xfe", b'{"metadata":{"name":"\xff"}}', b'{"a":1e999999}', b"{}{}", b"\0",
                     b'{"metadata":{"name":"\\ud800"}}', b"{" + b" " * MIB):
            with self.subTest(body[:30]):
                self.assert_status(self.server.post(MAPS, body), 400, "BadRequest")
        for body in (b"- " * 100000, b"a: &a [*a, *a]", b"{" * 5000, b"!!python/object:os.system x",
                     b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
                         b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 110))):
            with self.subTest(body[:30]):
                reply = self.server.post(MAPS, body, headers={"Content-Type": "application/yaml"})
                self.assertIn(reply.status, (400, 422), reply)

    def test_names_that_occur_twice(self):
        body = '{"metadata":{"name":"%s"},"data":{"a":"1","a":"2"},"data":{"b":"3"}}'
        reply = self.server.post(MAPS, body % "twice")
        self.assertEqual(reply.status, 201, reply)
        self.assertIn(r'299 - "duplicate field \"data.a\""', reply.warnings)
        reply = self.server.post(MAPS + "?fieldValidation=Strict", body % "thrice")
        self.assert_status(reply, 400, "BadRequest")
        self.assertIn("duplicate field", reply.message)

    def test_kinds_and_names_that_do_not_fit(self):
        reply = self.server.post(MAPS, {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}})
        self.assert_status(reply, 400, "BadRequest")
        for name in ("Upper", "under_score", "-dash", "dash-", "a..b", "\u00fc", "a b", "x" * 254):
            reply = self.server.post(MAPS, {"metadata": {"name": name}})
            self.assert_status(reply, 422, "Invalid")
            wanted = "must be no more than 253" if len(name) > 253 else SUBDOMAIN
            self.assertIn(wanted, reply.message)
        for name in ("a.b", "Upper", "x" * 64):
            reply = self.server.post("/api/v1/namespaces", {"metadata": {"name": name}})
            self.assert_status(reply, 422, "Invalid")
            self.assertIn("must be no more than 63" if len(name) > 63 else LABEL, reply.message)
        for path in (MAPS + "/../secrets", MAPS + "/%2e%2e", MAPS + "/a%2fb", MAPS + "/%00", MAPS + "/%zz",
                     "/api/v1/namespaces//configmaps", "/" * 3000, "/api/v1/" + "x/" * 1000):
            reply = parse_reply(self.server.raw(request("GET %s HTTP/1.1\nHost: x\nConnection: close" % path)))
            self.assertIn(reply.status, (301, 400, 404), path[:60])

    def test_protobuf_that_is_none(self):
        dice = random.Random(1)
        bodies = [b"", b"k8s\0", b"k8s\0" + b"\xff" * 100, b"k8s\0" + b"\x0a\xff\xff\xff\xff\x0f",
                  b"k8s\0" + b"\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"]
        bodies += [b"k8s\0" + dice.randbytes(dice.randrange(1, 300)) for _ in range(200)]
        envelope = b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap"  # Unknown{typeMeta}
        for _ in range(200):
            raw = dice.randbytes(dice.randrange(1, 100))
            bodies.append(b"k8s\0" + envelope + b"\x12" + bytes([len(raw)]) + raw)
        with self.server.session() as session:
            for body in bodies:
                reply = session.call("POST", MAPS, body,
                                     {"Content-Type": "application/vnd.kubernetes.protobuf"})
                self.assertIn(reply.status, (400, 422), body)
                self.assertEqual(reply.json["kind"], "Status")

    def test_patches_that_explode(self):
        self.server.create("h", "configmaps", {"metadata": {"name": "bomb"}, "data": {"a": "x" * 1000}})
        path = MAPS + "/bomb"

        def patch(body, kind):
            return self.server.call("PATCH", path, body,
                                    headers={"Content-Type": "application/%s+json" % kind})

        doubling = [{"op": "copy", "from": "/metadata", "path": "/metadata/m%d" % i} for i in range(60)]
        self.assertIn(patch(doubling, "json-patch").status, (413, 422))
        doubling = [{"op": "copy", "from": "/data/a", "path": "/data/b%d" % i} for i in range(9999)]
        self.assertIn(patch(doubling, "json-patch").status, (413, 422))
        one = {"op": "test", "path": "/data/a", "value": "x" * 1000}
        many = [dict(one, value="x")] + [{"op": "add", "path": "/data/a", "value": "y"}] * 10000
        self.assert_status(patch(many, "json-patch"), 413, "RequestEntityTooLarge")
        deep = b'{"data":' * 50000 + b"1" + b"}" * 50000
        self.assert_status(patch(deep, "merge-patch"), 400, "BadRequest")
        self.assert_status(patch(deep, "strategic-merge-patch"), 400, "BadRequest")
        wide = {"data": {"k%d" % i: "v" * 100 for i in range(15000)}}
        self.assertIn(patch(wide, "merge-patch").status, (413, 422))
        for directive in ({"$patch": "nonsense"}, {"metadata": {"$deleteFromPrimitiveList/finalizers": 3}},
                          {"metadata": {"$setElementOrder/finalizers": {"a": "b"}}}):
            self.assertIn(patch(directive, "strategic-merge-patch").status, (400, 422, 500), directive)
        self.assertEqual(self.server.get(path).json["data"]["a"], "x" * 1000)

    def test_selectors_without_end(self):
        big = "a%20in%20(" + ",".join("v%d" % i for i in range(8000)) + ")"
        self.assert_status(self.server.get(MAPS + "?labelSelector=" + big), 400, "BadRequest",
                           "a label selector may have at most 4096 bytes")
        for count, code in ((64, 200), (65, 400)):
            requirements = ",".join("k%d%%3Dv" % i for i in range(count))
            self.assertEqual(self.server.get(MAPS + "?labelSelector=" + requirements).status, code)
        for bad in ("(" * 50000, "!" * 50000, "," * 50000, "a" * 60000, "a%20in%20("):
            self.assert_status(self.server.get(MAPS + "?labelSelector=" + bad), 400, "BadRequest")
        for query in ("fieldSelector=" + "x%3Dy," * 5000, "limit=-1&continue=" + "A" * 50000,
                      "resourceVersion=" + "9" * 1000, "timeoutSeconds=x", "resourceVersion=-1"):
            self.assertIn(self.server.get(MAPS + "?" + query).status, (200, 400, 410), query[:40])


class Connections(Case):
    def test_what_is_no_tls(self):
        dice = random.Random(2)
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 5000, dice.randbytes(5000),
                     b"\x16\x03\x01\xff\xff" + dice.randbytes(70000), b"\x80\x2e\x01\x00\x02",
                     b"\x15\x03\x03\x00\x02\x02\x28", b"SSH-2.0-x\r\n"):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=15) as connection:
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # closed before it had everything
                read_all(connection)  # ends

    def test_a_certificate_of_another_authority(self):
        with harness.Server() as other:
            context = ssl.create_default_context(cafile=self.server.path("pki", "ca.crt"))
            context.load_cert_chain(other.path("pki", "admin.crt"), other.path("pki", "admin.key"))
            plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=15)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
                    connection.sendall(request("GET /version HTTP/1.1\nHost: x"))
                    if not connection.recv(1000):  # TLS 1.3 tells the client after its handshake
                        raise ConnectionError
            plain.close()

    def test_old_versions_of_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.server.path("pki", "ca.crt"))
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=15) as plain:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain, server_hostname="127.0.0.1").close()

    def test_requests_that_two_readers_would_read_differently(self):
        version = " /version HTTP/1.1\nHost: x\nConnection: close\n"
        for head, codes in (
                ("POST" + version + "Content-Length: 5\nTransfer-Encoding: chunked", (400,)),
                ("POST" + version + "Content-Length: 5\nContent-Length: 6", (400,)),
                ("POST" + version + "Content-Length: -1", (400,)),
                ("POST" + version + "Content-Length: 0x5", (400,)),
                ("POST" + version + "Transfer-Encoding: gzip, chunked", (400, 501)),
                ("GET" + version + "Bad Name: x", (400,)), ("GET" + version + "A: b\n c", (200, 400)),
                ("GET" + version + "A: \0", (400,)),
                ("GET /version HTTP/9.9\nHost: x", (400, 505)), ("GET /version", (400, 505)),
                ("\x01\x02\x03", (400,)), ("GET /a b HTTP/1.1\nHost: x", (400, 505))):
            with self.subTest(head):
                self.assertIn(parse_reply(self.server.raw(request(head))).status, codes)

    def test_a_watch_that_is_not_read_is_ended_and_holds_up_nobody(self):
        self.server.namespace("slow")
        maps = "/api/v1/namespaces/slow/configmaps"
        made = self.server.post(maps, {"metadata": {"name": "big"}}).json
        plain = socket.socket()
        self.addCleanup(plain.close)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(60)
        plain.connect(("127.0.0.1", self.server.port))
        with self.server.context().wrap_socket(plain, server_hostname="127.0.0.1") as watch:
            watch.sendall(request("GET %s?watch=1&resourceVersion=%s HTTP/1.1\nHost: x" %
                                  (maps, made["metadata"]["resourceVersion"])))
            self.assertIn(b" 200 ", watch.recv(1000))
            rounds = 30
            with self.server.session() as session:
                for i in range(rounds):
                    text = chr(97 + i % 26) * (900 << 10)
                    reply = session.call("PUT", maps + "/big", {"metadata": {"name": "big"}, "data": {"t": text}})
                    self.assertEqual(reply.status, 200, reply)
            received = len(read_all(watch))  # ends, although the watch had no limit in time
        self.assertLess(received, rounds * (900 << 10))

    def test_two_thousand_connections_at_once(self):
        wanted = 2000
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < wanted + 500:
            self.skipTest("only %d files may be open here" % soft)
        connections, failures = [], []

        def connect(count):
            for _ in range(count):
                try:
                    connections.append(self.server.tls("anonymous", timeout=60))
                except OSError as error:
                    failures.append(error)

        threads = [threading.Thread(target=connect, args=(wanted // 4,)) for _ in range(4)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(self.server.get("/version").status, 200)
            for connection in connections:  # each of them is served
                connection.sendall(request("GET /version HTTP/1.1\nHost: x"))
            for connection in connections:
                self.assertIn(b"200 OK", connection.recv(100))
        finally:
            for connection in connections:
                connection.close()

    def test_running_out_of_files_is_no_end(self):
        with harness.Server() as server:
            server.namespace("before")
            limit = 80
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, limit))
            greedy = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2 * limit)]
            time.sleep(1)
            for connection in greedy:
                connection.close()
            reply = harness.eventually(lambda: served(server, "/api/v1/namespaces/before"))
            self.assertEqual(reply.status, 200)
            server.namespace("after")
            self.assertEqual(server.terminate(), 0)


def served(server, path):
    try:
        return server.get(path)
    except OSError:
        return None


def frame(kind, flags, stream, payload=b""):
    """RFC 9113 4.1."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Http2(Case):
    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    SETTINGS = frame(4, 0, 0)
    # Indexed fields of RFC 7541 appendix A: GET, https, and the path as a literal.
    GET_VERSION = b"\x82\x87\x04\x08/version\x41\x01x"

    def send(self, data):
        with self.server.tls(alpn=("h2",), timeout=20) as connection:
            self.assertEqual(connection.selected_alpn_protocol(), "h2")
            try:
                connection.sendall(data)
            except OSError:
                pass  # closed before it had everything
            return read_all(connection)

    def test_what_is_no_http2_is_closed(self):
        dice = random.Random(3)
        hello = self.PREFACE + self.SETTINGS
        for data in (b"GET / HTTP/1.1\r\n\r\n", dice.randbytes(3000), hello + dice.randbytes(3000) + b"\xff" * 20000,
                     hello + frame(0, 0, 0, b"x"), hello + frame(1, 4, 2, self.GET_VERSION),
                     hello + frame(1, 4, 1, b"\xff" * 40), hello + frame(9, 4, 1, b"x"),
                     hello + frame(8, 0, 0, struct.pack(">I", 0)), hello + frame(6, 0, 0, b"short"),
                     hello + frame(4, 0, 0, struct.pack(">HI", 4, 2 ** 31))):
            self.send(data)  # ends: read_all comes back

    def test_a_thousand_streams_opened_and_reset(self):
        data = self.PREFACE + self.SETTINGS
        for i in range(1000):
            data += frame(1, 5, 2 * i + 1, self.GET_VERSION) + frame(3, 0, 2 * i + 1, struct.pack(">I", 8))
        data += frame(7, 0, 0, struct.pack(">II", 0, 0))  # goaway
        self.send(data)

    def test_headers_that_go_on_for_ever(self):
        data = self.PREFACE + self.SETTINGS + frame(1, 0, 1, self.GET_VERSION)
        literal = b"\x00\x01a\x7f\x81\x7e" + b"b" * 381  # never indexed by the table
        data += frame(9, 0, 1, literal * 40) * 200
        self.send(data)

    def test_settings_and_pings_without_end(self):
        data = self.PREFACE + self.SETTINGS + (self.SETTINGS + frame(6, 0, 0, b"12345678")) * 5000
        self.send(data + frame(7, 0, 0, struct.pack(">II", 0, 0)))


class Credentials(Case):
    def test_tokens_with_any_part_broken(self):
        token = self.server.token("h", "web")
        head, payload, signature = token.split(".")
        SECRETS.extend([signature, payload])
        flipped = ("B" if signature[5] == "A" else "A").join((signature[:5], signature[6:]))
        claims = harness.b64url(json.dumps(dict(harness.claims_of(token), sub="system:admin")).encode())
        none = harness.b64url(b'{"alg":"none","typ":"JWT"}')
        symmetric = harness.b64url(b'{"alg":"HS256"}')
        broken = [
            ".".join(parts) for parts in (
                (head, payload, flipped), (head, claims, signature), (none, payload, ""),
                (none, payload, signature), (symmetric, payload, signature), (head, payload, ""),
                (head, "", signature), ("", payload, signature), (head, payload, signature[:-4]),
                (head, payload, signature + "AAAA"), (head[:-2], payload, signature),
                (payload, head, signature), (head, payload, signature, "x"), (head, payload),
                (head, payload + "=", signature), (head, payload, signature.replace("_", "/") + "+"),
                (head, harness.b64url(b"[" * 5000), signature),
                (harness.b64url(b'{"alg":"RS256","alg":"none"}'), payload, signature),
                (harness.b64url(b'{"alg":"RS256","crit":["x"],"x":1}'), payload, signature))]
        broken += ["." * 5000, "A" * 60000, "eyJ" * 10000, token * 20, head + "." + "A" * 50000 + "." + signature]
        for text in broken:
            with self.subTest(text[:40]):
                reply = self.server.get("/api", token=text)
                self.assert_status(reply, 401, "Unauthorized", "Unauthorized")
                self.assertEqual(sorted(reply.json), ["apiVersion", "code", "kind", "message", "metadata",
                                                      "reason", "status"])
        self.assertEqual(self.server.get("/api", token=token).status, 200)

    def test_random_bytes_as_authorization(self):
        dice = random.Random(4)
        values = [dice.randbytes(dice.randrange(1, 200)) for _ in range(150)]
        values += [b"Bearer " + value for value in values]
        for value in values:
            value = value.replace(b"\r", b"").replace(b"\n", b"")
            data = request("GET /api HTTP/1.1\nHost: x\nConnection: close")[:-2]
            reply = parse_reply(self.server.raw(data + b"Authorization: " + value + b"\r\n\r\n", "anonymous"))
            self.assertIn(reply.status, (400, 401, 403), value)
            self.assertEqual(reply.json["kind"], "Status")

    def test_a_certificate_beats_no_broken_token_into_another_identity(self):
        reply = self.server.get("/api/v1/namespaces", headers={"Authorization": "Bearer a.b.c"})
        self.assertIn(reply.status, (200, 401))
        reply = self.server.get("/api/v1/namespaces", who="anonymous",
                                headers={"X-Remote-User": "admin", "X-Remote-Group": "system:masters",
                                         "Impersonate-User": "admin"})
        self.assertEqual(reply.status, 403)


class Afterwards(Case):
    def test_connections_that_began_nothing_are_closed_in_time(self):
        IDLERS.thread.join(70)
        for name, (_, limit) in Idlers.KINDS.items():
            with self.subTest(name):
                self.assertEqual(len(IDLERS.closed[name]), Idlers.EACH)
                # The upper bound allows for a machine that is busy with the other attacks.
                self.assertGreater(min(IDLERS.closed[name]), limit - 3)
                self.assertLess(max(IDLERS.closed[name]), limit + 15)

    def test_it_still_does_its_work(self):
        self.assertIsNone(self.server.process.poll())
        token = self.server.token("h", "web")
        SECRETS.append(token.split(".")[2])
        self.assertTrue(self.server.review(token)["authenticated"])
        self.assertEqual(self.server.get("/readyz").text, "ok")

    @unittest.skipIf(os.environ.get("SIGNET_SANITIZE"), "sanitizers keep what was freed")
    def test_memory_has_a_bound(self):
        self.assertLess(self.server.rss_kib() - self.server.rss_before, GROWTH_MAX_KIB)

    def test_the_log_has_no_secrets_and_only_whole_lines(self):
        log = self.server.log()
        self.assertIn("unauthenticated request", log)  # it does log
        for line in log.splitlines():
            json.loads(line)
        for secret in SECRETS:
            self.assertNotIn(secret, log)
            self.assertNotIn(secret[:40], log)
        for mark in ("-----BEGIN", "PRIVATE KEY", "eyJhbGciOi"):
            self.assertNotIn(mark, log)
        self.assertLess(len(log), MIB)


def load_tests(loader, _tests, _pattern):
    order = (Bodies, Connections, Http2, Credentials, Afterwards)
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in order)


if __name__ == "__main__":
    harness.main()
