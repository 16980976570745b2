#!/usr/bin/env python3
"""What somebody can try to be taken for somebody else, or to be served what was not allowed: in vain.

docs/THREATS.md names these tests. One server; its users come from a token file, from certificates
that are made here with openssl, and from service accounts.
"""
import copy
import json
import os
import ssl
import struct
import tempfile
import unittest

import harness
from harness import parse_reply

SERVER = None
DIRECTORY = None
TOKENS = 'alice-secret,alice,u-alice,"dev,ops"\nmaster-secret,root,u-root,system:masters\n'
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
SECRETS = "/api/v1/namespaces/h/secrets"
UID = "1.3.6.1.4.1.57683.2"
UNAUTHORIZED = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "Unauthorized", "reason": "Unauthorized", "code": 401}


def setUpModule():
    global SERVER, DIRECTORY
    DIRECTORY = tempfile.TemporaryDirectory(prefix="signet-e2e-")
    unittest.addModuleCleanup(DIRECTORY.cleanup)
    file = os.path.join(DIRECTORY.name, "tokens.csv")
    with open(file, "w", encoding="utf-8") as out:
        out.write(TOKENS)
    SERVER = harness.Server("--verbose", "--token-auth-file", file, "--enable-bootstrap-token-auth")
    unittest.addModuleCleanup(SERVER.close)
    SERVER.namespace("h")
    SERVER.account("h", "web")
    SERVER.create("h", "secrets", {"metadata": {"name": "s"}, "stringData": {"a": "treasure"}})
    SERVER.create("h", "secrets", {"metadata": {"name": "t"}, "stringData": {"a": "treasure"}})


class Case(unittest.TestCase):
    assert_status = harness.ServerCase.assert_status
    server = property(lambda self: SERVER)

    def assert_unauthorized(self, reply):
        self.assertEqual(reply.status, 401, reply)
        self.assertEqual(reply.json, UNAUTHORIZED)
        self.assertNotIn("www-authenticate", reply.headers)

    def who(self, **options):
        reply = self.server.post(WHO, {}, **options)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["status"]["userInfo"]


def request(head, body=b""):
    return head.encode("latin-1").replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


