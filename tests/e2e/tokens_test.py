#!/usr/bin/env python3
"""Tokens through the whole system: issued, reviewed, revoked, run out, checked by strangers."""
import hashlib
import json
import time

import harness
import openssl

ISSUER = "https://foo.bar.example.com"
LONGEST = 7200
GONE = "service account token has been invalidated"
NOT_MINE = "[invalid bearer token, %s]"


def bound_to(kind, target, with_uid=True):
    ref = {"kind": kind, "apiVersion": "v1", "name": target["metadata"]["name"]}
    if with_uid:
        ref["uid"] = target["metadata"]["uid"]
    return {"boundObjectRef": ref}


def pod_manifest(name, account, **spec):
    return {"metadata": {"name": name}, "spec": {
        "serviceAccountName": account, "containers": [{"name": "main", "image": "debian"}], **spec}}


class TokenCase(harness.ServerCase):
    """A server with a clock of its own; every test gets a namespace with the account `web`."""

    flags = ("--service-account-issuer", ISSUER, "--api-audiences", "api",
             "--service-account-max-token-expiration", str(LONGEST))
    clock = True
    namespaces = 0

    def setUp(self):
        TokenCase.namespaces += 1
        self.ns = "t%d" % TokenCase.namespaces
        self.server.namespace(self.ns)
        self.account = self.server.account(self.ns, "web")
        self.addCleanup(self.server.move_clock, 0)

    def token(self, account="web", **spec):
        return self.server.token(self.ns, account, spec)

    def ask(self, account="web", **spec):
        return self.server.request_token(self.ns, account, spec)

    def object(self, resource, name):
        return "/api/v1/namespaces/%s/%s/%s" % (self.ns, resource, name)

    def pod(self, name="p", account="web", **spec):
        return self.server.create(self.ns, "pods", pod_manifest(name, account, **spec))

    def remove(self, resource, name, grace=None):
        body = None if grace is None else {"gracePeriodSeconds": grace}
        self.assertEqual(self.server.delete(self.object(resource, name), body).status, 200)

    def assert_good(self, token, audiences=None):
        status = self.server.review(token, audiences)
        self.assertTrue(status.get("authenticated"), status)
        return status

    def assert_refused(self, token, why, audiences=None):
        status = self.server.review(token, audiences)
        self.assertFalse(status.get("authenticated", False))
        self.assertEqual(status["user"], {})
        self.assertEqual(status["error"], why)
        if audiences is None:
            self.assert_status(self.server.get("/api", token=token), 401, "Unauthorized", "Unauthorized")

    def review_at(self, token, instant, no_later_than):
        """The verdict at an instant of the server's clock, which did not pass the given one."""
        for _ in range(20):
            offset = int(instant - time.time())
            self.server.move_clock(offset)
            status = self.server.review(token)
            if time.time() + offset <= no_later_than:
                return status
        raise AssertionError("this machine is too slow for this test")


