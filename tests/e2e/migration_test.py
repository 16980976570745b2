#!/usr/bin/env python3
"""Tokens that are to go: their use is tracked, unused ones are cleaned up, and a report says whose are left."""
import datetime
import json
import os
import re
import signal

import harness
import openssl

DAY = 24 * 3600
LAST_USED = "kubernetes.io/legacy-token-last-used"
INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since"
REPORT = "/signet/v1/tokens/report"
AUTOMATIC = ("Use tokens from the TokenRequest API or manually created secret-based tokens instead of "
             "auto-generated secret-based tokens.")
SINCE = "/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking"


def merge(server, path, body):
    reply = server.call("PATCH", path, body, headers={"Content-Type": "application/merge-patch+json"})
    assert reply.status == 200, reply
    return reply.json


class MigrationCase(harness.ServerCase):
    """A server with a clock of its own; every test gets a namespace with the account `web`."""

    flags = ("--service-account-issuer", "https://foo.bar.example.com", "--api-audiences", "api")
    clock = True
    namespaces = 0

    def setUp(self):
        MigrationCase.namespaces += 1
        self.ns = "m%d" % MigrationCase.namespaces
        self.server.namespace(self.ns)
        self.account = self.server.account(self.ns, "web")
        self.ahead = 0
        self.addCleanup(self.move_to, 0)

    def move_to(self, seconds):
        self.ahead = seconds
        self.server.move_clock(seconds)

    def date(self, days=0):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (now + datetime.timedelta(seconds=self.ahead, days=days)).strftime("%Y-%m-%d")

    def path(self, resource, name):
        return "/api/v1/namespaces/%s/%s/%s" % (self.ns, resource, name)

    def legacy(self, name, listed=False, server=None, **labels):
        """A secret as the token controller fills it, and its token."""
        server = server or self.server
        prefix = "kubernetes.io/serviceaccount/"
        token = openssl.sign_as(server, server.token(self.ns, "web"), {
            "iss": "kubernetes/serviceaccount", prefix + "namespace": self.ns,
            prefix + "secret.name": name, prefix + "service-account.name": "web",
            prefix + "service-account.uid": self.account["metadata"]["uid"],
            "sub": "system:serviceaccount:%s:web" % self.ns})
        server.create(self.ns, "secrets", {
            "metadata": {"name": name, "labels": labels, "annotations": {
                "kubernetes.io/service-account.name": "web",
                "kubernetes.io/service-account.uid": self.account["metadata"]["uid"]}},
            "type": "kubernetes.io/service-account-token", "stringData": {"token": token}})
        if listed:
            account = server.get(self.path("serviceaccounts", "web")).json
            secrets = account.get("secrets", []) + [{"name": name}]
            merge(server, self.path("serviceaccounts", "web"), {"secrets": secrets})
        return token

    def extended(self):
        pod = self.server.create(self.ns, "pods", {"metadata": {"name": "p"}, "spec": {
            "serviceAccountName": "web", "containers": [{"name": "c", "image": "i"}]}})
        return self.server.token(self.ns, "web", {"expirationSeconds": 3607, "boundObjectRef": {
            "kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}})

    def secret(self, name):
        return self.server.get(self.path("secrets", name)).json["metadata"]

    def label(self, name, label):
        return self.secret(name).get("labels", {}).get(label)

    def metric(self, name, **labels):
        text = self.server.get("/metrics").text
        inside = ",".join('%s="%s"' % label for label in sorted(labels.items()))
        line = re.escape(name + ("{%s}" % inside if inside else ""))
        match = re.search(r"(?m)^%s (\S+)$" % line, text)
        self.assertIsNotNone(match, (name, labels))
        return float(match.group(1))

    def event(self, reply):
        """What was recorded last of an answered request."""
        return [event for event in self.server.audit_events()
                if event["auditID"] == reply.headers["audit-id"]][-1]

    def annotations(self, reply):
        return {name.partition("/")[2]: value
                for name, value in self.event(reply).get("annotations", {}).items()
                if name.startswith("authentication.k8s.io/")}

    def report(self):
        """finding -> entry, of this test's account."""
        reply = self.server.get(REPORT)
        self.assertEqual(reply.status, 200, reply)
        return {item["finding"]: item for item in reply.json["items"]
                if (item["namespace"], item["serviceAccount"]) == (self.ns, "web")}


class Uses(MigrationCase):
    subject = property(lambda self: "system:serviceaccount:%s:web" % self.ns)

    def use(self, token):
        return self.server.get("/version", token=token)

    def counted(self, *names):
        return [self.metric("serviceaccount_%s_total" % name) for name in names]

    def test_an_automatic_token_warns_and_is_counted_recorded_and_dated(self):
        token = self.legacy("automatic", listed=True)
        names = ("legacy_auto_token_uses", "legacy_manual_token_uses", "legacy_tokens")
        before = self.counted(*names)
        reply = self.use(token)
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.warnings, ['299 - "%s"' % AUTOMATIC])
        self.assertEqual(self.annotations(reply), {
            "legacy-token": self.subject, "legacy-token-autogenerated-secret": "automatic"})
        self.assertEqual(self.counted(*names), [before[0] + 1, before[1], before[2] + 1])
        harness.eventually(lambda: self.label("automatic", LAST_USED) == self.date())
        version = self.secret("automatic")["resourceVersion"]
        self.assertEqual(self.use(token).status, 200)
        self.server.namespace(self.ns + "-later")  # a commit after whatever that use wrote
        self.assertEqual(self.secret("automatic")["resourceVersion"], version)
        self.move_to(DAY)
        self.assertEqual(self.use(token).status, 200)
        harness.eventually(lambda: self.label("automatic", LAST_USED) == self.date())

    def test_a_manual_token_is_counted_recorded_and_dated_and_warns_nobody(self):
        token = self.legacy("manual")
        names = ("legacy_auto_token_uses", "legacy_manual_token_uses")
        before = self.counted(*names)
        reply = self.use(token)
        self.assertEqual((reply.status, reply.warnings), (200, []))
        self.assertEqual(self.annotations(reply),
                         {"legacy-token": self.subject, "legacy-token-manual-secret": "manual"})
        self.assertEqual(self.counted(*names), [before[0], before[1] + 1])
        harness.eventually(lambda: self.label("manual", LAST_USED) == self.date())

    def test_a_token_that_is_only_asked_about_is_counted_and_dated_and_in_no_record(self):
        token = self.legacy("asked", listed=True)
        before = self.counted("legacy_auto_token_uses")
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        reply = self.server.post("/apis/authentication.k8s.io/v1/tokenreviews", body)
        self.assertTrue(reply.json["status"]["authenticated"])
        self.assertEqual(reply.warnings, [])
        self.assertEqual(self.annotations(reply), {})
        self.assertEqual(self.counted("legacy_auto_token_uses"), [before[0] + 1])
        harness.eventually(lambda: self.label("asked", LAST_USED) == self.date())

    def test_a_token_that_is_marked_invalid_is_refused_dated_and_good_again_without_the_mark(self):
        token = self.legacy("old", listed=True, **{INVALID_SINCE: self.date()})
        before = self.counted("invalid_legacy_auto_token_uses")
        reply = self.use(token)
        self.assert_status(reply, 401, "Unauthorized", "Unauthorized")
        self.assertEqual(self.annotations(reply)["legacy-token-invalidated"], "old/" + self.ns)
        self.assertIn("the token in secret %s/old for service account %s/web has been marked invalid."
                      % (self.ns, self.ns), self.server.review(token)["error"])
        self.assertEqual(self.counted("invalid_legacy_auto_token_uses"), [before[0] + 2])
        harness.eventually(lambda: self.label("old", LAST_USED) == self.date())
        merge(self.server, self.path("secrets", "old"), {"metadata": {"labels": {INVALID_SINCE: None}}})
        self.assertEqual(self.use(token).status, 200)

    def test_labels_that_somebody_edited_are_written_over_or_left_as_kubernetes_does(self):
        token = self.legacy("edited", **{LAST_USED: "last-summer"})
        self.assertEqual(self.use(token).status, 200)
        harness.eventually(lambda: self.label("edited", LAST_USED) == self.date())
        merge(self.server, self.path("secrets", "edited"),
              {"metadata": {"labels": {LAST_USED: self.date(days=1)}}})
        self.assertEqual(self.use(token).status, 200)
        self.server.namespace(self.ns + "-later")
        self.assertEqual(self.label("edited", LAST_USED), self.date(days=1))

    def test_a_stale_token_is_counted_and_a_fresh_one_is(self):
        token = self.extended()
        before = self.counted("valid_tokens", "stale_tokens")
        self.assertEqual(self.use(token).status, 200)
        self.assertEqual(self.counted("valid_tokens", "stale_tokens"), [before[0] + 1, before[1]])
        self.move_to(3700)
        reply = self.use(token)
        self.assertEqual(self.counted("valid_tokens", "stale_tokens"), [before[0] + 1, before[1] + 1])
        self.assertRegex(self.annotations(reply)["stale-token"],
                         r"^subject: %s, seconds after warning threshold: \d+$" % self.subject)

    def test_tracking_has_a_beginning(self):
        since = harness.eventually(lambda: self.server.get(SINCE).json.get("data", {}).get("since"))
        self.assertEqual(since, self.date())
        merge(self.server, SINCE, {"data": {"since": "some time ago"}})
        harness.eventually(lambda: self.server.get(SINCE).json["data"]["since"] == self.date())

    def test_what_is_counted_of_authentication_has_kubernetes_names(self):
        token = self.server.token(self.ns, "web")
        for _ in range(3):
            self.use(token)
        self.server.get("/version", token="nonsense")
        for result in ("success", "error"):
            self.assertGreater(self.metric("authentication_attempts", result=result), 0)
            self.assertGreater(self.metric("authentication_duration_seconds_count", result=result), 0)
        for status in ("hit", "miss"):
            self.assertGreater(self.metric("authentication_token_cache_request_total", status=status), 0)
            self.assertGreater(
                self.metric("authentication_token_cache_request_duration_seconds_count", status=status), 0)
        self.assertGreater(self.metric("authentication_token_cache_fetch_total", status="ok"), 0)
        self.assertEqual(self.metric("authentication_token_cache_active_fetch_count", status="in_flight"), 0)
        self.assertGreater(self.metric("authenticated_user_requests", username="other"), 0)


class WithoutExtension(harness.ServerCase):
    flags = ("--service-account-extend-token-expiration", "false")

    def test_the_extension_can_be_switched_off(self):
        pod = self.server.create("default", "pods", {"metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "c", "image": "i"}]}})
        claims = harness.claims_of(self.server.token("default", "default", {
            "expirationSeconds": 3607, "boundObjectRef": {
                "kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}}))
        self.assertEqual(claims["exp"] - claims["iat"], 3607)
        self.assertNotIn("warnafter", claims["kubernetes.io"])


class Cleaning(MigrationCase):
    flags = (*MigrationCase.flags, "--legacy-service-account-token-clean-up-period", "48h")

    def test_unused_tokens_are_marked_then_removed_unless_somebody_wants_them(self):
        used = self.legacy("used", listed=True)
        unused = self.legacy("unused", listed=True)
        self.legacy("mounted", listed=True)
        self.legacy("manual")
        self.server.create(self.ns, "pods", {"metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "volumes": [{"name": "v", "secret": {"secretName": "mounted"}}]}})
        harness.eventually(lambda: self.server.get(SINCE).status == 200)
        self.move_to(4 * DAY)
        harness.eventually(lambda: self.label("used", INVALID_SINCE) == self.date())
        harness.eventually(lambda: self.label("unused", INVALID_SINCE) == self.date())
        self.assertEqual(self.server.get("/version", token=unused).status, 401)
        merge(self.server, self.path("secrets", "used"), {"metadata": {"labels": {INVALID_SINCE: None}}})
        # The refused use counts as one: the mark stays, and so long nothing is removed.
        for days in (6, 8, 10):
            self.assertEqual(self.server.get("/version", token=used).status, 200)
            self.move_to(days * DAY)
        harness.eventually(lambda: self.server.get(self.path("secrets", "unused")).status == 404)
        self.assertEqual(self.server.get("/version", token=unused).status, 401)
        self.assertEqual(self.server.get("/version", token=used).status, 200)
        for name in ("mounted", "manual"):
            self.assertIsNone(self.label(name, INVALID_SINCE), name)


class Report(MigrationCase):
    def review(self, token, *audiences):
        return self.server.review(token, list(audiences)).get("authenticated", False)

    def signet(self, *arguments, server=None):
        return harness.signet("tokens", "report", "--kubeconfig", (server or self.server).kubeconfig,
                              *arguments)

    def test_says_who_uses_what_from_where_since_when(self):
        token = self.legacy("manual")
        self.server.get("/version", token=token)
        self.move_to(60)
        self.server.get("/version", token=token)
        entry = self.report()["legacy_token"]
        self.assertEqual(entry["count"], 2)
        self.assertLess(entry["firstSeen"], entry["lastSeen"])
        (source,) = entry["sources"]
        self.assertEqual((source["address"], source["tokenOf"]), ("127.0.0.1", "secret/manual"))
        self.assertNotIn("reviewer", source)
        self.assertGreaterEqual(self.metric("signet_tokens_to_migrate", finding="legacy_token"), 1)

    def test_a_stale_token_is_in_it_with_its_pod(self):
        token = self.extended()
        self.server.get("/version", token=token)
        self.assertEqual(self.report(), {})
        self.move_to(3700)
        self.server.get("/version", token=token)
        self.assertEqual(self.report()["stale_token"]["sources"][0]["tokenOf"], "pod/p")

    def test_an_audience_migration_can_be_followed_to_its_end(self):
        old = self.server.token(self.ns, "web")
        new = self.server.token(self.ns, "web", {"audiences": ["vault"]})
        self.assertTrue(self.review(old))                    # first phase: nobody asks
        self.assertEqual(self.report(), {})
        self.assertTrue(self.review(old, "vault", "api"))    # second: both are let in
        self.assertTrue(self.review(new, "vault", "api"))
        entry = self.report()["default_audience"]
        self.assertEqual(entry["count"], 1)
        self.assertEqual(entry["sources"][0]["reviewer"], "signet-admin")
        self.assertEqual(entry["sources"][0]["wantedAudiences"], "vault")
        self.assertFalse(self.review(old, "vault"))          # third: the old one is not
        self.assertTrue(self.review(new, "vault"))
        self.assertEqual(self.report()["default_audience"]["count"], 2)

    def test_is_for_administrators_and_whom_they_let(self):
        token = self.server.token(self.ns, "web")
        for options in ({"who": "anonymous"}, {"token": token}):
            self.assertEqual(self.server.get(REPORT, **options).status, 403)
        rbac = "/apis/rbac.authorization.k8s.io/v1/"
        name = self.ns + "-reads-report"
        self.assertEqual(self.server.post(rbac + "clusterroles", {
            "metadata": {"name": name},
            "rules": [{"nonResourceURLs": [REPORT], "verbs": ["get"]}]}).status, 201)
        self.assertEqual(self.server.post(rbac + "clusterrolebindings", {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "namespace": self.ns, "name": "web"}]}).status, 201)
        self.assertEqual(self.server.get(REPORT, token=token).status, 200)
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.server.call(method, REPORT).status, 405)

    def test_an_account_that_is_gone_is_not_in_it(self):
        self.server.get("/version", token=self.legacy("manual"))
        self.assertIn("legacy_token", self.report())
        self.assertEqual(self.server.delete(self.path("serviceaccounts", "web")).status, 200)
        harness.eventually(lambda: not self.report())

    def test_the_command_prints_a_table_and_its_exit_code_says_whether_something_is_left(self):
        with harness.Server(*self.flags, clock=True) as server:
            clean = self.signet(server=server)
            self.assertEqual((clean.returncode, clean.stderr), (0, ""))
            self.assertIn("Nothing to migrate was seen.", clean.stdout)
            server.namespace(self.ns)
            self.account = server.account(self.ns, "web")
            server.get("/version", token=self.legacy("manual", server=server))
            found = self.signet(server=server)
            self.assertEqual(found.returncode, 1, found.stderr)
            self.assertRegex(found.stdout, r"(?m)^FINDING +ACCOUNT +SINCE +LAST SEEN +COUNT +TOKEN OF +"
                                           r"FROM +ASKED BY +FOR$")
            self.assertRegex(found.stdout, r"(?m)^legacy_token +%s/web +\S+Z +\S+Z +1 +secret/manual +"
                                           r"127\.0\.0\.1 +- +-$" % self.ns)
            self.assertEqual(json.loads(self.signet("-o", "json", server=server).stdout)["items"],
                             server.get(REPORT).json["items"])
            server.move_clock(10 * DAY)
            done = self.signet("--seen-within", "168h", server=server)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(self.signet("--seen-within", "264h", server=server).returncode, 1)
            server.move_clock(41 * DAY)  # longer than anything is kept
            self.assertEqual(self.signet(server=server).returncode, 0)
            young = self.signet("--seen-within", "1000h", server=server)
            self.assertEqual(young.returncode, 2)
            self.assertIn("recorded for a shorter time than 1000h", young.stderr)

    def test_the_command_says_what_is_in_the_way(self):
        for arguments in (("--seen-within", "soon"), ("--seen-within", "0s"), ("--seen-within", "-1h"),
                          ("-o", "yaml")):
            self.assertEqual(self.signet(*arguments).returncode, 2, arguments)
        gone = harness.signet("tokens", "report", "--kubeconfig", "/nonexistent")
        self.assertEqual(gone.returncode, 2)
        self.assertIn("/nonexistent", gone.stderr)
        self.assertEqual(harness.signet("tokens").returncode, 2)


class Restarts(MigrationCase):
    """Each test has servers of its own."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        self.server = None
        self.ns = "shop"
        self.ahead = 0

    def start(self, data=None, ahead=0):
        server = harness.Server(*self.flags, data=data, clock=True)
        self.addCleanup(server.close)
        server.move_clock(ahead)
        self.server = server
        return server

    def use(self, server):
        server.namespace(self.ns)
        self.account = server.account(self.ns, "web")
        server.get("/version", token=self.legacy("manual"))

    def test_since_when_survives_one(self):
        first = self.start()
        self.use(first)
        before = first.get(REPORT).json
        self.assertEqual(first.terminate(), 0)
        path = first.path("token-report.json")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        second = self.start(data=first.data, ahead=DAY)
        after = second.get(REPORT).json
        self.assertEqual((after["since"], after["items"]), (before["since"], before["items"]))
        self.assertEqual(self.metric("signet_tokens_to_migrate", finding="legacy_token"), 1)

    def test_after_a_crash_it_goes_on_from_the_last_time_it_was_written(self):
        first = self.start()
        self.use(first)
        path = first.path("token-report.json")

        def written():
            if not os.path.exists(path):
                return False
            with open(path, encoding="utf-8") as file:
                return json.load(file)["items"]

        items = harness.eventually(written, limit=90)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        self.assertEqual(self.start(data=first.data).get(REPORT).json["items"], items)

    def test_a_damaged_file_is_put_aside_and_everything_else_works(self):
        first = self.start()
        self.use(first)
        self.assertEqual(first.terminate(), 0)
        path = first.path("token-report.json")
        with open(path, "r+", encoding="utf-8") as file:
            file.truncate(os.path.getsize(path) // 2)
        second = self.start(data=first.data)
        self.assertEqual(second.get(REPORT).json["items"], [])
        self.assertTrue(os.path.exists(path + ".damaged"))
        self.assertIn("the token report cannot be read and begins anew", second.log())

    def test_it_never_holds_a_token(self):
        server = self.start()
        self.use(server)
        token = server.token(self.ns, "web")
        for audiences in ([token], [token, "api"], ["x" * 4096, token]):
            server.review(token, audiences)
        report = server.get(REPORT).text
        self.assertIn("default_audience", report)
        self.assertEqual(server.terminate(), 0)
        with open(server.path("token-report.json"), encoding="utf-8") as file:
            for text in (report, file.read()):
                self.assertEqual(server.leaks.found_in(text), [])


if __name__ == "__main__":
    harness.main()