class Framing(Case):
    """One request is one request, with one credential."""

    def status(self, data, who="anonymous"):
        answer = self.server.raw(data, who)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)  # and the connection is closed
        return parse_reply(answer)

    def test_a_body_that_ends_in_two_places_is_refused(self):
        hidden = b"0\r\n\r\nGET %s HTTP/1.1\r\nHost: x\r\n\r\n" % SECRETS.encode()
        for lines in ("Content-Length: 5\nContent-Length: 5", "Content-Length: 5\nContent-Length: 60",
                      "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: 5\nTransfer-Encoding: chunked",
                      "Transfer-Encoding: chunked\nContent-Length: 5", "Content-Length: 5 5", "Content-Length:",
                      "Transfer-Encoding: chunked\nTransfer-Encoding: chunked", "Transfer-Encoding: identity",
                      "Transfer-Encoding: chunked\nTransfer-Encoding: identity", "Transfer-Encoding: xchunked",
                      "Transfer-Encoding: \x0bchunked", "Transfer-Encoding : chunked", "Content-Length : 5",
                      "Transfer-Encoding: chunked, chunked", "Content-Length: 0x5"):
            with self.subTest(lines):
                data = request("POST %s HTTP/1.1\nHost: x\nContent-Type: application/json\n%s" % (WHO, lines), hidden)
                self.assertIn(self.status(data, "admin").status, (400, 501))

    def test_header_lines_that_two_readers_would_read_differently_are_refused(self):
        for lines in ("Authorization : Bearer master-secret", "Authorization\t: Bearer master-secret",
                      " Authorization: Bearer master-secret", "Authorization\x00: Bearer master-secret",
                      "Authorization: Bearer master-secret\x00", "\xc0uthorization: Bearer master-secret",
                      "Authorization Bearer master-secret", "A: b\rAuthorization: Bearer master-secret",
                      ": Bearer master-secret", "A\x0bB: c", "Host: y"):
            with self.subTest(lines):
                reply = self.status(request("GET %s HTTP/1.1\nHost: x\n%s" % (SECRETS, lines)))
                self.assertEqual(reply.status, 400, reply)
        bare = b"GET %s HTTP/1.1\nHost: x\nAuthorization: Bearer master-secret\n\n" % SECRETS.encode()
        self.assertIn(self.status(bare).status, (400, 505))

    def test_a_folded_line_is_refused(self):
        for lines in ("A: b\n Authorization: Bearer master-secret", "A: b\n\tAuthorization: Bearer master-secret",
                      "Authorization: Bearer\n master-secret", "Authorization:\n Bearer master-secret", "A: b\n "):
            reply = self.status(request("GET %s HTTP/1.1\nHost: x\n%s" % (SECRETS, lines)))
            self.assert_status(reply, 400)
        # In a body such a line is nothing special.
        reply = self.server.post(WHO, "{\r\n \r\n\t}")
        self.assertEqual(reply.status, 201, reply)

    def test_two_authorizations_are_nobody(self):
        good, bad = "Authorization: Bearer master-secret", "authorization: Bearer nonsense"
        for lines in (good + "\n" + bad, bad + "\n" + good, good + "\n" + good, good + "\nAuthorization:"):
            for who in ("anonymous", "admin"):
                with self.subTest(lines, who=who):
                    self.assert_unauthorized(self.status(request(
                        "GET %s HTTP/1.1\nHost: x\nConnection: close\n%s" % (SECRETS, lines)), who))

    def test_the_target_decides_and_no_header_does(self):
        lines = ("X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE",
                 "X-Original-URL: " + SECRETS, "X-Rewrite-URL: " + SECRETS, "X-Forwarded-Uri: " + SECRETS,
                 "X-Remote-User: root\nX-Remote-Group: system:masters", "X-Forwarded-User: root")
        for line in lines:
            with self.subTest(line):
                reply = self.status(request("GET /version HTTP/1.1\nHost: x\nConnection: close\n" + line))
                self.assertEqual(reply.status, 200)
                self.assertIn("gitVersion", reply.json)
                reply = self.status(request("GET %s/s HTTP/1.1\nHost: x\nConnection: close\n%s" % (SECRETS, line)))
                self.assertEqual(reply.status, 403)
        reply = self.server.get(SECRETS + "/s", headers={"X-HTTP-Method-Override": "DELETE"})
        self.assertEqual(reply.json["kind"], "Secret")
        self.assertEqual(self.server.get(SECRETS + "/s").status, 200)

    def test_an_absolute_target_is_its_path(self):
        for target in ("https://x%s", "http://other.example%s", "HTTPS://x%s"):
            head = "GET " + target % SECRETS + " HTTP/1.1\nHost: x\nConnection: close"
            self.assertEqual(self.status(request(head)).status, 403)
            self.assertEqual(self.status(request(head), "admin").status, 200)
        for target in ("https://", "//x" + SECRETS, "x:443", "*", "?a", "ftp://x" + SECRETS):
            reply = self.status(request("GET %s HTTP/1.1\nHost: x\nConnection: close" % target))
            self.assertIn(reply.status, (400, 403), target)


class Verbs(Case):
    """What is authorized is what the method says, and nothing else is a verb."""

    METHODS = ("get", "Get", "gET", "LIST", "list", "WATCH", "CREATE", "UPDATE", "delete", "DELETECOLLECTION", "IMPERSONATE",
               "BIND", "ESCALATE", "OPTIONS", "TRACE", "PROPFIND", "X")

    def test_other_methods_are_no_verb(self):
        for method in self.METHODS:
            for path in (SECRETS, SECRETS + "/s", "/api/v1/watch/namespaces/h/secrets"):
                with self.subTest(method, path=path):
                    self.assert_status(self.server.call(method, path), 405, "MethodNotAllowed")
                    reply = self.server.call(method, path, token="alice-secret")
                    self.assert_status(reply, 403, "Forbidden")
                    self.assertIn('User "alice" cannot  resource "secrets"', reply.message)
        self.assertEqual(len(self.server.get(SECRETS).json["items"]), 2)

    def test_the_old_watch_path_only_reads(self):
        for method in ("DELETE", "POST", "PUT", "PATCH"):
            reply = self.server.call(method, "/api/v1/watch/namespaces/h/secrets/s", {})
            self.assertEqual(reply.status, 405, reply)
        self.assertEqual(self.server.get(SECRETS + "/s").status, 200)