class Issuing(TokenCase):
    def test_an_empty_request_is_for_the_api_and_an_hour(self):
        reply = self.ask()
        self.assertEqual(reply.status, 201)
        spec, status = reply.json["spec"], reply.json["status"]
        self.assertEqual(spec["expirationSeconds"], 3600)
        self.assertEqual(spec["audiences"], ["api"])
        self.assertIsNone(spec["boundObjectRef"])
        self.assertEqual(reply.json["metadata"]["uid"], self.account["metadata"]["uid"])
        claims = harness.claims_of(status["token"])
        self.assertEqual(claims["sub"], "system:serviceaccount:%s:web" % self.ns)
        self.assertEqual((claims["iss"], claims["aud"]), (ISSUER, ["api"]))
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertEqual(claims["nbf"], claims["iat"])
        self.assertEqual(sorted(claims["kubernetes.io"]), ["namespace", "serviceaccount"])
        self.assertEqual(sorted(harness.header_of(status["token"])), ["alg", "kid"])

    def test_lifetimes_have_limits_on_both_sides(self):
        for seconds, problem in ((0, "less than 10 minutes"), (599, "less than 10 minutes"),
                                 (2 ** 32 + 1, "larger than 2^32 seconds")):
            reply = self.ask(expirationSeconds=seconds)
            self.assert_status(reply, 422, "Invalid")
            self.assertIn(problem, reply.message)
            self.assertEqual(reply.json["details"]["causes"][0]["field"], "spec.expirationSeconds")
        for seconds, given in ((600, 600), (6600, 6600), (LONGEST, LONGEST)):
            reply = self.ask(expirationSeconds=seconds)
            self.assertEqual(reply.json["spec"]["expirationSeconds"], given)
            self.assertEqual(reply.warnings, [])
        reply = self.ask(expirationSeconds=7800)
        self.assertEqual(reply.json["spec"]["expirationSeconds"], LONGEST)
        self.assertEqual(reply.warnings, [
            '299 - "requested expiration of 7800 seconds shortened to 7200 seconds"'])
        claims = harness.claims_of(reply.json["status"]["token"])
        self.assertEqual(claims["exp"] - claims["iat"], LONGEST)

    def test_two_tokens_are_never_the_same(self):
        tokens = [self.token() for _ in range(5)]
        self.assertEqual(len({harness.claims_of(token)["jti"] for token in tokens}), 5)

    def test_audiences_keep_their_order_and_their_letters(self):
        token = self.token(audiences=["2", "1", "a&b"])
        self.assertEqual(harness.claims_of(token)["aud"], ["2", "1", "a&b"])
        self.assertIn(rb'"a\u0026b"', harness.b64url_decode(token.split(".")[1]))

    def test_what_is_bound_must_be_there_and_be_the_same(self):
        pod = self.pod()
        self.server.account(self.ns, "other")
        foreign = self.pod("foreign", "other")
        wrong = bound_to("Pod", {"metadata": {"name": "p", "uid": "11111111-1111-4111-8111-111111111111"}})
        reply = self.ask(**wrong)
        self.assert_status(reply, 409, "Conflict")
        self.assertNotIn(pod["metadata"]["uid"], reply.text)
        missing = bound_to("Pod", {"metadata": {"name": "nobody"}}, with_uid=False)
        self.assert_status(self.ask(**missing), 404, "NotFound", 'pods "nobody" not found')
        reply = self.ask(**bound_to("Pod", foreign))
        self.assert_status(reply, 400, "BadRequest", 'cannot bind token for serviceaccount "web" to '
                           "pod running with different serviceaccount name.")
        reply = self.ask(boundObjectRef={"kind": "ConfigMap", "apiVersion": "v1", "name": "p"})
        self.assert_status(reply, 400, "BadRequest",
                           "cannot bind token to object of type /v1, Kind=ConfigMap")
        claims = harness.claims_of(self.token(**bound_to("Pod", pod, with_uid=False)))
        self.assertEqual(claims["kubernetes.io"]["pod"],
                         {"name": "p", "uid": pod["metadata"]["uid"]})

    def test_only_the_standard_mount_is_extended_to_a_year(self):
        year = 365 * 24 * 3600
        server = harness.Server("--service-account-issuer", ISSUER, "--api-audiences", "api",
                                "--service-account-extend-token-expiration", "true")
        self.addCleanup(server.close)
        server.namespace(self.ns)
        server.account(self.ns, "web")
        pod = server.create(self.ns, "pods", pod_manifest("p", "web"))
        for seconds, audiences, extended in ((3607, ["api"], True), (3606, ["api"], False),
                                             (3608, ["api"], False), (3607, ["x", "api"], False)):
            reply = server.request_token(self.ns, "web", {
                "expirationSeconds": seconds, "audiences": audiences, **bound_to("Pod", pod)})
            claims = harness.claims_of(reply.json["status"]["token"])
            self.assertEqual(reply.json["spec"]["expirationSeconds"], seconds)
            self.assertEqual(claims["exp"] - claims["iat"], year if extended else seconds)
            if extended:
                self.assertEqual(claims["kubernetes.io"]["warnafter"], claims["iat"] + seconds)
            else:
                self.assertNotIn("warnafter", claims["kubernetes.io"])

    def test_requests_that_make_no_sense_are_refused(self):
        path = self.object("serviceaccounts", "web") + "/token"
        self.assert_status(self.server.get(path), 405, "MethodNotAllowed")
        for body in (b"{", b"", b'{"kind":"Pod","apiVersion":"v1"}',
                     b'{"kind":"TokenRequest","apiVersion":"v1"}'):
            self.assert_status(self.server.post(path, body), 400, "BadRequest")
        self.assert_status(self.ask("nobody"), 404, "NotFound", 'serviceaccounts "nobody" not found')
        for name, uid, code in (("other", "", 422), ("web", "no-uid", 409)):
            metadata = {"name": name, "uid": uid}
            self.assert_status(self.server.post(path, {"metadata": metadata, "spec": {}}), code)


