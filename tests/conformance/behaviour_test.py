#!/usr/bin/env python3
"""What kube-apiserver answers where several rules meet, and to bodies as Go programs send them.

    self.check([
        ("GET configmaps/nobody", None, 404, 'configmaps "nobody" not found'),
        ("POST configmaps", {"metadata": {"name": "a"}}, 201, {"metadata.name": "a"}),
        ("PATCH configmaps/a", merge({"data": {"k": None}}), 200, {"data": None}),
    ])

A path without a leading slash lies in the namespace of the test class. What is expected of the
answer: a text stands in the message of a Status or in the bytes of anything else, a dictionary
names values by dotted path (None: not there), and a function says what is wrong, or nothing.
What is odd about a single write or read is in writes_test.py and reads_test.py.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import harness  # noqa: E402

NO_SUCH = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"


class Body:
    """A body with headers of its own: another form than plain JSON."""

    def __init__(self, content, content_type=None, **headers):
        self.content = content if isinstance(content, (str, bytes)) else json.dumps(content)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            self.headers["Content-Type"] = content_type


def merge(patch):
    return Body(patch, "application/merge-patch+json")


def strategic(patch):
    return Body(patch, "application/strategic-merge-patch+json")


def operations(*patch):
    return Body(list(patch), "application/json-patch+json")


def yaml(text):
    return Body(text, "application/yaml")


def dig(value, path):
    """The value at a dotted path; None: not there."""
    for part in path.split("."):
        if isinstance(value, list):
            index = int(part)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return None
    return value


class BehaviourCase(harness.ServerCase):
    """One server and one namespace for the tests of a class."""

    namespace = "n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.namespace(cls.namespace)
        harness.eventually(
            lambda: cls.server.get(cls.path("serviceaccounts/default")).status == 200)

    @classmethod
    def path(cls, path):
        return path if path.startswith("/") else "/api/v1/namespaces/%s/%s" % (cls.namespace, path)

    def ask(self, request, body=None):
        method, path = request.split(" ", 1)
        headers = {}
        if isinstance(body, Body):
            headers = body.headers
            body = body.content
        elif body is not None:
            headers = {"Content-Type": "application/json"}
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.server.call(method, self.path(path), body or None, headers=headers)

    def make(self, resource, body):
        reply = self.ask("POST " + resource, body)
        self.assertEqual(reply.status, 201, reply)
        return reply.json

    def expect(self, reply, status, *expected):
        self.assertEqual(reply.status, status, reply)
        for wanted in expected:
            if isinstance(wanted, dict):
                for path, value in wanted.items():
                    self.assertEqual(dig(reply.json, path), value, "%s of %r" % (path, reply))
            elif callable(wanted):
                self.assertIsNone(wanted(reply), reply)
            else:
                is_status = reply.body.startswith(b'{"kind":"Status"')
                self.assertIn(wanted, reply.message if is_status else reply.text)

    def check(self, table):
        for request, body, status, *expected in table:
            with self.subTest(request=request, body=str(getattr(body, "content", body))[:300]):
                self.expect(self.ask(request, body), status, *expected)


def named(name, **metadata):
    return {"metadata": {"name": name, **metadata}}


def pod(name, **spec):
    return {**named(name), "spec": {"containers": [{"name": "c", "image": "i:1"}], **spec}}


def protobuf(*fields):
    """Length-delimited and varint fields, each (number, bytes | str | int)."""
    def varint(value):
        out = bytearray()
        while True:
            out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
            value >>= 7
            if not value:
                return bytes(out)
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def enveloped(api_version, kind, raw):
    """As Go clients send it: the four bytes of the format, then type and message."""
    content = b"k8s\0" + protobuf((1, protobuf((1, api_version), (2, kind))), (2, raw), (3, ""), (4, ""))
    return Body(content, "application/vnd.kubernetes.protobuf",
                Accept="application/vnd.kubernetes.protobuf,application/json")


class Paths(BehaviourCase):
    def test_paths_and_methods_that_are_not_served(self):
        generic = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                   "message": NO_SUCH, "reason": "NotFound", "details": {}, "code": 404}
        not_allowed = {"message": NOT_ALLOWED, "reason": "MethodNotAllowed", "details": {},
                       "code": 405}
        self.check([
            ("GET /api/v1/nosuch", None, 404, generic),
            ("GET nosuch", None, 404, generic),
            ("GET configmaps/a/nosuch", None, 404, generic),
            ("GET configmaps/a/status", None, 404, generic),
            ("GET serviceaccounts/default/status", None, 404, generic),
            ("GET configmaps/a/b/c/d", None, 404, generic),
            ("GET /api/v1/namespaces/n/nodes", None, 404, generic),
            ("GET /api/v1/configmaps/a", None, 404, generic),
            ("GET /api/v1/watch/configmaps/a", None, 404, generic),
            ("DELETE /api/v1/configmaps/a", None, 404, generic),
            ("PUT /api/v1/pods/a", named("a"), 404, generic),
            ("GET /apis/nosuch", None, 404, "404 page not found\n"),
            ("GET /apis/nosuch/v1", None, 404, "404 page not found\n"),
            ("GET /apis/nosuch/v1/things", None, 404, "404 page not found\n"),
            ("GET /nosuch", None, 404, '"paths": ['),
            ("PUT pods", {}, 405, not_allowed),
            ("PATCH configmaps", merge({}), 405, not_allowed),
            ("POST configmaps/a", named("a"), 405, not_allowed),
            ("POST /api/v1/pods", named("a"), 405, not_allowed),
            ("DELETE /api/v1/configmaps", None, 405, not_allowed),
            ("DELETE /api/v1/namespaces", None, 405, not_allowed),
            ("POST /api/v1/namespaces/default/status", {}, 405, not_allowed),
            ("DELETE /api/v1/namespaces/default/status", None, 405, not_allowed),
            ("GET serviceaccounts/default/token", None, 405, not_allowed),
            ("GET /apis/authentication.k8s.io/v1/tokenreviews", None, 405, not_allowed),
            ("OPTIONS configmaps", None, 405),
            ("POST /version", {}, 405, not_allowed),
        ])

    def test_spellings_of_a_path(self):
        self.make("configmaps", named("a"))
        self.check([
            ("GET configmaps/", None, 200, {"kind": "ConfigMapList"}),
            ("GET configmaps/a/", None, 200, {"metadata.name": "a"}),
            ("GET configmaps/%61", None, 200, {"metadata.name": "a"}),
            ("GET configmaps/a?watch=true", None, 200, {"metadata.name": "a"}),
            ("GET configmaps/a?nosuch=1&x", None, 200, {"metadata.name": "a"}),
            ("GET /version/", None, 200, '"major": "1"'),
            ("GET /api/", None, 200, {"kind": "APIVersions"}),
            ("GET /apis/", None, 200, {"kind": "APIGroupList"}),
        ])

    def test_every_answer_says_that_it_is_not_to_be_cached_and_has_an_audit_id(self):
        for path in ("/version", "/api/v1/namespaces", "/api/v1/nosuch", "/healthz", "/nosuch"):
            with self.subTest(path):
                reply = self.server.get(path)
                self.assertEqual(reply.headers["cache-control"], "no-cache, private")
                self.assertRegex(reply.headers["audit-id"],
                                 "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_health_of_the_whole_and_of_its_parts(self):
        plain = lambda r: None if r.headers["content-type"] == "text/plain; charset=utf-8" else "type"
        self.check([
            ("GET /healthz", None, 200, plain, lambda r: None if r.body == b"ok" else "body"),
            ("GET /livez/ping", None, 200, plain, "ok"),
            ("GET /healthz?verbose", None, 200, "[+]ping ok\n", "healthz check passed\n"),
            ("GET /livez?verbose", None, 200, "livez check passed\n"),
            ("GET /readyz?verbose=1", None, 200, "readyz check passed\n"),
            ("GET /livez?verbose&exclude=ping", None, 200, "[+]ping excluded: ok\n"),
            ("GET /livez?verbose&exclude=x", None, 200,
             'warn: some health checks cannot be excluded: no matches for "x"'),
            ("GET /livez/nosuch", None, 404, '"paths": ['),
        ])

    def test_who_nobody_is_may_see_health_and_version_and_nothing_else(self):
        anonymous = {"who": "anonymous"}
        self.assertEqual(self.server.get("/healthz", **anonymous).text, "ok")
        self.assertEqual(self.server.get("/version", **anonymous).status, 200)
        self.assert_status(self.server.get("/api", **anonymous), 403, "Forbidden",
                           'forbidden: User "system:anonymous" cannot get path "/api"')


class Bodies(BehaviourCase):
    def test_bodies_that_go_clients_send_in_protobuf(self):
        metadata = protobuf((1, "m1"), (2, ""), (3, ""), (4, ""), (5, ""), (6, ""), (7, 0), (8, b""))
        account = protobuf((1, metadata))
        reply = self.ask("POST serviceaccounts?fieldManager=kubectl-create&fieldValidation=Strict",
                         enveloped("v1", "ServiceAccount", account))
        self.expect(reply, 201)
        uid = self.server.get(self.path("serviceaccounts/m1")).json["metadata"]["uid"]
        request = protobuf((1, protobuf((1, ""))), (2, protobuf((4, 3600))))
        token = self.ask("POST serviceaccounts/m1/token",
                         enveloped("authentication.k8s.io/v1", "TokenRequest", request))
        self.expect(token, 201)
        wrong = protobuf((2, protobuf((1, "other"))))
        self.check([
            ("DELETE serviceaccounts/m1", enveloped("v1", "DeleteOptions", wrong), 409,
             'Operation cannot be fulfilled on ServiceAccount "m1": the UID in the precondition '
             "(other) does not match the UID in record (%s). The object might have been deleted and "
             "then recreated" % uid),
        ])

    def test_field_validation(self):
        body = ('{"metadata":{"name":"%s","nosuch":1},"data":{"a":"b"},"data":{"a":"b"},"other":{}}')
        unknown = 'unknown field "metadata.nosuch"'
        warnings = ['299 - "unknown field \\"metadata.nosuch\\""', '299 - "unknown field \\"other\\""',
                    '299 - "duplicate field \\"data\\""']
        warned = lambda r: None if sorted(r.warnings) == sorted(warnings) else "warnings"
        silent = lambda r: "warnings" if r.warnings else None
        self.check([
            ("POST configmaps?fieldValidation=Strict", body % "s", 400,
             'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ',
             unknown, 'unknown field "other"', 'duplicate field "data"'),
            ("POST configmaps?fieldValidation=Warn", body % "w", 201, warned),
            ("POST configmaps", body % "d", 201, warned),
            ("POST configmaps?fieldValidation=Ignore", body % "i", 201, silent),
            ("POST configmaps?fieldValidation=Bogus", body % "b", 422,
             'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Bogus": '
             'supported values: "", "Ignore", "Strict", "Warn"'),
            ("PUT configmaps/w?fieldValidation=Strict", body % "w", 400, unknown),
            ("PUT configmaps/w", body % "w", 200, warned),
            ("POST configmaps?fieldValidation=Strict",
             yaml("metadata:\n  name: y\n  nosuch: 1\ndata:\n  a: b\n"), 400, unknown),
            ("POST configmaps?fieldValidation=Strict", '{"metadata":{"name":"e"},"":{"data":{}}}', 400,
             'unknown field ""'),
            ("POST pods?fieldValidation=Strict&dryRun=All",
             {**named("p"), "spec": {"containers": [{"name": "c", "image": "i", "foo": 1}]}}, 400,
             'unknown field "spec.containers[0].foo"'),
            ("POST pods?fieldValidation=Strict&dryRun=All",
             {**named("p"), "spec": {"containers": [{"name": "c", "image": "i"}],
                                     "volumes": [{"name": "v", "": {"emptyDir": {}}}]}}, 400,
             'unknown field "spec.volumes[0]."'),
        ])

    def test_field_validation_of_patches(self):
        self.make("configmaps", named("p"))
        warned = lambda r: None if r.warnings == ['299 - "unknown field \\"nosuch\\""'] else "warnings"
        for patch in (merge({"nosuch": 1}), strategic({"nosuch": 1}),
                      operations({"op": "add", "path": "/nosuch", "value": 1})):
            self.check([
                ("PATCH configmaps/p?fieldValidation=Strict", patch, 422, ' "" is invalid: patch: '
                 "Invalid value: ", 'strict decoding error: unknown field "nosuch"'),
                ("PATCH configmaps/p", patch, 200, warned),
                ("PATCH configmaps/p?fieldValidation=Ignore", patch, 200,
                 lambda r: "warnings" if r.warnings else None),
            ])


class Reads(BehaviourCase):
    def test_parameters_that_meet(self):
        for name in ("a", "b"):
            self.make("configmaps", named(name))
        options = 'ListOptions.meta.k8s.io "" is invalid: '
        old = "GET /api/v1/watch/namespaces/n/configmaps/a?timeoutSeconds=1"
        self.check([
            ("GET configmaps?limit=1&resourceVersion=0", None, 200,
             {"metadata.continue": None, "items.1.metadata.name": "b"}),
            ("GET configmaps?resourceVersionMatch=Bogus", None, 422, options +
             "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
             'resourceVersion is provided, resourceVersionMatch: Unsupported value: "Bogus": '
             'supported values: "Exact", "NotOlderThan", ""]'),
            (old, None, 200, '{"type":"ADDED","object":{"kind":"ConfigMap"'),
            (old + "&fieldSelector=metadata.name%3Da", None, 200, '"name":"a"'),
            (old + "&fieldSelector=metadata.name%3Db", None, 400,
             "fieldSelector metadata.name doesn't match requested name"),
        ])


class Writes(BehaviourCase):
    def test_owners_that_are_named_twice(self):
        owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "00000000-0000-4000-8000-000000000000"}
        warning = ('299 - ".metadata.ownerReferences contains duplicate entries; API server dedups owner '
                   "references in 1.20+, and may reject such requests as early as 1.24; please fix your "
                   'requests; duplicate UID(s) observed: %s"' % owner["uid"])
        once = lambda r: None if (r.warnings, len(r.json["metadata"]["ownerReferences"])) == (
            [warning], 1) else "warnings"
        twice = {"ownerReferences": [owner, owner]}
        self.check([
            ("POST configmaps?dryRun=All", named("o", **twice), 201, once),
            ("PATCH configmaps/kube-root-ca.crt?dryRun=All", merge({"metadata": twice}), 200, once),
        ])

    def test_a_dry_run_does_everything_but_keep(self):
        self.make("configmaps", {**named("kept"), "data": {"a": "b"}})
        version = self.ask("GET configmaps/kept").json["metadata"]["resourceVersion"]
        self.check([
            ("POST configmaps?dryRun=All", named("dry"), 201, {"metadata.resourceVersion": None}),
            ("GET configmaps/dry", None, 404),
            ("POST configmaps?dryRun=All", named("kept"), 409),
            ("POST configmaps?dryRun=All", named("Bad"), 422),
            ("PUT configmaps/kept?dryRun=All", named("kept"), 200, {"data": None}),
            ("PATCH configmaps/kept?dryRun=All", merge({"data": {"c": "d"}}), 200, {"data.c": "d"}),
            ("DELETE configmaps/kept?dryRun=All", None, 200),
            ("DELETE configmaps/kept", {"dryRun": ["All"]}, 200),
            ("DELETE configmaps?dryRun=All", None, 200),
            ("GET configmaps/kept", None, 200, {"data": {"a": "b"},
                                                "metadata.resourceVersion": version}),
        ])

    def test_strategic_patches_of_accounts(self):
        self.make("serviceaccounts", {**named("s"), "secrets": [{"name": "a"}],
                                      "imagePullSecrets": [{"name": "a"}]})
        names = lambda *names: [{"name": name} for name in names]
        path = "PATCH serviceaccounts/s"
        self.check([
            (path, strategic({"secrets": names("b")}), 200, {"secrets": names("b", "a")}),
            (path, strategic({"imagePullSecrets": names("b")}), 200, {"imagePullSecrets": names("b")}),
            (path, strategic({"secrets": [{"$patch": "delete", "name": "a"}]}), 200,
             {"secrets": names("b")}),
            (path, strategic({"$setElementOrder/secrets": names("d", "b", "c"),
                              "secrets": names("d", "c")}), 200, {"secrets": names("d", "b", "c")}),
            (path, strategic({"secrets": [{"$patch": "replace"}, *names("e")]}), 200,
             {"secrets": names("e")}),
            (path, strategic({"metadata": {"finalizers": ["x.io/a", "x.io/b"]}}), 200),
            (path, strategic({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.io/a"]}}), 200,
             {"metadata.finalizers": ["x.io/b"]}),
            (path, strategic({"metadata": {"finalizers": None}}), 200, {"metadata.finalizers": None}),
            (path, Body("{", "application/strategic-merge-patch+json"), 400),
            (path, strategic([]), 400),
            (path, strategic({"secrets": [{"namespace": "x"}]}), 500, "map: map[namespace:x] does not "
             "contain declared merge key: name"),
            (path, strategic({"metadata": {"$patch": "bogus"}}), 500, "unknown patch type: bogus"),
            (path, strategic({"secrets": None, "automountServiceAccountToken": False}), 200,
             {"secrets": None, "automountServiceAccountToken": False}),
        ])

    def test_strategic_patches_of_pods(self):
        spec = {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "i:1"}],
                "volumes": [{"name": "v", "emptyDir": {}}]}
        self.make("pods", {**named("p"), "spec": spec})
        self.check([
            ("PATCH pods/p", strategic({"spec": {"containers": [{"name": "b", "image": "i:2"}]}}), 200,
             lambda r: None if {c["name"]: c["image"] for c in r.json["spec"]["containers"]} ==
             {"a": "i:1", "b": "i:2"} else "images"),
            ("PATCH pods/p", strategic({"spec": {"volumes": [
                {"$retainKeys": ["name", "configMap"], "name": "v", "configMap": {"name": "x"}}]}}),
             422, "pod updates may not change fields other than"),
        ])

    def test_delete_answers_the_object_or_a_status(self):
        for resource, kind in (("serviceaccounts", "ServiceAccount"), ("secrets", "Status"),
                               ("configmaps", "Status")):
            self.make(resource, named("kind"))
            self.check([("DELETE %s/kind" % resource, None, 200, {"kind": kind})])
        self.make("pods", pod("kind"))
        self.check([
            ("DELETE pods/kind", None, 200, {"kind": "Pod"}),
            ("POST /api/v1/namespaces", named("kind"), 201),
            ("DELETE /api/v1/namespaces/kind", None, 200,
             {"kind": "Namespace", "status.phase": "Terminating"}),
            ("DELETE /api/v1/namespaces/kube-system", None, 403,
             'namespaces "kube-system" is forbidden: this namespace may not be deleted'),
        ])


class Subresources(BehaviourCase):
    def test_binding(self):
        self.make("/api/v1/nodes", named("n1"))
        self.make("pods", pod("b", schedulerName="none"))
        binding = {**named("b"), "target": {"kind": "Node", "name": "n1"}}
        success = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                   "code": 201}
        self.check([
            ("POST pods/b/binding", {**binding, **named("x")}, 400,
             "name in URL does not match name in Binding object"),
            ("POST pods/b/binding", binding, 201, success),
            ("GET pods/b", None, 200, {"spec.nodeName": "n1"},
             lambda r: None if any((c["type"], c["status"]) == ("PodScheduled", "True")
                                   for c in r.json["status"]["conditions"]) else "condition"),
            ("POST pods/b/binding", binding, 409, 'Operation cannot be fulfilled on pods/binding "b": '
             'pod b is already assigned to node "n1"'),
            ("POST bindings", {**binding, **named("nosuch")}, 404, 'pods "nosuch" not found'),
            ("GET pods/b/binding", None, 405),
        ])

    def test_grace_of_pods(self):
        marked = lambda r: None if "deletionTimestamp" in r.json["metadata"] else "not marked"
        grace = "metadata.deletionGracePeriodSeconds"
        for name in ("g", "h", "e"):
            self.make("pods", pod(name, nodeName="n1"))
        self.make("pods", pod("u", schedulerName="none"))
        self.check([
            ("DELETE pods/u", None, 200, {"kind": "Pod"}),
            ("GET pods/u", None, 404),
            ("DELETE pods/g", None, 200, marked, {grace: 30}),
            ("DELETE pods/g?gracePeriodSeconds=60", None, 200, {grace: 30}),
            ("DELETE pods/g", {"gracePeriodSeconds": 5}, 200, {grace: 5}),
            ("DELETE pods/g", {"gracePeriodSeconds": 0}, 200),
            ("GET pods/g", None, 404),
            ("DELETE pods/h?gracePeriodSeconds=-1", None, 200, {grace: 1}),
            ("POST pods/e/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", **named("e")}, 201,
             {"kind": "Status", "status": "Success", "code": 201}),
            ("GET pods/e", None, 200, marked),
        ])

    def test_main_and_status_write_a_part_each(self):
        self.make("pods", pod("s", nodeName="n1"))
        condition = {"type": "Ready", "status": "True"}
        self.check([
            ("PATCH pods/s", merge({"status": {"phase": "Running"}}), 200, {"status.phase": "Pending"}),
            ("PATCH pods/s/status", strategic({
                "metadata": {"labels": {"l": "1"}, "annotations": {"a": "1"}, "finalizers": ["x.io/f"]},
                "spec": {"nodeName": "other"},
                "status": {"phase": "Running", "conditions": [condition]}}), 200,
             {"status.phase": "Running", "status.conditions.0.type": "Ready", "spec.nodeName": "n1",
              "metadata.labels": {"l": "1"}, "metadata.annotations": {"a": "1"}}),
            ("GET pods/s/status", None, 200, {"kind": "Pod", "status.phase": "Running"}),
            ("PUT pods/nosuch/status", named("nosuch"), 404, 'pods "nosuch" not found'),
            ("PATCH pods/s/status", merge({"metadata": {"ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": "o", "uid": "u"}]}}), 200,
             {"metadata.ownerReferences": None}),
            ("PATCH /api/v1/namespaces/n/status", merge({"status": {"phase": "Terminating"}}), 422,
             "may only be 'Active' if `deletionTimestamp` is empty"),
            ("PATCH /api/v1/namespaces/n", merge({"spec": {"finalizers": []}}), 200,
             {"spec.finalizers": ["kubernetes"]}),
            ("PATCH /api/v1/namespaces/n", merge({"status": {"phase": "Terminating"}}), 200,
             {"status.phase": "Active"}),
        ])

    def test_finalize_of_a_namespace(self):
        self.ask("POST /api/v1/namespaces", {**named("f"), "spec": {"finalizers": ["x.io/hold"]}})
        self.check([
            ("DELETE /api/v1/namespaces/f", None, 200, {"status.phase": "Terminating"}),
            ("POST /api/v1/namespaces/f/configmaps", named("late"), 403, 'configmaps "late" is '
             "forbidden: unable to create new content in namespace f because it is being terminated",
             {"details.causes.0.reason": "NamespaceTerminating"}),
            ("PUT /api/v1/namespaces/f/finalize", {**named("f"), "spec": {"finalizers": []}}, 200),
        ])
        harness.eventually(lambda: self.ask("GET /api/v1/namespaces/f").status == 404)


if __name__ == "__main__":
    harness.main()