class Paths(Case):
    """One path for who decides and who serves."""

    def test_paths_that_climb_or_repeat_lead_nowhere(self):
        for path in ("/healthz/..%s", "/version/../..%s", "/%%2e%%2e%s", "/./%s", "/healthz%%2f..%s", "/..%s", "/healthz;%s",
                     "/healthz%%3b%s", "/healthz//%s", "//%s", "/.%s", "/api/v1/namespaces/default/../h/secrets?%s",
                     "/healthz%%00%s", "/healthz%%0a%s", "/version%%23%s", "/healthz\\..%s"):
            path %= SECRETS
            with self.subTest(path):
                self.assertNotEqual(self.server.get(path, who="anonymous").status, 200)
                self.assertNotEqual(self.server.get(path, token="alice-secret").status, 200)
                self.assertNotIn("treasure", self.server.get(path).text)
                self.assertNotIn("SecretList", self.server.get(path).text)

    def test_encoded_slashes_and_dots_are_what_they_decode_to(self):
        for path in ("/api/v1/namespaces/h/secrets%2Fs", "/api/v1/namespaces%2fh/secrets/s", "/api%2Fv1/namespaces/h/secrets/s",
                     "/api/v1/namespaces/h/%73ecrets/s"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path).json["metadata"]["name"], "s")
                reply = self.server.get(path, token="alice-secret")
                self.assert_status(reply, 403, "Forbidden",
                                   'secrets "s" is forbidden: User "alice" cannot get resource "secrets" in API group '
                                   '"" in the namespace "h"')
        for path in (SECRETS + "/..%2Fconfigmaps", SECRETS + "/%2e%2e/configmaps", SECRETS + "/s/../t", SECRETS + "/.%2Ft",
                     SECRETS + "/s;x=y", SECRETS + "/s%3Bx", SECRETS + "/s%20", SECRETS + "/s%252F"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path).status, 404)
                self.assertEqual(self.server.get(path, token="alice-secret").status, 403)
        for path in (SECRETS + "/s%00", SECRETS + "/%zz", SECRETS + "/s%0d%0aX:y", SECRETS + "/%c0%ae"):
            self.assert_status(self.server.get(path), 400, "BadRequest")

    def test_groups_and_resources_have_one_case(self):
        for path in ("/api/v1/namespaces/h/Secrets/s", "/api/v1/Namespaces/h/secrets/s", "/API/v1/namespaces/h/secrets/s",
                     "/api/V1/namespaces/h/secrets/s", "/apis/Coordination.k8s.io/v1/leases",
                     "/apis/coordination.k8s.io/V1/leases"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path).status, 404)
                self.assertEqual(self.server.get(path, token="alice-secret").status, 403)

    def test_a_query_that_says_it_twice_is_served_as_it_was_authorized(self):
        # The first counts for both: the name that was asked for, and whether it is a watch.
        for query, names in (("fieldSelector=metadata.name%3Ds&fieldSelector=", ["s"]),
                             ("fieldSelector=metadata.name%3Ds,metadata.name%3Dt", []),
                             ("fieldSelector=metadata.name%3Ds&fieldSelector=metadata.name%3Dt", ["s"])):
            items = self.server.get(SECRETS + "?" + query).json["items"]
            self.assertEqual([item["metadata"]["name"] for item in items], names)
            self.assertIn('secrets "s" is forbidden', self.server.get(SECRETS + "?" + query, token="alice-secret").message)
        for query, verb in (("watch=false&watch=true", "list"), ("watch=true&watch=false", "watch"), ("Watch=true", "list")):
            reply = self.server.get(SECRETS + "?" + query, token="alice-secret")
            self.assertIn("cannot %s resource" % verb, reply.message)
        self.assertEqual(self.server.get(SECRETS + "?watch=false&watch=true").json["kind"], "SecretList")


def frame(kind, flags, stream, payload=b""):
    """RFC 9113 4.1."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """RFC 7541 6.2.2: neither indexed nor compressed."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def frames(data):
    """(type, flags, stream, payload) of each."""
    while len(data) >= 9:
        size = int.from_bytes(data[:3], "big")
        yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:9 + size]
        data = data[9 + size:]