class Reviewing(TokenCase):
    def test_a_fresh_token_says_who_and_where(self):
        self.server.post("/api/v1/nodes", {"metadata": {"name": "n-" + self.ns}})
        pod = self.pod(nodeName="n-" + self.ns)
        token = self.token(**bound_to("Pod", pod))
        user = self.assert_good(token)["user"]
        self.assertEqual(user["username"], "system:serviceaccount:%s:web" % self.ns)
        self.assertEqual(user["uid"], self.account["metadata"]["uid"])
        self.assertEqual(user["groups"], ["system:serviceaccounts",
                                          "system:serviceaccounts:" + self.ns,
                                          "system:authenticated"])
        extra = user["extra"]
        self.assertEqual(extra["authentication.kubernetes.io/pod-name"], ["p"])
        self.assertEqual(extra["authentication.kubernetes.io/pod-uid"], [pod["metadata"]["uid"]])
        self.assertEqual(extra["authentication.kubernetes.io/node-name"], ["n-" + self.ns])
        self.assertEqual(extra["authentication.kubernetes.io/credential-id"],
                         ["JTI=" + harness.claims_of(token)["jti"]])
        own = self.server.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=token)
        self.assertEqual(own.status, 201)
        self.assertEqual(own.json["status"]["userInfo"], user)

    def test_the_audience_decides_and_keeps_the_order_of_the_question(self):
        token = self.token(audiences=["a", "b"])
        self.assertEqual(self.assert_good(token, ["b", "a", "x"])["audiences"], ["b", "a"])
        self.assertEqual(self.assert_good(token, ["b"])["audiences"], ["b"])
        why = 'token audiences ["a" "b"] is invalid for the target audiences ["%s"]'
        self.assert_refused(token, NOT_MINE % (why % "api"))
        self.assert_refused(token, NOT_MINE % (why % "c"), ["c"])

    def test_a_review_needs_a_token_and_the_right(self):
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        reply = self.server.post(path, {"spec": {"token": ""}})
        self.assert_status(reply, 400, "BadRequest")
        self.assertIn("token is required for TokenReview in authentication", reply.message)
        reply = self.server.post(path, {"spec": {"token": "x"}}, token=self.token())
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn("at the cluster scope", reply.message)
        self.assert_good(self.token() + "\n")

    def test_the_account_is_looked_at_every_time(self):
        token = self.token()
        uid = self.account["metadata"]["uid"]
        self.assert_good(token)
        self.remove("serviceaccounts", "web")
        self.assert_refused(token, NOT_MINE % 'serviceaccounts "web" not found')
        again = self.server.account(self.ns, "web")["metadata"]["uid"]
        self.assert_refused(token, NOT_MINE % ("service account UID (%s) does not match claim (%s)" %
                                               (again, uid)))
        self.assert_good(self.token())

    def test_bound_objects_take_their_tokens_with_them(self):
        node = {"metadata": {"name": "bound-" + self.ns}}
        manifests = {
            "pod": ("Pod", self.object("pods", "p"), pod_manifest("p", "web")),
            "secret": ("Secret", self.object("secrets", "s"), {"metadata": {"name": "s"}}),
            "node": ("Node", "/api/v1/nodes/" + node["metadata"]["name"], node),
        }
        for word, (kind, path, manifest) in manifests.items():
            with self.subTest(word):
                collection = path.rsplit("/", 1)[0]
                first = self.server.post(collection, manifest).json
                token = self.token(**bound_to(kind, first))
                self.assert_good(token)
                self.assertEqual(self.server.delete(path, {"gracePeriodSeconds": 0}).status, 200)
                self.assert_refused(token, NOT_MINE % GONE)
                second = self.server.post(collection, manifest).json
                text = "%s UID (%s) does not match service account %s ref claim (%s)" % (
                    word, second["metadata"]["uid"], word, first["metadata"]["uid"])
                self.assert_refused(token, NOT_MINE % text)

    def test_deleting_the_namespace_ends_its_tokens(self):
        token = self.token()
        self.assert_good(token)
        self.assertEqual(self.server.delete("/api/v1/namespaces/" + self.ns).status, 200)
        harness.eventually(lambda: not self.server.review(token).get("authenticated"))

    def test_strangers_and_alterations_are_refused(self):
        token = self.token()
        head, payload, signature = token.split(".")
        other_issuer = dict(harness.claims_of(token), iss=ISSUER + "/")
        for text in ("a.b", "a.b.c", "invalid token", "x" * 8000,
                     json.dumps({"payload": payload, "signatures": [{"protected": head,
                                                                     "signature": signature}]}),
                     ".".join((head, harness.b64url(json.dumps(other_issuer).encode()), signature))):
            self.assertEqual(self.server.review(text)["error"], "invalid bearer token")
        altered = dict(harness.claims_of(token), sub="system:serviceaccount:kube-system:admin")
        altered = harness.b64url(json.dumps(altered).encode())
        stranger = harness.b64url(b'{"alg":"RS256","kid":"unknown"}')
        none = harness.b64url(b'{"alg":"none"}')
        for text in (".".join((head, altered, signature)), ".".join((stranger, payload, signature)),
                     ".".join((none, payload, "")), ".".join((none, payload, signature))):
            status = self.server.review(text)
            self.assertFalse(status.get("authenticated", False), text)
            self.assertEqual(self.server.get("/api", token=text).status, 401)

    def test_the_header_has_to_be_well_formed(self):
        token = self.token()
        for value, code in (("Bearer " + token, 200), ("bearer " + token, 200),
                            ("BEARER " + token, 200), ("Bearer: " + token, 403), ("Bearer", 403),
                            ("bear " + token, 403), ("Basic " + token, 403),
                            ("Bearer x", 401), ("Bearer a.b.c", 401)):
            reply = self.server.get("/api", who="anonymous", headers={"Authorization": value})
            self.assertEqual(reply.status, code, value.split()[0])
        reply = self.server.get("/api", who="anonymous", headers={"Authorization": "Bearer  " + token})
        self.assertEqual(reply.status, 403)
        self.assertTrue(any("extra space" in warning for warning in reply.warnings), reply.all)


