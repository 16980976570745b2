#!/usr/bin/env python3
"""The audit log as an administrator sees it: policies, events, files, and what is never written."""
import base64
import json
import os
import tempfile
import threading
import unittest

import harness

CORE = "/api/v1/namespaces/default"
METADATA = harness.AUDIT_EVERYTHING.replace("RequestResponse", "Metadata")
MEMBERS = ["kind", "apiVersion", "level", "auditID", "stage", "requestURI", "verb", "user",
           "impersonatedUser", "sourceIPs", "userAgent", "objectRef", "responseStatus", "requestObject",
           "responseObject", "requestReceivedTimestamp", "stageTimestamp", "annotations"]
# What the example of the Kubernetes documentation says, in words of our own.
DOCUMENTED = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: ["RequestReceived"]
rules:
- level: RequestResponse
  resources: [{group: "", resources: ["pods"]}]
- level: Metadata
  resources: [{group: "", resources: ["pods/log", "pods/status"]}]
- level: None
  resources: [{group: "", resources: ["configmaps"], resourceNames: ["controller-leader"]}]
- level: None
  users: ["system:kube-proxy"]
  verbs: ["watch"]
  resources: [{group: "", resources: ["endpoints", "services"]}]
- level: None
  userGroups: ["system:authenticated"]
  nonResourceURLs: ["/api*", "/version"]
- level: Request
  resources: [{group: "", resources: ["configmaps"]}]
  namespaces: ["kube-system"]
- level: Metadata
  resources: [{group: "", resources: ["secrets", "configmaps"]}]
- level: Request
  resources: [{group: ""}, {group: "extensions"}]
- level: Metadata
  omitStages: ["RequestReceived"]