class Http2(Case):
    HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
    GOODBYE = frame(7, 0, 0, struct.pack(">II", 0, 0))
    PLAIN = ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"x"), (b":path", SECRETS.encode()))

    def answered(self, fields, body=b""):
        """Whether the stream got an answer, rather than being reset."""
        block = b"".join(literal(name, value) for name, value in fields)
        data = self.HELLO + frame(1, 4 if body else 5, 1, block)
        if body:
            data += frame(0, 1, 1, body)
        with self.server.tls(alpn=("h2",), timeout=20) as connection:
            connection.sendall(data + self.GOODBYE)
            got = list(frames(harness.read_all(connection)))
        if any(kind == 1 and stream == 1 for kind, _, stream, _ in got):
            return True
        self.assertTrue(any(kind in (3, 7) for kind, _, _, _ in got), got)
        return False

    def test_a_plain_request_is_answered(self):
        self.assertTrue(self.answered(self.PLAIN))

    def test_pseudo_headers_that_say_two_things_are_reset(self):
        path, method = self.PLAIN[3], self.PLAIN[0]
        for fields in (self.PLAIN + (path,), self.PLAIN + (method,), (method,) + self.PLAIN, self.PLAIN[:3], self.PLAIN[1:],
                       self.PLAIN + ((b"a", b"b"), (b":path", b"/version")), ((b"a", b"b"),) + self.PLAIN,
                       self.PLAIN + ((b":status", b"200"),), self.PLAIN + ((b":unknown", b"x"),),
                       self.PLAIN + ((b"Authorization", b"Bearer master-secret"),),
                       self.PLAIN + ((b"connection", b"close"),), self.PLAIN + ((b"transfer-encoding", b"chunked"),),
                       self.PLAIN + ((b"upgrade", b"websocket"),), self.PLAIN + ((b"a b", b"c"),),
                       self.PLAIN + ((b"a", b"b\r\nc: d"),), self.PLAIN + ((b"a", b"b\0"),),
                       ((b":method", b"GE T"),) + self.PLAIN[1:], ((b":method", b""),) + self.PLAIN[1:],
                       self.PLAIN[:3] + ((b":path", b""),)):
            with self.subTest(fields):
                self.assertFalse(self.answered(fields))

    def test_a_length_that_is_not_the_bodys_is_reset(self):
        post = ((b":method", b"POST"),) + self.PLAIN[1:]
        for length in (b"1", b"3", b"2, 2", b"-2"):
            self.assertFalse(self.answered(post + ((b"content-length", length),), b"{}"), length)
        self.assertFalse(self.answered(post + ((b"content-length", b"2"), (b"content-length", b"2")), b"{}"))