class Time(TokenCase):
    def test_a_token_ends_a_minute_after_its_end(self):
        token = self.token(expirationSeconds=600)
        end = harness.claims_of(token)["exp"]
        status = self.review_at(token, end + 59, no_later_than=end + 60)
        self.assertTrue(status.get("authenticated"), status)
        self.server.move_clock(int(end - time.time()) + 62)
        self.assert_refused(token, NOT_MINE % "service account token has expired")

    def test_a_token_begins_a_minute_before_its_beginning(self):
        self.server.move_clock(5000)
        token = self.token()
        begin = harness.claims_of(token)["nbf"]
        self.server.move_clock(int(begin - time.time()) - 58)
        self.assert_good(token)
        self.review_at(token, begin - 65, no_later_than=begin - 61)
        self.assert_refused(token, NOT_MINE % "service account token is not valid yet")

    def test_a_pod_that_is_ending_keeps_its_tokens_for_a_minute_more(self):
        self.server.post("/api/v1/nodes", {"metadata": {"name": "slow"}})
        token = self.token(**bound_to("Pod", self.pod(nodeName="slow")))
        self.remove("pods", "p", grace=30)  # nobody runs it, so nobody ends it
        self.assert_good(token)
        self.server.move_clock(80)
        self.assert_good(token)
        self.server.move_clock(92)
        self.assert_refused(token, NOT_MINE % GONE)

    def test_an_account_held_by_a_finalizer_is_good_for_a_minute(self):
        name = self.object("serviceaccounts", "web")
        held = dict(self.account)
        held["metadata"] = dict(held["metadata"], finalizers=["example.test/hold"])
        self.assertEqual(self.server.call("PUT", name, held).status, 200)
        token = self.token()
        self.remove("serviceaccounts", "web")
        self.assert_good(token)
        self.server.move_clock(62)
        self.assert_refused(token, NOT_MINE % ("service account %s/web has been deleted" % self.ns))


