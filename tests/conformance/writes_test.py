#!/usr/bin/env python3
"""What kube-apiserver answers to writes that are odd or wrong, word for word.

A table is one topic. A row says a request, the status, and the message of the Status (or, where
the write succeeds, a dictionary of what the answer holds: dotted paths, `None` for what is absent).
"""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import harness  # noqa: E402

NAMESPACE = "/api/v1/namespaces/default"
MAPS = NAMESPACE + "/configmaps"
SECRETS = NAMESPACE + "/secrets"
DRY = "?dryRun=All"

SUBDOMAIN = ("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
             "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
             "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
LABEL = ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
         "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
         "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
LABEL_VALUE = ("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
               "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
               "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
DATA_KEY = ("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
            "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
REFUSED = "the server rejected our request due to an error in our request"
NOT_ALLOWED = "the server does not allow this method on the requested resource"
NO_RESOURCE = "the server could not find the requested resource"
MODIFIED = ("Operation cannot be fulfilled on configmaps \"m\": the object has been modified; please apply your changes "
            "to the latest version and try again")
UNKNOWN_FORMAT = "the body of the request was in an unknown format - accepted media types include: "
BODIES = "application/json, application/yaml, application/vnd.kubernetes.protobuf"

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def at(value, path):
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Table(harness.ServerCase):
    """One ConfigMap `m` that every row may try to change, never for good: writes are dry runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.map = cls.server.create("default", "configmaps", {
            "metadata": {"name": "m", "labels": {"a": "b"}, "finalizers": ["x.io/a", "x.io/b"]}, "data": {"k": "v"}})

    def row(self, request, status, wanted, body=None, **headers):
        method, path = request.split(" ", 1)
        head = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.subTest(request[:120], body=str(body)[:120]):
            reply = self.server.call(method, path, body, headers=head)
            self.assertEqual(reply.status, status, reply)
            if isinstance(wanted, str):
                self.assertEqual(reply.message, wanted)
            else:
                self.assertEqual({name: at(reply.json, name) for name in wanted}, wanted)
            return reply

    def created(self, metadata, status, wanted, path=MAPS, **members):
        return self.row("POST " + path + DRY, status, wanted, dict(members, metadata=metadata))


class Paths(Table):
    def test_paths_and_methods(self):
        for request, status, message in [
                ("GET /api/v1/nosuch", 404, NO_RESOURCE),
                ("GET /api/v1/namespaces/default/nodes", 404, NO_RESOURCE),
                ("GET " + MAPS + "/a%2Fb", 404, NO_RESOURCE),
                ("GET " + MAPS + "/m/status", 404, NO_RESOURCE),
                ("GET " + MAPS + "/a%20b", 404, 'configmaps "a b" not found'),
                ("GET " + MAPS + "/%7E", 404, 'configmaps "~" not found'),
                ("POST /apis/authentication.k8s.io/v1/tokenreviews/x", 404, NO_RESOURCE),
                ("GET /apis/authentication.k8s.io/v1/tokenreviews", 405, NOT_ALLOWED),
                ("POST /api/v1/configmaps", 405, NOT_ALLOWED),
                ("DELETE /api/v1/configmaps", 405, NOT_ALLOWED),
                ("DELETE /api/v1/namespaces", 405, NOT_ALLOWED),
                ("POST " + MAPS + "/m", 405, NOT_ALLOWED),
                ("PUT " + MAPS, 405, NOT_ALLOWED),
                ("PATCH " + MAPS, 405, NOT_ALLOWED),
                ("OPTIONS " + MAPS, 405, NOT_ALLOWED),
                ("NONSENSE " + MAPS, 405, NOT_ALLOWED),
                ("PUT /version", 405, NOT_ALLOWED)]:
            self.row(request, status, message)
        self.assertEqual(self.server.call("HEAD", MAPS + "/m").status, 405)
        self.row("GET " + MAPS + "/m/", 200, {"metadata.name": "m"})

    def test_media_types(self):
        body = {"metadata": {"name": "new"}}
        for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/yaml", ""):
            self.row("POST " + MAPS + DRY, 201, {"metadata.name": "new"}, body, Content_Type=kind)
        for kind in ("text/plain", "text/yaml", "application/cbor", "json", "application/json,application/yaml"):
            self.row("POST " + MAPS + DRY, 415, UNKNOWN_FORMAT + BODIES, body, Content_Type=kind)
        for kind in ("application/json", "text/plain", ""):
            self.row("PATCH " + MAPS + "/m", 415,
                     UNKNOWN_FORMAT + ", ".join([JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH,
                                                 "application/apply-patch+yaml"]), "{}", Content_Type=kind)
        for kind in ("text/html", "text/*", "application/json;as=Foo;g=meta.k8s.io;v=v1", "application/json;q=0"):
            self.row("GET " + MAPS + "/m", 406, "only the following media types are accepted: " + BODIES, Accept=kind)
        for kind in ("*/*", "application/*", "text/html,*/*;q=0.1", "application/json;as=Foo;g=x;v=v1,application/json"):
            self.row("GET " + MAPS + "/m", 200, {"kind": "ConfigMap"}, Accept=kind)


class Bodies(Table):
    def test_what_is_no_object(self):
        start = "the object provided is unrecognized (must be of type ConfigMap): "
        parse = start + "couldn't get version/kind; json parse error: "
        typed = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: '
        for body, message in [
                ("", parse + "unexpected end of JSON input (<empty>)"),
                ("{", parse + "unexpected end of JSON input ({)"),
                ("nope", parse + "invalid character 'o' in literal null (expecting 'u') (6e6f7065)"),
                ('{"kind":1}', parse + "json: cannot unmarshal number into Go struct field .kind of type string "
                                       '({"kind":1})'),
                ('{"kind":"Secret","apiVersion":"v1"}',
                 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to '
                 "(core.ConfigMap): unknown conversion"),
                ('{"metadata":{"name":1}}',
                 typed + "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"),
                ('{"metadata":{"name":"x"},"data":{"a":1}}',
                 typed + "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
        ]:
            self.row("POST " + MAPS + DRY, 400, message, body)
        for body in ("{}", "null", '{"metadata":null}', '{"metadata":{"name":null}}', '{"METADATA":{"name":"x"}}'):
            self.row("POST " + MAPS + DRY, 422,
                     'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required', body)

    def test_too_large(self):
        # Only the head: the answer comes before a body that is too long is read, and a client that still writes may
        # miss it.
        head = ["PATCH %s/m HTTP/1.1" % MAPS, "Host: x", "Content-Type: " + MERGE_PATCH, "Content-Length: 3145729"]
        reply = harness.parse_reply(self.server.raw(("\r\n".join(head) + "\r\n\r\n").encode()))
        self.assert_status(reply, 413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")

    def test_options(self):
        create = 'CreateOptions.meta.k8s.io "" is invalid: '
        for query, message in [
                ("dryRun=Some", create + 'dryRun: Unsupported value: ["Some"]: supported values: "All"'),
                ("dryRun=All&dryRun=x", create + 'dryRun: Unsupported value: ["All","x"]: supported values: "All"'),
                ("fieldManager=" + "a" * 129, create + "fieldManager: Too long: may not be more than 128 bytes"),
                ("fieldManager=a%0ab", create + 'fieldManager: Invalid value: "a\\nb": invalid character U+000A '
                                                "(at position 1)"),
                ("fieldValidation=strict", create + 'fieldValidation: Unsupported value: "strict": supported values: '
                                                    '"", "Ignore", "Strict", "Warn"')]:
            self.row("POST " + MAPS + "?" + query, 422, message, {"metadata": {"name": "x"}})
        self.row("PATCH " + MAPS + "/m?force=true", 422,
                 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
                 "{}", Content_Type=MERGE_PATCH)

    def test_unknown_and_repeated_fields(self):
        body = '{"metadata":{"name":"f","foo":1},"data":{"a":"b","a":"c"},"spec":{}}'
        found = ['unknown field "metadata.foo"', 'unknown field "spec"', 'duplicate field "data.a"']
        self.row("POST " + MAPS + "?fieldValidation=Strict", 400,
                 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
                 + ", ".join(found), body)
        reply = self.row("POST " + MAPS + DRY, 201, {"data.a": "c"}, body)
        self.assertEqual(reply.warnings, ['299 - "%s"' % text.replace('"', '\\"') for text in found])
        reply = self.row("POST " + MAPS + DRY + "&fieldValidation=Ignore", 201, {"spec": None}, body)
        self.assertEqual(reply.warnings, [])


    def test_keys_that_yaml_repeats(self):
        body = "metadata:\n  name: y\ndata:\n  a: b\n  a: c\nfoo: 1\nfoo: 2\n"
        lines = ['line 5: key "a" already set in map', 'line 7: key "foo" already set in map']
        told = lines + ['unknown field "foo"']
        yaml = {"Content_Type": "application/yaml"}
        reply = self.row("POST " + MAPS + DRY, 201, {"data": {"a": "c"}}, body, **yaml)
        self.assertEqual(reply.warnings, ['299 - "%s"' % text.replace('"', '\\"') for text in told])
        self.row("POST " + MAPS + DRY + "&fieldValidation=Ignore", 201, {"data": {"a": "c"}}, body, **yaml)
        self.row("POST " + MAPS + "?fieldValidation=Strict", 400,
                 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal '
                 "errors:\n  " + "\n  ".join(lines) + ', unknown field "foo"', body, **yaml)
        apply = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: b\n  a: c\n"
        patch = {"Content_Type": "application/apply-patch+yaml"}
        path = "PATCH " + MAPS + "/y" + DRY + "&fieldManager=m"
        reply = self.row(path, 201, {"data": {"a": "c"}}, apply, **patch)
        self.assertEqual(reply.warnings, ['299 - "line 7: key \\"a\\" already set in map"'])
        self.row(path + "&fieldValidation=Strict", 400,
                 "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "
                 '"a" already set in map', apply, **patch)

    def test_warnings_come_with_refusals_too(self):
        reply = self.row("POST " + MAPS + DRY, 422,
                         'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
                         {"foo": 1})
        self.assertEqual(reply.warnings, ['299 - "unknown field \\"foo\\""'])

    def test_a_pod_that_is_probably_not_meant(self):
        pod = {"metadata": {"name": "w"}, "spec": {"containers": [
            {"name": "c", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
             "resources": {"limits": {"memory": "100m"}}}]}}
        reply = self.row("POST " + NAMESPACE + "/pods" + DRY, 201, {"metadata.name": "w"}, pod)
        self.assertEqual(reply.warnings, [
            '299 - "spec.containers[0].resources.%s[memory]: fractional byte value \\"100m\\" is invalid, must be an '
            'integer"' % which for which in ("limits", "requests")] + [
            '299 - "spec.containers[0].env[1]: hides previous definition of \\"A\\", which may be dropped when using '
            'apply"'])


class Answers(Table):
    """A write is answered in the form that was asked for."""

    TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
    PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"

    def test_as_tables(self):
        def first(reply):
            self.assertEqual([column["name"] for column in reply.json["columnDefinitions"]], ["Name", "Data", "Age"])
            return reply.json["rows"][0]["cells"][0]

        table = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
        made = self.row("POST " + MAPS, 201, table, {"metadata": {"name": "t"}, "data": {"a": "b"}}, Accept=self.TABLE)
        self.assertEqual(first(made), "t")
        put = self.row("PUT " + MAPS + "/t", 200, table, {"metadata": {"name": "t"}}, Accept=self.TABLE)
        self.assertEqual(first(put), "t")
        patched = self.row("PATCH " + MAPS + "/t", 200, table, "{}", Accept=self.TABLE, Content_Type=MERGE_PATCH)
        self.assertEqual(first(patched), "t")
        # A Status is not what tables are made of.
        self.row("DELETE " + MAPS + "/t", 200, {"kind": "Status", "status": "Success"}, Accept=self.TABLE)
        self.server.create("default", "serviceaccounts", {"metadata": {"name": "t"}})
        self.row("DELETE " + NAMESPACE + "/serviceaccounts/t", 200, table, Accept=self.TABLE)
        gone = self.row("DELETE " + SECRETS, 200, table, Accept=self.TABLE)
        self.assertEqual(gone.json["rows"], [])

    def test_as_metadata(self):
        partial = {"kind": "PartialObjectMetadata", "metadata.name": "p", "data": None}
        body = {"metadata": {"name": "p"}, "data": {"a": "b"}}
        self.row("POST " + MAPS, 201, partial, body, Accept=self.PARTIAL)
        self.row("PUT " + MAPS + "/p", 200, partial, body, Accept=self.PARTIAL)
        self.row("PATCH " + MAPS + "/p", 200, partial, "{}", Accept=self.PARTIAL, Content_Type=MERGE_PATCH)
        self.row("DELETE " + MAPS + "/p", 200, {"kind": "Status"}, Accept=self.PARTIAL)


class Metadata(Table):
    def test_names(self):
        for name in ("Bad", "-a", "a-", "a..b", ".", "a/b", "a%b", "a b"):
            wrong = 'metadata.name: Invalid value: "%s": ' % name
            self.created({"name": name}, 422, 'ConfigMap "%s" is invalid: %s%s' % (name, wrong, SUBDOMAIN))
        self.created({"name": "a.b"}, 422, 'Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": ' + LABEL,
                     "/api/v1/namespaces")
        self.created({"name": "a" * 253}, 201, {"metadata.name": "a" * 253})
        self.created({"name": "a" * 254}, 422, 'ConfigMap "%s" is invalid: metadata.name: Invalid value: "%s": must be '
                                               "no more than 253 bytes" % ("a" * 254, "a" * 254))
        self.created({"name": "n", "namespace": "default"}, 201, {"metadata.namespace": None}, "/api/v1/nodes")
        self.created({"name": "n", "namespace": "other"}, 400,
                     "the namespace of the provided object does not match the namespace sent on the request")

    def test_generated_names(self):
        for base, cut in [("a-", "a-"), ("a" * 70, "a" * 58)]:
            name = self.created({"generateName": base}, 201, {"metadata.generateName": base}).json["metadata"]["name"]
            self.assertRegex(name, "^%s[bcdfghjklmnpqrstvwxz2456789]{5}$" % cut)
        self.created({"name": "x", "generateName": "Bad_"}, 422,
                     'ConfigMap "x" is invalid: metadata.generateName: Invalid value: "Bad_": ' + SUBDOMAIN)
        reply = self.server.post(MAPS, {"metadata": {"generateName": "Bad_"}})
        self.assertEqual([cause["field"] for cause in reply.json["details"]["causes"]],
                         ["metadata.generateName", "metadata.name"])
        reply = self.server.post("/api/v1/namespaces", {"metadata": {"generateName": "a" * 64}})
        self.assertIn('metadata.generateName: Invalid value: "%s": must be no more than 63 bytes' % ("a" * 64),
                      reply.message)

    def test_labels_and_owners(self):
        bad = 'ConfigMap "x" is invalid: metadata.'
        for metadata, message in [
                ({"labels": {"a": "bad value!"}}, 'labels: Invalid value: "bad value!": ' + LABEL_VALUE),
                ({"labels": {"a/b/c": ""}},
                 'labels: Invalid value: "a/b/c": a qualified name must consist of alphanumeric characters, \'-\', '
                 "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
                 "or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an "
                 "optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"),
                ({"annotations": {"a": "x" * 262144}}, "annotations: Too long: may not be more than 262144 bytes"),
                ({"finalizers": ["nodomain"]}, 'finalizers[0]: Invalid value: "nodomain": name is neither a standard '
                                               "finalizer name nor is it fully qualified"),
                ({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p"}]},
                 'ownerReferences.uid: Invalid value: "": uid must not be empty')]:
            self.created(dict(metadata, name="x"), 422, bad + message)
        self.created({"name": "x", "annotations": {"UPPER.io/X": "y"}}, 201, {"metadata.name": "x"})

    def test_what_the_server_sets(self):
        reply = self.created({"name": "x", "uid": "u", "creationTimestamp": "2020-01-01T00:00:00Z", "generation": 7,
                              "deletionTimestamp": "2020-01-01T00:00:00Z", "deletionGracePeriodSeconds": 3,
                              "selfLink": "/x"}, 201,
                             {"metadata.generation": 7, "metadata.deletionTimestamp": None, "metadata.selfLink": None})
        self.assertNotEqual(reply.json["metadata"]["uid"], "u")
        self.created({"name": "x", "resourceVersion": "1"}, 500,
                     "resourceVersion should not be set on objects to be created")
        self.created({"name": "x", "resourceVersion": "0"}, 201, {"metadata.name": "x"})


class Data(Table):
    def test_keys_and_sizes(self):
        for key, why in [("bad key!", DATA_KEY), ("", DATA_KEY), (".", "must not be '.'"), ("..", "must not be '..'"),
                         ("..a", "must not start with '..'"), ("a" * 254, "must be no more than 253 bytes")]:
            wrong = ' "x" is invalid: data[%s]: Invalid value: "%s": %s' % (key, key, why)
            self.created({"name": "x"}, 422, "ConfigMap" + wrong, data={key: "v"})
            self.created({"name": "x"}, 422, "Secret" + wrong, SECRETS, data={key: "eA=="})
        self.created({"name": "x"}, 422, 'ConfigMap "x" is invalid: []: Too long: may not be more than 1048576 bytes',
                     data={"a": "x" * 1048577})
        self.created({"name": "x"}, 422, 'Secret "x" is invalid: data: Too long: may not be more than 1048576 bytes',
                     SECRETS, stringData={"a": "x" * 1048577})

    def test_types_of_secrets(self):
        redacted = 'Invalid value: "<secret contents redacted>": '
        config = "data[.dockerconfigjson]: " + redacted
        for kind, data, message in [
                ("dockercfg", {}, "data[.dockercfg]: Required value"),
                ("dockerconfigjson", {}, "data[.dockerconfigjson]: Required value"),
                ("dockerconfigjson", {".dockerconfigjson": ""}, config + "unexpected end of JSON input"),
                ("dockerconfigjson", {".dockerconfigjson": encoded("x")},
                 config + "invalid character 'x' looking for beginning of value"),
                ("dockerconfigjson", {".dockerconfigjson": encoded("[]")},
                 config + "json: cannot unmarshal array into Go value of type map[string]interface {}"),
                ("tls", {}, "[data[tls.crt]: Required value, data[tls.key]: Required value]"),
                ("basic-auth", {}, "[data[username]: Required value, data[password]: Required value]"),
                ("ssh-auth", {}, "data[ssh-privatekey]: Required value"),
                ("ssh-auth", {"ssh-privatekey": ""}, "data[ssh-privatekey]: Required value"),
                ("service-account-token", {},
                 "metadata.annotations[kubernetes.io/service-account.name]: Required value")]:
            self.created({"name": "x"}, 422, 'Secret "x" is invalid: ' + message, SECRETS,
                         type="kubernetes.io/" + kind, data=data)
        for kind, data in [("kubernetes.io/dockerconfigjson", {".dockerconfigjson": encoded("{}")}),
                           ("kubernetes.io/dockercfg", {".dockercfg": encoded("null")}),
                           ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}),
                           ("kubernetes.io/basic-auth", {"username": ""}), ("example.com/own", {}),
                           ("bootstrap.kubernetes.io/token", {})]:
            self.created({"name": "x"}, 201, {"type": kind}, SECRETS, type=kind, data=data)

    def test_secrets_change_within_limits(self):
        self.created({"name": "x"}, 201, {"type": "Opaque", "data": {"a": "Yg==", "c": "eA=="}, "stringData": None},
                     SECRETS, stringData={"a": "b"}, data={"a": "eA==", "c": "eA=="})
        self.server.create("default", "secrets", {"metadata": {"name": "s"}, "type": "x", "immutable": True})
        for change, message in [
                ({"type": "y"}, 'type: Invalid value: "y": field is immutable'),
                ({"type": None}, 'type: Invalid value: "Opaque": field is immutable'),
                ({"stringData": {"a": "b"}}, "data: Forbidden: field is immutable when `immutable` is set"),
                ({"immutable": None}, "immutable: Forbidden: field is immutable when `immutable` is set")]:
            self.row("PATCH " + SECRETS + "/s", 422, 'Secret "s" is invalid: ' + message, change,
                     Content_Type=MERGE_PATCH)


class Updates(Table):
    def put(self, metadata, status, wanted, **members):
        return self.row("PUT " + MAPS + "/m" + DRY, status, wanted, dict(members, metadata=metadata))

    def test_place_and_version(self):
        uid = self.map["metadata"]["uid"]
        other = ('Operation cannot be fulfilled on configmaps "%s": StorageError: invalid object, Code: 4, Key: '
                 "/registry/configmaps/default/%s, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
                 "precondition: other, UID in object meta: %s")
        for metadata, status, message in [
                ({"name": "z"}, 400, "the name of the object (z) does not match the name on the URL (m)"),
                ({}, 400, "the name of the object (m based on URL) was undeterminable: name must be provided"),
                ({"name": "m", "namespace": "z"}, 400,
                 "the namespace of the provided object does not match the namespace sent on the request"),
                ({"name": "z", "namespace": "z"}, 400,
                 "the namespace of the provided object does not match the namespace sent on the request"),
                ({"name": "m", "resourceVersion": "1"}, 409, MODIFIED),
                ({"name": "m", "resourceVersion": "x"}, 500, 'strconv.ParseUint: parsing "x": invalid syntax'),
                ({"name": "m", "uid": "other"}, 409, other % ("m", "m", uid)),
                ({"name": "m", "uid": "other", "resourceVersion": "1"}, 409, other % ("m", "m", uid))]:
            self.put(metadata, status, message)
        self.put({"name": "m", "resourceVersion": "0"}, 200, {"metadata.uid": uid})
        self.row("PUT " + MAPS + "/no", 404, 'configmaps "no" not found', {"metadata": {"name": "no"}})
        self.row("PUT " + MAPS + "/no", 409, other % ("no", "no", ""), {"metadata": {"name": "no", "uid": "other"}})
        lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
        self.row("PUT " + lease, 201, {"metadata.name": "l"}, {"metadata": {"name": "l", "resourceVersion": "3"}})
        self.row("PUT " + NAMESPACE + DRY, 200, {"metadata.namespace": None},
                 {"metadata": {"name": "default", "namespace": "z"}})

    def test_what_stays(self):
        created = self.map["metadata"]["creationTimestamp"]
        self.put({"name": "m", "creationTimestamp": "2020-01-01T00:00:00Z", "generation": 9}, 200,
                 {"metadata.creationTimestamp": created, "metadata.generation": None})
        self.put({"name": "m", "deletionGracePeriodSeconds": 5}, 422,
                 'ConfigMap "m" is invalid: metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable')

    def test_causes_are_repeated(self):
        reply = self.put({"name": "m", "labels": {"a": "bad value!"}}, 422,
                         'ConfigMap "m" is invalid: metadata.labels: Invalid value: "bad value!": ' + LABEL_VALUE)
        self.assertEqual([cause["field"] for cause in reply.json["details"]["causes"]], ["metadata.labels"] * 4)
        reply = self.put({"name": "m", "finalizers": ["nodomain"]}, 422,
                         'ConfigMap "m" is invalid: metadata.finalizers[0]: Invalid value: "nodomain": name is neither '
                         "a standard finalizer name nor is it fully qualified")
        self.assertEqual(len(reply.json["details"]["causes"]), 2)

    def test_the_same_again_is_no_change(self):
        path = MAPS + "/same"
        first = self.server.create("default", "configmaps", {"metadata": {"name": "same"}, "data": {"a": "b"}})
        again = self.server.call("PUT", path, first).json
        self.assertEqual(again, first)
        for kind, patch in [(MERGE_PATCH, "{}"), (STRATEGIC_PATCH, "null"), (JSON_PATCH, "[]"), (JSON_PATCH, "null")]:
            self.row("PATCH " + path, 200, {"metadata": first["metadata"]}, patch, Content_Type=kind)


class Patches(Table):
    def patch(self, kind, patch, status, wanted):
        body = patch if isinstance(patch, str) else json.dumps(patch)
        self.row("PATCH " + MAPS + "/m" + DRY, status, wanted, body, Content_Type=kind)

    def test_json_patch(self):
        def one(op, path, **members):
            return [dict(members, op=op, path=path)]

        unmarshal = "error decoding patch: json: cannot unmarshal %s into Go value of type %shandlers.jsonPatchOp"
        for patch, status, wanted in [
                ("", 400, "error decoding patch: unexpected end of JSON input"),
                ("{}", 400, unmarshal % ("object", "[]")),
                ('"x"', 400, unmarshal % ("string", "[]")),
                ("[1]", 400, unmarshal % ("number", "")),
                ('[{"op":1}]', 400, "error decoding patch: json: cannot unmarshal number into Go struct field "
                                    "jsonPatchOp.op of type string"),
                ("[null]", 422, REFUSED), ("[{}]", 422, REFUSED),
                (one("bogus", "/data/k"), 422, REFUSED), (one("ADD", "/data/k", value="1"), 422, REFUSED),
                (one("test", "/data/k", value="x"), 422, REFUSED), (one("remove", "/data/x"), 422, REFUSED),
                (one("add", "/no/x", value="1"), 422, REFUSED), (one("replace", "/no/x", value="1"), 422, REFUSED),
                (one("add", "", value={}), 422, REFUSED), (one("remove", ""), 422, REFUSED),
                (one("copy", "/data/x", **{"from": ""}), 422, REFUSED), (one("add", "data", value={}), 422, REFUSED),
                (one("test", "/metadata/finalizers/9", value=None), 422, REFUSED),
                (one("replace", "/metadata/finalizers/-", value="x.io/c"), 422, REFUSED),
                # What the patch library of Kubernetes does beyond RFC 6902.
                (one("replace", "/data/x", value="1"), 200, {"data": {"k": "v", "x": "1"}}),
                (one("copy", "/data/x", **{"from": "/data/y"}), 200, {"data": {"k": "v", "x": ""}}),
                (one("test", "/data/x", value=None), 200, {"data": {"k": "v"}}),
                (one("remove", "/metadata/finalizers/-1"), 200, {"metadata.finalizers": ["x.io/a"]}),
                (one("remove", "/metadata/finalizers/01"), 200, {"metadata.finalizers": ["x.io/a"]}),
                (one("add", "data/x", value="1"), 200, {"data": {"k": "v"}}),  # the member x of the whole
                (one("replace", "", value={"metadata": {"name": "m"}}), 200, {"data": None}),
                (one("replace", "", value="x"), 200, {"data": {"k": "v"}}),
                (one("move", "/data/x", **{"from": "/data/y"}), 422, REFUSED), (one("copy", "/data/x"), 422, REFUSED),
                (one("add", "/metadata/finalizers/9", value="x.io/c"), 422, REFUSED),
                (one("test", "/data/k", value="v"), 200, {"data": {"k": "v"}}),
                (one("add", "/data/x", value=None), 200, {"data": {"k": "v", "x": ""}}),
                (one("add", "/data/x"), 200, {"data": {"k": "v", "x": ""}}),
                (one("replace", "/data/k", value="1"), 200, {"data": {"k": "1"}}),
                (one("remove", "/data"), 200, {"data": None}),
                (one("move", "/data/x", **{"from": "/data/k"}), 200, {"data": {"x": "v"}}),
                (one("copy", "/data/x", **{"from": "/data/k"}), 200, {"data": {"k": "v", "x": "v"}}),
                (one("add", "/metadata/labels/x~1y", value="1"), 200, {"metadata.labels": {"a": "b", "x/y": "1"}}),
                (one("add", "/metadata/finalizers/0", value="x.io/c"), 200,
                 {"metadata.finalizers": ["x.io/c", "x.io/a", "x.io/b"]}),
                (one("test", "/data/k", value="v") * 10001, 413,
                 "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001")]:
            self.patch(JSON_PATCH, patch, status, wanted)

    def test_a_json_patch_that_is_not_to_be_validated(self):
        unmarshal = "json: cannot unmarshal %s into Go value of type jsonpatch.%s"
        for patch, message in [("", "unexpected end of JSON input"), ("{}", unmarshal % ("object", "Patch")),
                               ("[1]", unmarshal % ("number", "Operation"))]:
            self.row("PATCH " + MAPS + "/m?fieldValidation=Ignore", 400, message, patch, Content_Type=JSON_PATCH)

    def test_what_a_patch_should_not_hold_is_told(self):
        path = "PATCH " + MAPS + "/m" + DRY
        refused = ' "" is invalid: patch: Invalid value: '
        for kind, patch, problems in [
                (JSON_PATCH, '[{"op":"test","path":"/x","path":"/data/k","value":"v","foo":1}]',
                 ['json patch unknown field "[0].foo"', 'json patch duplicate field "[0].path"']),
                (MERGE_PATCH, '{"data":{"k":"1","k":"v"},"foo":1}',
                 ['duplicate field "data.k"', 'unknown field "foo"']),
                (STRATEGIC_PATCH, '{"data":{"k":"1","k":"v"},"foo":1}',
                 ['duplicate field "data.k"', 'unknown field "foo"'])]:
            reply = self.row(path, 200, {"data.k": "v"}, patch, Content_Type=kind)
            self.assertEqual(reply.warnings, ['299 - "%s"' % text.replace('"', '\\"') for text in problems])
            reply = self.row(path + "&fieldValidation=Ignore", 200, {"data.k": "v"}, patch, Content_Type=kind)
            self.assertEqual(reply.warnings, [])
            reply = self.server.call("PATCH", MAPS + "/m?fieldValidation=Strict", patch, headers={"Content-Type": kind})
            self.assertEqual(reply.status, 422, reply)
            self.assertTrue(reply.message.startswith(refused), reply)
            self.assertTrue(reply.message.endswith("strict decoding error: " + ", ".join(problems)), reply)

    def test_no_patch_changes_the_kind(self):
        start = ' "" is invalid: patch: Invalid value: '
        for kind, patch in [(MERGE_PATCH, {"kind": "Secret"}),
                            (JSON_PATCH, [{"op": "replace", "path": "/kind", "value": "Secret"}])]:
            reply = self.server.call("PATCH", MAPS + "/m", json.dumps(patch), headers={"Content-Type": kind})
            self.assertEqual(reply.status, 422, reply)
            self.assertTrue(reply.message.startswith(start), reply)
            self.assertTrue(reply.message.endswith(
                ": converting (v1.Secret) to (core.ConfigMap): unknown conversion"), reply)
        for patch, why in [({"apiVersion": "v2"}, 'no kind "ConfigMap" is registered for version "v2"'),
                           ({"kind": "Foo"}, 'no kind "Foo" is registered for version "v1"'),
                           ({"apiVersion": "a/b/c"}, "unexpected GroupVersion string: a/b/c"),
                           ({"kind": 1}, "json: cannot unmarshal number into Go struct field .kind of type string")]:
            reply = self.server.call("PATCH", MAPS + "/m", json.dumps(patch), headers={"Content-Type": MERGE_PATCH})
            self.assertEqual(reply.status, 422, reply)
            self.assertIn(why, reply.message)
        self.patch(MERGE_PATCH, {"kind": None}, 200, {"kind": "ConfigMap"})
        # A strategic patch is read with the kind at hand.
        self.patch(STRATEGIC_PATCH, {"kind": "Secret"}, 200, {"kind": "ConfigMap"})

    def test_merge_patch(self):
        for patch, status, wanted in [
                ("", 400, "error decoding patch: unexpected end of JSON input"),
                ("null", 400, "Invalid JSON Patch"),
                ("1", 400, "error decoding patch: json: cannot unmarshal number into Go value of type "
                           "map[string]interface {}"),
                ({"data": {"k": None}}, 200, {"data": None}),
                ({"data": {"x": "1"}}, 200, {"data": {"k": "v", "x": "1"}}),
                ({"metadata": {"finalizers": ["x.io/c"]}}, 200, {"metadata.finalizers": ["x.io/c"]}),
                ({"metadata": {"resourceVersion": "1"}}, 409, MODIFIED)]:
            self.patch(MERGE_PATCH, patch, status, wanted)

    def test_no_patch_moves_or_renames(self):
        for kind in (MERGE_PATCH, STRATEGIC_PATCH):
            for metadata, status, wanted in [
                    ({"name": "z"}, 400, "the name of the object (z) does not match the name on the URL (m)"),
                    ({"name": None}, 400,
                     "the name of the object (m based on URL) was undeterminable: name must be provided"),
                    ({"namespace": "z"}, 400,
                     "the namespace of the provided object does not match the namespace sent on the request"),
                ({"name": "z", "namespace": "z"}, 400,
                 "the namespace of the provided object does not match the namespace sent on the request"),
                    ({"namespace": None}, 200, {"metadata.namespace": "default"}),
                    ({"uid": "z"}, 422,
                     'ConfigMap "m" is invalid: metadata.uid: Invalid value: "z": field is immutable')]:
                self.patch(kind, {"metadata": metadata}, status, wanted)

    def test_strategic_patch(self):
        for patch, status, wanted in [
                ("", 400, "unexpected end of JSON input"),
                ("[]", 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
                ({"data": {"$patch": "bogus"}}, 500, "unknown patch type: bogus in map: map[$patch:bogus]"),
                ({"data": {"a": 1}}, 422, ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert '
                                          "int64 to string"),
                ({"data": "x"}, 422, ' "" is invalid: patch: Invalid value: "map[data:x]": cannot restore map from '
                                     "string"),
                ({"data": {"$patch": "replace", "z": "y"}}, 200, {"data": {"z": "y"}}),
                ({"data": {"$patch": "delete"}}, 200, {"data": None}),
                ({"data": {"$retainKeys": ["z"], "z": "1"}}, 200, {"data": {"z": "1"}}),
                ({"data": {"$retainKeys": ["q"], "z": "1"}}, 400, "invalid patch format of retainKeys"),
                ({"metadata": {"finalizers": ["x.io/c"]}}, 200,
                 {"metadata.finalizers": ["x.io/c", "x.io/a", "x.io/b"]}),
                ({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.io/a"]}}, 200,
                 {"metadata.finalizers": ["x.io/b"]}),
                ({"metadata": {"$setElementOrder/finalizers": ["x.io/b", "x.io/a"]}}, 200,
                 {"metadata.finalizers": ["x.io/b", "x.io/a"]})]:
            self.patch(STRATEGIC_PATCH, patch, status, wanted)


if __name__ == "__main__":
    harness.main()