class Tokens(Case):
    def test_static_tokens_are_users(self):
        self.assertEqual(self.who(token="alice-secret"),
                         {"username": "alice", "uid": "u-alice", "groups": ["dev", "ops", "system:authenticated"]})
        self.assertEqual(self.server.get(SECRETS, token="master-secret").status, 200)
        for token in ("alice-secre", "alice-secrett", "Alice-secret", "alice", "alice-secret,alice"):
            self.assert_unauthorized(self.server.get("/version", token=token))
        self.assertEqual(self.server.review("alice-secret")["user"]["username"], "alice")
        self.assertEqual(self.server.review("alice-secret", ["vault"]), {"user": {}, "error": "invalid bearer token"})

    def test_bootstrap_tokens_end_with_their_secret(self):
        path = "/api/v1/namespaces/kube-system/secrets"
        data = {"token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
                "auth-extra-groups": "system:bootstrappers:h"}
        body = {"metadata": {"name": "bootstrap-token-abcdef"}, "type": "bootstrap.kubernetes.io/token", "stringData": data}
        token = "abcdef.0123456789abcdef"
        self.assert_unauthorized(self.server.get("/version", token=token))
        self.assertEqual(self.server.post(path, body).status, 201)
        self.assertEqual(self.who(token=token), {
            "username": "system:bootstrap:abcdef",
            "groups": ["system:bootstrappers", "system:bootstrappers:h", "system:authenticated"]})
        self.assert_unauthorized(self.server.get("/version", token=token[:-1] + "0"))
        self.server.delete(path + "/bootstrap-token-abcdef")
        self.assert_unauthorized(self.server.get("/version", token=token))
        # A secret of another namespace is none.
        self.assertEqual(self.server.post(SECRETS, body).status, 201)
        self.assert_unauthorized(self.server.get("/version", token=token))
        self.server.delete(SECRETS + "/bootstrap-token-abcdef")
        # Nor may one give the rights of an administrator.
        body["stringData"]["auth-extra-groups"] = "system:masters"
        self.assertEqual(self.server.post(path, body).status, 201)
        self.assert_unauthorized(self.server.get("/version", token=token))
        self.server.delete(path + "/bootstrap-token-abcdef")

    def test_tokens_of_another_issuer_are_nobodys(self):
        for flags in ((), ("--service-account-issuer", self.server.url, "--api-audiences", self.server.url)):
            with harness.Server(*flags) as other:
                other.namespace("h")
                other.account("h", "web")
                token = other.token("h", "web", {"audiences": [self.server.url]})
                self.assertEqual(harness.claims_of(token)["iss"], self.server.url if flags else other.url)
                self.assert_unauthorized(self.server.get("/version", token=token))
                self.assertNotIn("authenticated", self.server.review(token))

    def test_every_claim_is_under_the_signature(self):
        token = self.server.token("h", "web", {"boundObjectRef": {"kind": "Secret", "apiVersion": "v1", "name": "s"}})
        head, _, signature = token.split(".")
        claims = harness.claims_of(token)
        tried = 0
        for changed in changes(claims):
            text = ".".join((head, harness.b64url(json.dumps(changed, separators=(",", ":")).encode()), signature))
            self.assert_unauthorized(self.server.get("/version", token=text))
            tried += 1
        self.assertGreater(tried, 12)
        for name, value in (("alg", "none"), ("alg", "HS256"), ("alg", "ES256"), ("kid", "other"), ("jku", "https://x")):
            header = dict(harness.header_of(token), **{name: value})
            text = ".".join((harness.b64url(json.dumps(header).encode()), token.split(".")[1], signature))
            self.assert_unauthorized(self.server.get("/version", token=text))
        self.assertEqual(self.server.get("/version", token=token).status, 200)

    def test_a_token_is_good_for_its_audiences_only(self):
        token = self.server.token("h", "web", {"audiences": ["vault"]})
        self.assert_unauthorized(self.server.get("/version", token=token))
        self.assertNotIn("authenticated", self.server.review(token))
        self.assertEqual(self.server.review(token, ["x", "vault"])["audiences"], ["vault"])
        for audience in ("Vault", "vaul", "vault2", "vault ", "*", ""):
            self.assertNotIn("authenticated", self.server.review(token, [audience]))
        ours = self.server.token("h", "web")
        self.assertNotIn("authenticated", self.server.review(ours, ["vault"]))

    def test_an_account_made_again_under_the_same_name_is_another(self):
        self.server.account("h", "again")
        token = self.server.token("h", "again")
        self.assertEqual(self.server.get("/version", token=token).status, 200)
        path = "/api/v1/namespaces/h/serviceaccounts/again"
        old = self.server.get(path).json["metadata"]["uid"]
        self.assertEqual(self.server.delete(path).status, 200)
        self.assert_unauthorized(self.server.get("/version", token=token))
        new = self.server.account("h", "again")["metadata"]["uid"]
        self.assert_unauthorized(self.server.get("/version", token=token))
        self.assertEqual(self.server.review(token)["error"],
                         "[invalid bearer token, service account UID (%s) does not match claim (%s)]" % (new, old))


def changes(value):
    """Copies of a JSON value, each with one leaf changed or one member left out."""
    if isinstance(value, dict):
        for name in value:
            yield {other: value[other] for other in value if other != name}
            for changed in changes(value[name]):
                yield dict(copy.deepcopy(value), **{name: changed})
    elif isinstance(value, list):
        for place, item in enumerate(value):
            for changed in changes(item):
                yield value[:place] + [changed] + value[place + 1:]
    else:
        yield value + 1 if isinstance(value, int) else value + "x"