class Nodes(TokenCase):
    """What a node's certificate may do: what its own pods need, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("n1", "n2"):
            cls.server.post("/api/v1/nodes", {"metadata": {"name": name}})
        openssl.issue_client_certificate(cls.server, "n1", "system:node:n1", "system:nodes")

    def node_asks(self, **spec):
        return self.server.request_token(self.ns, "web", spec, who="n1")

    def assert_token_refused(self, reply, why):
        self.assert_status(reply, 403, "Forbidden", 'serviceaccounts "web" is forbidden: ' + why)

    def test_tokens_are_for_its_own_pods_only(self):
        projected = [{"name": "t", "projected": {"sources": [
            {"serviceAccountToken": {"path": "t", "audience": "vault"}}]}}]
        mine = self.pod("mine", nodeName="n1", volumes=projected)
        foreign = self.pod("foreign", nodeName="n2")
        self.assertEqual(self.node_asks(**bound_to("Pod", mine)).status, 201)
        self.assertEqual(self.node_asks(audiences=["vault"], **bound_to("Pod", mine)).status, 201)
        self.assert_token_refused(self.node_asks(), "node requested token not bound to a pod")
        self.assert_token_refused(self.node_asks(**bound_to("Pod", mine, with_uid=False)),
                                  "node requested token with a pod binding without a uid")
        self.assert_token_refused(
            self.node_asks(**bound_to("Pod", foreign)),
            "node requested token bound to a pod scheduled on a different node")
        self.assert_token_refused(self.node_asks(audiences=["vault", "x"], **bound_to("Pod", mine)),
                                  "node may only request 0 or 1 audiences")
        self.assert_token_refused(
            self.node_asks(audiences=["bank"], **bound_to("Pod", mine)),
            'audience "bank" not found in pod spec volume, system:node:n1 is not authorized to '
            "request tokens for this audience")
        again = dict(mine, metadata=dict(mine["metadata"], uid="11111111-1111-4111-8111-111111111111"))
        reply = self.node_asks(**bound_to("Pod", again))
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn("does not match the UID in record", reply.message)

    def test_an_account_that_none_of_its_pods_uses_is_out_of_reach(self):
        pod = self.pod("foreign", nodeName="n2")
        reply = self.node_asks(**bound_to("Pod", pod))
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn("no relationship found between node 'n1' and this object", reply.message)

    def test_it_reads_only_what_its_pods_mention(self):
        for name in ("wanted", "other"):
            self.server.create(self.ns, "secrets", {"metadata": {"name": name}})
        self.pod(nodeName="n1", volumes=[{"name": "s", "secret": {"secretName": "wanted"}}])
        self.assertEqual(self.server.get(self.object("secrets", "wanted"), who="n1").status, 200)
        self.assert_status(
            self.server.get(self.object("secrets", "other"), who="n1"), 403, "Forbidden",
            'secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in '
            'API group "" in the namespace "%s": no relationship found between node \'n1\' and this '
            "object" % self.ns)
        self.assertEqual(self.server.get("/api/v1/secrets", who="n1").status, 403)

    def test_it_lists_its_own_pods_and_no_others(self):
        reply = self.server.get("/api/v1/pods", who="n1")
        self.assert_status(reply, 403, "Forbidden")
        self.assertIn("can only list/watch pods with spec.nodeName field selector", reply.message)
        selected = "/api/v1/pods?fieldSelector=spec.nodeName%3D"
        self.assertEqual(self.server.get(selected + "n1", who="n1").status, 200)
        self.assertEqual(self.server.get(selected + "n2", who="n1").status, 403)

    def test_it_changes_neither_other_nodes_nor_foreign_pods(self):
        self.pod("foreign", nodeName="n2")
        for path in ("/api/v1/nodes/n2", "/api/v1/nodes/n2/status", self.object("pods", "foreign"),
                     self.object("pods", "foreign") + "/status"):
            reply = self.server.call("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, who="n1",
                                     headers={"Content-Type": "application/merge-patch+json"})
            self.assert_status(reply, 403, "Forbidden")
        self.assertEqual(self.server.delete(self.object("pods", "foreign"), who="n1").status, 403)


class Strangers(harness.ServerCase):
    """Relying parties that know nothing but the issuer: openssl, and `signet verify`."""

    flags = ("--anonymous-discovery", "true")
    algorithm = "RS256"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.namespace("s")
        cls.server.account("s", "web")
        cls.ca = cls.server.path("pki", "ca.crt")

    def verify(self, token, *flags, audience="vault", issuer=None, stdin=None):
        return harness.signet("verify", token, "--issuer", issuer or self.server.url, "--audience",
                              audience, "--ca", self.ca, *flags, stdin=stdin)

    def token(self, **spec):
        return self.server.token("s", "web", {"audiences": ["vault"], **spec})

    def test_openssl_agrees_with_the_published_keys(self):
        reply = self.server.get("/.well-known/openid-configuration", who="anonymous")
        self.assertEqual(reply.headers["content-type"], "application/json")
        self.assertEqual(reply.json["issuer"], self.server.url)
        self.assertEqual(reply.json["id_token_signing_alg_values_supported"], [self.algorithm])
        path = reply.json["jwks_uri"][len(self.server.url):]
        keys = self.server.get(path, who="anonymous", headers={"Accept": "*/*"})
        self.assertEqual(keys.headers["content-type"], "application/jwk-set+json")
        (jwk,) = keys.json["keys"]
        self.assertNotIn("d", jwk)
        token = self.token()
        header = harness.header_of(token)
        self.assertEqual(header, {"alg": self.algorithm, "kid": jwk["kid"]})
        self.assertEqual(jwk["kid"], harness.b64url(hashlib.sha256(openssl.public_key_der(jwk)).digest()))
        self.assertTrue(openssl.verifies(token, jwk))
        head, payload, signature = token.split(".")
        claims = dict(harness.claims_of(token), sub="system:serviceaccount:s:root")
        forged = ".".join((head, harness.b64url(json.dumps(claims).encode()), signature))
        self.assertFalse(openssl.verifies(forged, jwk))

    def test_verify_says_yes_no_or_cannot_tell(self):
        token = self.token()
        yes = self.verify(token)
        self.assertEqual(yes.returncode, 0, yes)
        self.assertTrue(yes.stdout.startswith("VERIFIED: system:serviceaccount:s:web\n"), yes.stdout)
        self.assertEqual(self.verify("-", stdin=token + "\n").returncode, 0)
        no = self.verify(token, audience="bank")
        self.assertEqual(no.returncode, 1, no)
        self.assertTrue(no.stdout.startswith("NOT VERIFIED: "), no.stdout)
        forged = token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB")
        self.assertEqual(self.verify(forged).returncode, 1)
        unknown = self.verify(token, issuer="https://127.0.0.1:1")
        self.assertEqual(unknown.returncode, 2, unknown)
        self.assertTrue(unknown.stderr.startswith("signet: cannot tell: "), unknown.stderr)
        untrusted = harness.signet("verify", token, "--issuer", self.server.url, "--audience", "vault")
        self.assertEqual(untrusted.returncode, 2, untrusted)  # the certificate is nobody's
        for result in (yes, no, unknown, untrusted):
            self.assertNotIn(token.split(".")[2], result.stdout + result.stderr)

    def test_verify_speaks_json(self):
        token = self.token()
        yes = json.loads(self.verify(token, "-o", "json").stdout)
        self.assertEqual(yes["verified"], True)
        self.assertEqual(yes["username"], "system:serviceaccount:s:web")
        self.assertEqual(yes["audiences"], ["vault"])
        self.assertRegex(yes["expires"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        no = self.verify(token, "-o", "json", audience="bank")
        self.assertEqual(no.returncode, 1)
        self.assertEqual(json.loads(no.stdout)["verified"], False)
        self.assertIn("reason", json.loads(no.stdout))

    def test_only_a_review_knows_what_was_deleted(self):
        secret = self.server.create("s", "secrets", {"metadata": {"name": "key"}})
        token = self.token(**bound_to("Secret", secret))
        review = ("verify", token, "--review", "--kubeconfig", self.server.kubeconfig, "--audience",
                  "vault")
        yes = harness.signet(*review)
        self.assertEqual(yes.returncode, 0, yes)
        self.assertIn("VERIFIED: system:serviceaccount:s:web", yes.stdout)
        self.server.delete("/api/v1/namespaces/s/secrets/key")
        self.assertEqual(self.verify(token).returncode, 0)
        no = harness.signet(*review)
        self.assertEqual(no.returncode, 1, no)
        self.assertIn(GONE, no.stdout)
        spoken = harness.signet(*review, "-o", "json")
        self.assertEqual(spoken.returncode, 1)
        self.assertEqual(json.loads(spoken.stdout)["verified"], False)

    def test_inspect_explains_without_believing(self):
        token = self.token()
        text = harness.signet("inspect", token)
        self.assertEqual(text.returncode, 0, text)
        self.assertIn("A service-account token, bound to a time.", text.stdout)
        self.assertIn("Not verified", text.stdout)
        told = json.loads(harness.signet("inspect", "-", "-o", "json", stdin=token).stdout)
        self.assertEqual((told["kind"], told["verified"]), ("bound", False))
        self.assertEqual(told["claims"], harness.claims_of(token))
        self.assertEqual(told["header"], harness.header_of(token))
        for nonsense in ("nonsense", "a.b.c", "..", ""):
            result = harness.signet("inspect", "-", stdin=nonsense)
            self.assertEqual(result.returncode, 1, result)
            self.assertEqual(result.stdout, "")

    def test_inspect_knows_a_legacy_token_and_its_weaknesses(self):
        part = "kubernetes.io/serviceaccount/"
        legacy = ".".join((
            harness.b64url(b'{"alg":"RS256","kid":"k"}'),
            harness.b64url(json.dumps({
                "iss": "kubernetes/serviceaccount", part + "namespace": "demo",
                part + "secret.name": "web-token", part + "service-account.name": "web",
                part + "service-account.uid": "33333333-3333-4333-8333-333333333333",
                "sub": "system:serviceaccount:demo:web"}).encode()),
            harness.b64url(b"no signature")))
        told = json.loads(harness.signet("inspect", legacy, "-o", "json").stdout)
        self.assertEqual(told["kind"], "legacy")
        self.assertTrue(any("never expires" in weakness for weakness in told["weaknesses"]))
        self.assertIn("legacy", harness.signet("inspect", legacy).stdout)
        self.assertEqual(self.server.review(legacy).get("authenticated", False), False)


class StrangersWithEllipticCurves(Strangers):
    flags = ("--anonymous-discovery", "true", "--signing-algorithm", "ES256")
    algorithm = "ES256"


class Rotation(harness.ServerCase):
    def test_old_issuers_and_keys_still_count(self):
        flags = ("--api-audiences", "api")
        data = self.server.own_root + "/rotated"
        with harness.Server("--service-account-issuer", "https://old.test", *flags, data=data) as first:
            first.namespace("r")
            first.account("r", "web")
            old = first.token("r", "web")
            self.assertEqual(first.terminate(), 0)
        with harness.Server("--service-account-issuer", "https://new.test",
                            "--service-account-issuer", "https://old.test", *flags, data=data) as second:
            new = second.token("r", "web")
            self.assertEqual(harness.claims_of(new)["iss"], "https://new.test")
            for token in (old, new):
                self.assertTrue(second.review(token).get("authenticated"))
            shown = second.get("/.well-known/openid-configuration").json
            self.assertEqual(shown["issuer"], "https://new.test")
            self.assertEqual(second.terminate(), 0)
        with harness.Server("--service-account-issuer", "https://new.test", *flags, data=data) as third:
            self.assertEqual(third.review(old)["error"], "invalid bearer token")


if __name__ == "__main__":
    harness.main()