"""


def config_map(name, text="x"):
    return {"metadata": {"name": name}, "data": {"text": text}}


class AuditCase(harness.ServerCase):
    def events(self, reply, stage=None):
        """What the log has of the request that was answered so. It is there before the answer is."""
        number = reply.headers["audit-id"]
        return [event for event in self.server.audit_events()
                if event["auditID"] == number and stage in (None, event["stage"])]

    def event(self, reply):
        """What the log has of the request once it was answered."""
        events = self.events(reply, "ResponseComplete")
        self.assertEqual(len(events), 1, reply)
        return events[0]


class Events(AuditCase):
    def test_an_event_has_what_kubernetes_puts_into_it_in_that_order(self):
        reply = self.server.call("POST", CORE + "/configmaps?fieldManager=m", config_map("order"), headers={
            "User-Agent": "tester/1", "X-Forwarded-For": "203.0.113.9", "Audit-Id": "mine-1"})
        first, last = self.events(reply)
        self.assertEqual((first["stage"], last["stage"]), ("RequestReceived", "ResponseComplete"))
        for event in (first, last):
            self.assertEqual(list(event), [name for name in MEMBERS if name in event])
            self.assertEqual((event["kind"], event["apiVersion"], event["level"], event["auditID"]),
                             ("Event", "audit.k8s.io/v1", "RequestResponse", "mine-1"))
            self.assertEqual(event["requestURI"], CORE + "/configmaps?fieldManager=m")
            self.assertEqual((event["verb"], event["userAgent"]), ("create", "tester/1"))
            self.assertEqual(event["sourceIPs"], ["203.0.113.9", "127.0.0.1"])
            self.assertEqual(event["user"]["username"], "signet-admin")
            self.assertIn("system:masters", event["user"]["groups"])
            for time in ("requestReceivedTimestamp", "stageTimestamp"):
                self.assertRegex(event[time], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(first["stageTimestamp"], first["requestReceivedTimestamp"])
        self.assertNotIn("responseStatus", first)
        self.assertEqual(last["objectRef"], {"resource": "configmaps", "namespace": "default",
                                             "name": "order", "apiVersion": "v1"})
        self.assertEqual(last["responseStatus"], {"metadata": {}, "code": 201})
        self.assertEqual(last["requestObject"]["data"], {"text": "x"})
        self.assertEqual(last["responseObject"], reply.json)
        self.assertEqual(last["annotations"], {"authorization.k8s.io/decision": "allow",
                                               "authorization.k8s.io/reason": ""})

    def test_a_refusal_is_recorded_with_its_status(self):
        missing = self.event(self.server.get(CORE + "/pods/nobody"))
        self.assertEqual(missing["responseStatus"], {
            "metadata": {}, "status": "Failure", "message": 'pods "nobody" not found',
            "reason": "NotFound", "details": {"name": "nobody", "kind": "pods"}, "code": 404})
        self.assertEqual(missing["responseObject"]["kind"], "Status")
        token = self.server.token("default", "default")
        forbidden = self.event(self.server.get("/api/v1/nodes", token=token))
        self.assertEqual(forbidden["user"]["username"], "system:serviceaccount:default:default")
        self.assertEqual(forbidden["responseStatus"]["code"], 403)
        self.assertEqual(forbidden["annotations"]["authorization.k8s.io/decision"], "forbid")
        unknown = self.event(self.server.get("/apis/nosuch.example/v1/things"))
        self.assertEqual(unknown["responseStatus"], {"metadata": {}, "code": 404})
        deleted = self.server.post(CORE + "/configmaps", config_map("gone")).json
        reply = self.server.delete(CORE + "/configmaps/gone", {"kind": "DeleteOptions", "apiVersion": "v1",
                                                               "gracePeriodSeconds": 0})
        event = self.event(reply)
        self.assertEqual(event["responseStatus"]["status"], "Success")
        self.assertEqual(event["responseStatus"]["details"]["uid"], deleted["metadata"]["uid"])
        self.assertEqual(event["requestObject"]["kind"], "DeleteOptions")

    def test_bad_credentials_are_one_event_of_nobody(self):
        reply = self.server.get("/api/v1/pods?x=1", token="not-a-token-of-ours-at-all")
        self.assertEqual(reply.status, 401)
        event, = self.events(reply)
        self.assertEqual((event["stage"], event["user"]), ("ResponseStarted", {}))
        self.assertEqual(event["responseStatus"]["code"], 401)
        self.assertEqual(event["responseStatus"]["message"], "Authentication failed, attempted: bearer")
        self.assertNotIn("annotations", event)

    def test_patches_are_recorded_as_they_came(self):
        self.server.post(CORE + "/configmaps", config_map("patched"))
        for kind, patch in (("json-patch+json", [{"op": "add", "path": "/data/a", "value": "1"}]),
                            ("merge-patch+json", {"data": {"b": "2"}}),
                            ("strategic-merge-patch+json", {"data": {"c": "3"}})):
            reply = self.server.call("PATCH", CORE + "/configmaps/patched", patch,
                                     headers={"Content-Type": "application/" + kind})
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(self.event(reply)["requestObject"], patch)
        reply = self.server.call("PATCH", CORE + "/configmaps/patched?fieldManager=t&force=1",
                                 "apiVersion: v1\nkind: ConfigMap\ndata: {d: '4'}\n",
                                 headers={"Content-Type": "application/apply-patch+yaml"})
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.event(reply)["requestObject"]["data"], {"d": "4"})

    def test_answers_are_json_whatever_the_client_asked_for(self):
        self.server.post(CORE + "/configmaps", config_map("forms", "proof"))
        plain = self.server.get(CORE + "/configmaps/forms").json
        for form in ("application/yaml", "application/vnd.kubernetes.protobuf"):
            reply = self.server.get(CORE + "/configmaps/forms", headers={"Accept": form})
            self.assertEqual(reply.headers["content-type"], form)
            self.assertEqual(self.event(reply)["responseObject"], plain)
            listed = self.event(self.server.get(CORE + "/configmaps", headers={"Accept": form}))
            self.assertIn("proof", [item["data"].get("text") for item in
                                    listed["responseObject"]["items"] if "data" in item])
            refused = self.event(self.server.get(CORE + "/pods/nobody", headers={"Accept": form}))
            self.assertEqual(refused["responseStatus"]["reason"], "NotFound")
        reply = self.server.get(CORE + "/configmaps/forms?pretty=true")
        self.assertIn("\n  ", reply.text)
        self.assertEqual(self.event(reply)["responseObject"], plain)
        reply = self.server.get(CORE + "/configmaps/forms", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(self.event(reply)["responseObject"], plain)

    def test_a_watch_is_recorded_when_it_starts_and_when_it_ends(self):
        with self.server.session() as session:
            reply = session.call("GET", CORE + "/configmaps?watch=1&timeoutSeconds=1")
        events = self.events(reply)
        harness.eventually(lambda: len(self.events(reply)) == 3)
        self.assertEqual([event["stage"] for event in self.events(reply)],
                         ["RequestReceived", "ResponseStarted", "ResponseComplete"])
        for event in events:
            self.assertEqual((event["verb"], event["requestURI"].split("?")[0]),
                             ("watch", CORE + "/configmaps"))
            self.assertNotIn("responseObject", event)

    def test_a_body_that_is_too_large_is_left_out_and_that_is_said(self):
        self.server.namespace("large")
        path = "/api/v1/namespaces/large/configmaps"
        for name in ("one", "two"):
            event = self.event(self.server.post(path, config_map(name, "x" * 600000)))
            self.assertNotIn("audit.k8s.io/truncated", event["annotations"])
            self.assertIn("responseObject", event)
        event = self.event(self.server.get(path))
        self.assertEqual(event["annotations"]["audit.k8s.io/truncated"], "true")
        self.assertNotIn("responseObject", event)
        self.assertEqual(event["responseStatus"]["code"], 200)

    def test_what_was_counted_is_shown(self):
        self.server.get("/version")
        metrics = self.server.get("/metrics").text
        self.assertRegex(metrics, r'(?m)^apiserver_audit_event_total [1-9]')
        self.assertRegex(metrics, r'(?m)^apiserver_audit_level_total\{level="RequestResponse"\} [1-9]')
        self.assertRegex(metrics, r'(?m)^apiserver_audit_error_total\{plugin="log"\} 0$')


class Tokens(AuditCase):
    clock = True

    def test_a_token_is_followed_from_its_issue_to_its_use(self):
        reply = self.server.request_token("default", "default")
        issued = self.event(reply)
        number = issued["annotations"]["authentication.kubernetes.io/issued-credential-id"]
        token = reply.json["status"]["token"]
        self.assertEqual(number, "JTI=" + harness.claims_of(token)["jti"])
        used = self.event(self.server.get("/api/v1/nodes", token=token))
        self.assertEqual(used["user"]["extra"]["authentication.kubernetes.io/credential-id"], [number])

    def test_the_use_of_a_stale_token_is_marked_and_a_question_about_it_is_not(self):
        pod = self.server.create("default", "pods", {"metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "c", "image": "i"}]}})
        bound = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}
        token = self.server.token("default", "default", {"expirationSeconds": 3607, "boundObjectRef": bound})
        name = "authentication.k8s.io/stale-token"
        fresh = self.event(self.server.get("/version", token=token))
        self.assertNotIn(name, fresh["annotations"])
        self.server.move_clock(3607 + 3600)
        stale = self.event(self.server.get("/version", token=token))
        self.assertRegex(stale["annotations"][name],
                         r"^subject: system:serviceaccount:default:default, "
                         r"seconds after warning threshold: 36\d\d$")
        self.assertTrue(self.server.review(token)["authenticated"])
        reviews = [event for event in self.server.audit_events()
                   if event.get("objectRef", {}).get("resource") == "tokenreviews"]
        self.assertTrue(reviews)
        for event in reviews:
            self.assertNotIn(name, event.get("annotations", {}))


class Secrets(AuditCase):
    """Most of the checking is done by the harness, when the server ends."""

    def written(self):
        with open(self.server.audit_file, encoding="utf-8") as file:
            return file.read()

    def test_the_data_of_secrets_stays_out_whichever_way_it_comes(self):
        hush = "hush-hush-%s"
        path = CORE + "/secrets"
        made = self.server.post(path, {"metadata": {"name": "s", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": hush % "applied"}},
            "stringData": {"a": hush % "posted"}})
        self.assertEqual(made.status, 201)
        event = self.event(made)
        # Base64, so that what reads Secrets can read this one.
        self.assertEqual(event["responseObject"]["data"], {"a": base64.b64encode(b"[redacted]").decode()})
        merge = {"Content-Type": "application/merge-patch+json"}
        for body, headers in (
                ({"stringData": {"b": hush % "merged"}}, merge),
                ({"StringData": {"b": hush % "misspelled"}}, merge),
                ({"data": {"b": hush % "not base64"}}, merge),
                ({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": hush % "again"}}},
                 merge),
                ([{"op": "add", "path": "/data/c", "value": base64.b64encode(b"hush-hush-json").decode()}],
                 {"Content-Type": "application/json-patch+json"}),
                ([{"op": "replace", "path": "", "value": {"data": {"c": hush % "whole"}}}],
                 {"Content-Type": "application/json-patch+json"}),
                ({"data": hush % "no object"}, merge)):
            reply = self.server.call("PATCH", path + "/s", body, headers=headers)
            self.event(reply)
        self.server.call("PUT", path + "/s", '{"data":{"a":"hush-hush-cut', headers={
            "Content-Type": "application/json"})
        self.server.post(path, '{"stringData":{"p":"hush-hush"')
        for accept in ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
                       "application/json;as=Table;v=v1;g=meta.k8s.io"):
            for name in ("", "/s"):
                self.server.get(path + name + "?includeObject=Object", headers={"Accept": accept})
        self.server.call("DELETE", path)
        self.assertNotIn("hush-hush", self.written())
        self.assertNotIn(base64.b64encode(b"hush-hush")[:9].decode(), self.written())

    def test_tokens_stay_out_wherever_they_are_put(self):
        token = self.server.token("default", "default")
        half = token[:40]
        self.server.review(token)
        self.server.post("/apis/authentication.k8s.io/v1/tokenreviews",
                         '{"spec":{"token":"%s' % token)  # cut off, and quoted in the refusal
        self.server.post("/apis/authentication.k8s.io/v1/tokenreviews",
                         '{"spec":{"token":["%s"]}}' % token)
        self.server.request_token("default", "default", {"audiences": ["x"]}, token=token)
        for path in ("/version?access_token=" + token, "/version?a=" + token, "/" + token,
                     "/version?a=" + token.replace("e", "%65").replace(".", "%2E"),
                     CORE + "/configmaps/" + token, CORE + "/configmaps?labelSelector=" + token):
            self.server.get(path)
            self.server.get(path, token=token)
        self.server.get("/version", headers={"User-Agent": "curl " + token, "Authorization": "Basic " + token,
                                             "Sec-WebSocket-Protocol": "base64url.bearer." + token})
        self.server.post(CORE + "/configmaps", config_map("leak", token))
        with open(self.server.path("pki", "ca.key"), encoding="ascii") as key:
            self.server.post(CORE + "/configmaps", config_map("key", key.read()))
        self.server.get(CORE + "/configmaps")
        written = self.written()
        self.assertNotIn(token, written)
        self.assertNotIn(half, written)
        self.assertIn("access_token=[redacted]", written)
        self.assertIn("-----BEGIN", written)


class Policies(unittest.TestCase):
    def test_the_documented_policy_records_what_it_says(self):
        with harness.Server(audit=DOCUMENTED) as server:
            pod = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
            calls = {
                "pod": server.post(CORE + "/pods", pod),
                "status": server.get(CORE + "/pods/web/status"),
                "leader": server.get(CORE + "/configmaps/controller-leader"),
                "discovery": server.get("/api"),
                "system": server.post("/api/v1/namespaces/kube-system/configmaps", config_map("a")),
                "map": server.post(CORE + "/configmaps", config_map("b")),
                "node": server.get("/api/v1/nodes"),
                "lease": server.get("/apis/coordination.k8s.io/v1/leases"),
                "anonymous": server.get("/version", who="anonymous"),
            }
            events = {event["auditID"]: event for event in server.audit_events()}
            told = {name: events.get(reply.headers["audit-id"]) for name, reply in calls.items()}
            levels = {name: event and event["level"] for name, event in told.items()}
            self.assertEqual(levels, {
                "pod": "RequestResponse", "status": "Metadata", "leader": None, "discovery": None,
                "system": "Request", "map": "Metadata", "node": "Request", "lease": "Metadata",
                "anonymous": "Metadata"})
            self.assertEqual({event["stage"] for event in server.audit_events()}, {"ResponseComplete"})
            self.assertIn("responseObject", told["pod"])
            self.assertIn("requestObject", told["system"])
            self.assertNotIn("responseObject", told["system"])
            self.assertNotIn("requestObject", told["map"])
            self.assertEqual(told["map"]["objectRef"]["name"], "b")

    def test_managed_fields_are_left_out_where_the_policy_says_so(self):
        with harness.Server(audit=harness.AUDIT_EVERYTHING + "omitManagedFields: true\n") as server:
            self.assertIn("managedFields", server.post(CORE + "/configmaps", config_map("a")).text)
            server.get(CORE + "/configmaps")
            server.get(CORE + "/configmaps", headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
            with open(server.audit_file, encoding="utf-8") as file:
                self.assertNotIn("managedFields", file.read())

    def test_a_policy_that_is_none_and_a_log_that_cannot_be_are_named_at_the_start(self):
        with tempfile.TemporaryDirectory() as root:
            path = os.path.join(root, "policy.yaml")
            log = os.path.join(root, "audit.log")

            def start(policy, *flags):
                with open(path, "w", encoding="ascii") as file:
                    file.write(policy)
                done = harness.signet("serve", "--data-dir", os.path.join(root, "data"), "--listen",
                                      "127.0.0.1:0", "--audit-policy-file", path, *flags)
                return done.returncode, done.stderr

            code, text = start(METADATA + "- level: All\n  verb: [get]\n", "--audit-log-path", log)
            self.assertEqual(code, 1)
            self.assertIn("signet: audit policy %s: " % path, text)
            self.assertIn('rules[1].level: Unsupported value: "All"', text)
            self.assertIn("rules[1].verb: Forbidden: unknown field", text)
            code, text = start(METADATA, "--audit-log-path", root)
            self.assertEqual(code, 1)
            self.assertIn("signet: audit log: open %s: Is a directory" % root, text)
            self.assertEqual(start(METADATA)[0], 2)  # nowhere to write
            self.assertEqual(start(METADATA, "--audit-log-path", log, "--audit-log-mode", "fast")[0], 2)
            self.assertEqual(harness.signet("serve", "--audit-log-path", log).returncode, 2)

    def test_without_a_policy_nothing_is_written(self):
        with harness.Server(audit="") as server:
            self.assertEqual(server.get("/version").status, 200)
            self.assertEqual(server.audit_events(), [])
            self.assertNotIn("apiserver_audit", server.get("/metrics").text)


class Files(unittest.TestCase):
    def test_full_files_are_put_aside_and_the_oldest_go(self):
        with harness.Server("--audit-log-maxsize", "1", "--audit-log-maxbackup", "2") as server:
            large = config_map("large", "x" * 400000)
            server.post(CORE + "/configmaps", large)
            for _ in range(9):
                self.assertEqual(server.get(CORE + "/configmaps/large").status, 200)
            names = sorted(os.listdir(os.path.dirname(server.audit_file)))
            self.assertEqual(len(names), 3, names)
            self.assertEqual(names[-1], "audit.log")
            for name in names:
                path = os.path.join(os.path.dirname(server.audit_file), name)
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
                self.assertLessEqual(os.path.getsize(path), 1 << 20)
            for name in names[:-1]:
                self.assertRegex(name, r"^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$")
            server.audit_events()  # all of it is JSON

    def test_what_is_queued_at_a_signal_is_written(self):
        with harness.Server("--audit-log-mode", "batch", audit=METADATA) as server:
            sessions = [server.session() for _ in range(4)]
            numbers = []

            def load(session, me):
                for i in range(100):
                    number = "%d-%d" % (me, i)
                    session.call("GET", "/version", headers={"Audit-Id": number})
                    numbers.append(number)

            threads = [threading.Thread(target=load, args=(session, me)) for me, session in enumerate(sessions)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            watching = server.session()
            watching.send("GET", CORE + "/pods?watch=1", headers={"Audit-Id": "watching"})
            self.assertEqual(server.terminate(), 0)
            for session in (*sessions, watching):
                session.close()
            events = server.audit_events()
            complete = [event["auditID"] for event in events if event["stage"] == "ResponseComplete"]
            self.assertEqual(sorted(complete), sorted(numbers + ["watching"]))

    def test_standard_output_takes_events_too(self):
        with tempfile.TemporaryDirectory() as root:
            policy = os.path.join(root, "policy.yaml")
            with open(policy, "w", encoding="ascii") as file:
                file.write(METADATA)
            with harness.Server("--audit-policy-file", policy, "--audit-log-path", "-", audit="") as server:
                reply = server.get("/version")
                found = harness.eventually(
                    lambda: [line for line in server.output if reply.headers["audit-id"] in line])
                self.assertEqual(json.loads(found[-1])["kind"], "Event")

    def fill(self, mode):
        """Answers of a server whose log has no room."""
        with tempfile.TemporaryDirectory() as root:
            policy = os.path.join(root, "policy.yaml")
            with open(policy, "w", encoding="ascii") as file:
                file.write(METADATA)
            with harness.Server("--audit-policy-file", policy, "--audit-log-path", "/dev/full",
                                "--audit-log-mode", mode, audit="") as server:
                return [server.get("/version") for _ in range(3)]

    def test_a_full_disk_stops_nobody(self):
        for mode in ("batch", "blocking"):
            replies = self.fill(mode)
            self.assertEqual([reply.status for reply in replies], [200] * 3, mode)

    def test_a_full_disk_stops_everybody_where_that_is_wanted(self):
        replies = self.fill("blocking-strict")
        for reply in replies:
            self.assertEqual(reply.status, 500)
            self.assertEqual(reply.message, "Internal error occurred: failed to store audit event")

    def test_a_disk_that_was_full_is_written_to_again(self):
        with tempfile.TemporaryDirectory() as root:
            mounted = harness.run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", root)
            if mounted.returncode != 0:
                self.skipTest("no file system can be mounted here")
            try:
                self.in_small_file_system(root)
            finally:
                harness.run("umount", root)

    def in_small_file_system(self, root):
        policy = os.path.join(root, "policy.yaml")
        log = os.path.join(root, "audit.log")
        filler = os.path.join(root, "filler")
        with open(policy, "w", encoding="ascii") as file:
            file.write(METADATA)
        with harness.Server("--audit-policy-file", policy, "--audit-log-path", log, audit="") as server:
            self.assertEqual(server.get("/version").status, 200)
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            for _ in range(30):  # what is left of the file's last page fills first
                self.assertEqual(server.get("/version").status, 200)
            harness.eventually(lambda: "audit events are not written" in server.log())
            metrics = server.get("/metrics").text
            self.assertRegex(metrics, r'(?m)^apiserver_audit_error_total\{plugin="log"\} [1-9]')
            os.unlink(filler)
            again = server.get("/version").headers["audit-id"]
            with open(log, encoding="ascii") as file:
                events = [json.loads(line) for line in file]  # no line was left half
            self.assertEqual(events[-1]["auditID"], again)
            self.assertIn("audit events are written again", server.log())


class Leaks(unittest.TestCase):
    """The search that every server of every suite goes through at its end does find something."""

    def test_a_secret_in_what_a_server_wrote_fails_its_test(self):
        token = "%s.%s.%s" % (harness.b64url(b'{"alg":"none"}'), harness.b64url(b'{"sub":"jane"}'),
                              harness.b64url(b"signature-of-a-token"))
        for line in (token, token.split(".")[2], "hush-hush-hush", "-----BEGIN PRIVATE KEY-----\nMII",
                     base64.b64encode(b"hush-hush-hush").decode()):
            for name in ("audit_file", "log_file"):
                server = harness.Server()
                server.leaks.see(token)
                server.leaks.see_secrets('{"stringData":{"a":"hush-hush-hush"}}')
                self.assertEqual(server.leaked(), [])
                with open(getattr(server, name), "a", encoding="ascii") as file:
                    file.write(line)
                with self.assertRaisesRegex(AssertionError, "the server wrote secrets") as caught:
                    server.close()
                self.assertNotIn("hush", str(caught.exception))


if __name__ == "__main__":
    harness.main()