class Certificates(Case):
    def certificate(self, name, subject, extensions="extendedKeyUsage=clientAuth", days=1, ca=None):
        """A client certificate of this server's authority, or of another, as an identity for calls."""
        def path(suffix):
            return os.path.join(DIRECTORY.name, name + suffix)

        with open(path(".cnf"), "w", encoding="utf-8") as file:
            file.write("oid_section=oids\n[oids]\nuserUid=%s\n[req]\ndistinguished_name=dn\n[dn]\n[ext]\n%s\n" %
                       (UID, extensions))
        ca = ca or self.server
        for step in (
                ("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(".key")),
                ("req", "-new", "-config", path(".cnf"), "-key", path(".key"), "-subj", subject, "-out", path(".csr")),
                ("x509", "-req", "-in", path(".csr"), "-CA", ca.path("pki", "ca.crt"), "-CAkey", ca.path("pki", "ca.key"),
                 "-set_serial", "77", "-days", days, "-extfile", path(".cnf"), "-extensions", "ext", "-out", path(".crt"))):
            result = harness.run("openssl", *step)
            self.assertEqual(result.returncode, 0, result.stderr)
        context = ssl.create_default_context(cafile=self.server.path("pki", "ca.crt"))
        context.load_cert_chain(path(".crt"), path(".key"))
        self.server.contexts[name, ()] = context
        return name

    def assert_refused(self, who):
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with self.server.tls(who) as connection:
                connection.sendall(request("GET /version HTTP/1.1\nHost: x"))
                if not connection.recv(1000):  # TLS 1.3 tells the client after its handshake
                    raise ConnectionError

    def test_name_groups_and_uid_come_from_the_subject(self):
        user = self.who(who=self.certificate("good", "/O=dev/O=ops/CN=carol/userUid=u-carol"))
        self.assertEqual((user["username"], user["uid"], user["groups"]),
                         ("carol", "u-carol", ["dev", "ops", "system:authenticated"]))
        self.assertRegex(user["extra"]["authentication.kubernetes.io/credential-id"][0], "^X509SHA256=[0-9a-f]{64}$")

    def test_two_uids_are_nobody(self):
        who = self.certificate("uids", "/CN=carol/userUid=a/userUid=b")
        self.assert_unauthorized(self.server.get("/version", who=who))

    def test_no_name_is_no_user_whatever_the_groups(self):
        who = self.certificate("nameless", "/O=system:masters")
        reply = self.server.get(SECRETS, who=who)
        self.assert_status(reply, 403)
        self.assertIn('User "system:anonymous"', reply.message)

    def test_a_certificate_beats_a_bad_token(self):
        who = self.certificate("beats", "/CN=carol")
        self.assertEqual(self.who(who=who, headers={"Authorization": "Bearer nonsense"})["username"], "carol")

    def test_other_authorities_uses_and_times_are_refused(self):
        with harness.Server() as other:
            self.assert_refused(self.certificate("foreign", "/O=system:masters/CN=root", ca=other))
        self.assert_refused(self.certificate("expired", "/O=system:masters/CN=root", days=-1))
        self.assert_refused(self.certificate("server", "/O=system:masters/CN=root", "extendedKeyUsage=serverAuth"))


class Impersonation(Case):
    def test_who_may_not_is_told_so_and_stays_himself(self):
        def refusal(headers):
            reply = self.server.get("/version", token="alice-secret", headers=headers)
            self.assert_status(reply, 403, "Forbidden")
            self.assertEqual(reply.headers["x-content-type-options"], "nosniff")
            return reply.message

        self.assertEqual(refusal({"Impersonate-User": "bob"}),
                         'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at '
                         'the cluster scope')
        self.assertEqual(refusal({"Impersonate-User": "system:serviceaccount:h:web"}),
                         'serviceaccounts "web" is forbidden: User "alice" cannot impersonate resource "serviceaccounts" '
                         'in API group "" in the namespace "h"')
        self.assertIn('users "alice"', refusal({"Impersonate-User": "alice", "Impersonate-Group": "system:masters"}))

    def test_a_tower_of_impersonations_is_one(self):
        # The second name is not looked at with the rights of the first.
        data = request("GET %s HTTP/1.1\nHost: x\nConnection: close\nImpersonate-User: a\nImpersonate-User: b" % SECRETS)
        reply = parse_reply(self.server.raw(data))
        self.assertEqual((reply.status, reply.headers["content-type"]), (400, "text/plain; charset=utf-8"))

    def test_names_that_are_empty_or_unknown_do_not_fall_back_to_the_caller(self):
        for headers in ({"Impersonate-User": ""}, {"Impersonate-Groups": "g"}, {"Impersonate-User": "a", "Impersonate-X": "b"}):
            self.assertEqual(self.server.get("/version", headers=headers).status, 400, headers)
        self.assertEqual(self.server.get("/version", headers={"Impersonate-Uid": "1"}).status, 500)

    def test_headers_have_a_limit(self):
        lines = "".join("\nImpersonate-Group: g%d" % i for i in range(300))
        data = request("GET /version HTTP/1.1\nHost: x\nImpersonate-User: a" + lines)
        self.assertEqual(parse_reply(self.server.raw(data)).status, 431)

    def test_the_other_user_has_his_own_rights_and_no_more(self):
        headers = {"Impersonate-User": "bob", "Impersonate-Group": "dev"}
        self.assertEqual(self.who(headers=headers)["groups"], ["dev", "system:authenticated"])
        self.assertIn('User "bob" cannot', self.server.get(SECRETS, headers=headers).message)


class Roles(Case):
    """What a role gives away, and what only looks as if it did."""

    RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/h/"

    def grant(self, name, rule, user="alice"):
        role = {"metadata": {"name": name}, "rules": [rule]}
        binding = {"metadata": {"name": name}, "subjects": [{"kind": "User", "name": user}],
                   "roleRef": {"kind": "Role", "name": name}}
        for resource, body in (("roles", role), ("rolebindings", binding)):
            self.assertEqual(self.server.post(self.RBAC + resource, body).status, 201)
            self.addCleanup(self.server.delete, self.RBAC + resource + "/" + name)

    def status(self, path):
        return self.server.get(path, token="alice-secret").status

    def test_a_wildcard_of_subresources_reaches_no_further(self):
        pods = "/api/v1/namespaces/h/pods"
        self.grant("wild", {"verbs": ["get"], "apiGroups": [""], "resources": ["*/status", "pods/*", "secrets/*"]})
        self.assertEqual(self.status(pods + "/p/status"), 404, "allowed, and not there")
        self.assertEqual(self.status(pods + "/p"), 403)
        self.assertEqual(self.status(pods + "/p/log"), 403, "pods/* is no wildcard")
        self.assertEqual(self.status(SECRETS + "/s"), 403)
        self.assertEqual(self.status("/api/v1/namespaces/default/pods/p/status"), 403)

    def test_a_right_to_be_users_is_none_to_be_in_groups(self):
        everywhere = "/apis/rbac.authorization.k8s.io/v1/"
        role = {"metadata": {"name": "actor"},
                "rules": [{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"]}]}
        binding = {"metadata": {"name": "actor"}, "subjects": [{"kind": "User", "name": "alice"}],
                   "roleRef": {"kind": "ClusterRole", "name": "actor"}}
        for resource, body in (("clusterroles", role), ("clusterrolebindings", binding)):
            self.assertEqual(self.server.post(everywhere + resource, body).status, 201)
            self.addCleanup(self.server.delete, everywhere + resource + "/actor")
        bob = {"Impersonate-User": "bob"}
        self.assertEqual(self.who(token="alice-secret", headers=bob)["username"], "bob")
        reply = self.server.get(SECRETS, token="alice-secret", headers={**bob, "Impersonate-Group": "system:masters"})
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn('groups "system:masters" is forbidden: User "alice" cannot impersonate', reply.message)

    def test_nobody_grants_what_he_does_not_hold(self):
        self.grant("maker", {"verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"],
                             "resources": ["roles", "rolebindings"]})
        role = {"metadata": {"name": "mine"},
                "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]}
        reply = self.server.post(self.RBAC + "roles", role, token="alice-secret")
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn('{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}', reply.message)
        binding = {"metadata": {"name": "mine"}, "subjects": [{"kind": "User", "name": "alice"}],
                   "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}
        reply = self.server.post(self.RBAC + "rolebindings", binding, token="alice-secret")
        self.assert_status(reply, 403, "Forbidden")
        self.assertEqual(self.status(SECRETS + "/s"), 403)


class Afterwards(Case):
    def test_no_credential_was_written_down(self):
        log = self.server.log()
        self.assertIn("unauthenticated request", log)
        self.assertIn("impersonation", log)
        for secret in ("alice-secret", "master-secret", "0123456789abcdef", "eyJhbGciOi", "treasure"):
            self.assertNotIn(secret, log)
        self.assertEqual(self.server.get("/readyz").text, "ok")


def load_tests(loader, _tests, _pattern):
    order = (Framing, Verbs, Paths, Http2, Tokens, Certificates, Impersonation, Roles, Afterwards)
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in order)


if __name__ == "__main__":
    harness.main()
