#!/usr/bin/env python3
"""What a client reads, and what is refused with which words: lists, watches, deletes, tables, pods.

Each table is one topic; a line is a request, or a part of an object, and what must come of it.
"""
import json
import os
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # noqa: E402  (it stands in another folder)

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
LIST_OPTIONS = 'ListOptions.meta.k8s.io "" is invalid: '
DELETE_OPTIONS = 'DeleteOptions.meta.k8s.io "" is invalid: '
NO_INTEGER = 'strconv.ParseInt: parsing "%s": invalid syntax'
TOO_LARGE = 'strconv.ParseInt: parsing "99999999999999999999": value out of range'
NOT_FOUND = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"


def query(**parameters):
    return "?" + urllib.parse.urlencode(parameters)


def token(revision, start, version="meta.k8s.io/v1"):
    return harness.b64url(json.dumps({"v": version, "rv": revision, "start": start}).encode())


def names(reply):
    return [item["metadata"]["name"] for item in reply.json["items"]]


def pod(name="p", node=None, **spec):
    spec.setdefault("containers", [{"name": "c", "image": "i"}])
    if node is not None:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


class ReadCase(harness.ServerCase):
    """Tests that read what `prepare` put into namespaces."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prepare()

    @classmethod
    def prepare(cls):
        pass

    def assert_refused(self, path, code, message, method="GET", body=None):
        with self.subTest(path):
            self.assert_status(self.server.call(method, path, body), code, message=message)

    def patch(self, path, body, kind="merge"):
        headers = {"Content-Type": "application/%s-patch+json" % kind}
        reply = self.server.call("PATCH", path, body, headers=headers)
        self.assertEqual(reply.status, 200, reply)
        return reply.json


class Lists(ReadCase):
    MAPS = "/api/v1/namespaces/lists/configmaps"

    @classmethod
    def prepare(cls):
        cls.server.namespace("lists")
        harness.eventually(lambda: cls.server.get(cls.MAPS + "/kube-root-ca.crt").status == 200)
        cls.server.delete(cls.MAPS + "/kube-root-ca.crt")
        harness.eventually(lambda: cls.server.get(cls.MAPS + "/kube-root-ca.crt").status == 200)
        for name, labels in [("a", {"app": "x", "n": "1"}), ("b", {"app": "y", "n": "5"}),
                             ("c", {"app": "z"}), ("d", {"n": "x"}), ("e", {"app": ""})]:
            cls.server.create("lists", "configmaps", {"metadata": {"name": name, "labels": labels}})

    def pick(self, **parameters):
        reply = self.server.get(self.MAPS + query(**parameters))
        self.assertEqual(reply.status, 200, reply)
        return "".join(name for name in names(reply) if len(name) == 1)

    def test_label_selectors_pick(self):
        for selector, picked in [
                ("app", "abce"), ("!app", "d"), ("app=x", "a"), ("app==x", "a"),
                ("app!=x", "bcde"), ("app in (x,y)", "ab"), ("app in (x),n in (1)", "a"),
                ("app notin (x,y)", "cde"), ("app notin (x, y),app", "ce"), ("app=", "e"),
                ("app in ()", "e"), ("app in (,x)", "ae"), ("n>1", "b"), ("n<5", "a"),
                ("n>0,n<9", "ab"), (" app = x ", "a"), ("app=x,", None), ("", "abcde"),
                ("none=such", "")]:
            with self.subTest(selector):
                if picked is None:
                    self.assertEqual(self.server.get(self.MAPS + query(labelSelector=selector)).status, 400)
                else:
                    self.assertEqual(self.pick(labelSelector=selector), picked)

    def test_label_selectors_that_are_none(self):
        for selector, message in [
                ("==", "found '==', expected: !, identifier, or 'end of string'"),
                ("app=x,", "found '', expected: identifier after ','"),
                ("app in x", "unable to parse requirement: found 'x' expected: '('"),
                ("app in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
                ("app x", "unable to parse requirement: found 'x', expected: in, notin, =, ==, !=, gt, lt"),
                ("n>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "
                        "operators, the value must be an integer")]:
            self.assert_refused(self.MAPS + query(labelSelector=selector), 400, message)

    def test_field_selectors_pick(self):
        for selector, picked in [
                ("metadata.name=a", "a"), ("metadata.name==a", "a"), ("metadata.name!=a", "bcde"),
                ("metadata.name!=a,metadata.name!=b", "cde"), ("metadata.namespace=lists", "abcde"),
                ("metadata.namespace=other", ""), ("metadata.name=", "")]:
            with self.subTest(selector):
                self.assertEqual(self.pick(fieldSelector=selector), picked)

    def test_field_selectors_that_are_none(self):
        known = ' is not a known field selector: only "metadata.name", "metadata.namespace"'
        for path, selector, message in [
                (self.MAPS, "data.x=1", '"data.x"' + known),
                (self.MAPS, "metadata.uid=1", '"metadata.uid"' + known),
                (self.MAPS, "abc", "invalid selector: 'abc'; can't understand 'abc'"),
                ("/api/v1/pods", "spec.bogus=1", "field label not supported: spec.bogus"),
                ("/api/v1/nodes", "metadata.uid=1", "field label not supported: metadata.uid"),
                ("/api/v1/secrets", "data=1", "field label not supported: data"),
                ("/api/v1/namespaces", "spec=1", "field label not supported: spec"),
                ("/api/v1/events", "bogus=1", "field label not supported: bogus")]:
            self.assert_refused(path + query(fieldSelector=selector), 400, message)

    def test_every_field_that_may_be_selected(self):
        for path, fields in [
                ("/api/v1/pods", "metadata.name metadata.namespace spec.nodeName spec.restartPolicy "
                 "spec.schedulerName spec.serviceAccountName status.phase status.podIP status.podIPs "
                 "status.nominatedNodeName spec.hostNetwork"),
                ("/api/v1/nodes", "metadata.name spec.unschedulable"),
                ("/api/v1/secrets", "metadata.name metadata.namespace type"),
                ("/api/v1/namespaces", "metadata.name status.phase"),
                ("/api/v1/events", "metadata.name involvedObject.kind involvedObject.namespace "
                 "involvedObject.name involvedObject.uid involvedObject.apiVersion "
                 "involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent "
                 "source type")]:
            for field in fields.split():
                with self.subTest(field):
                    reply = self.server.get(path + query(fieldSelector=field + "=none"))
                    self.assertEqual((reply.status, reply.json.get("items")), (200, []), reply)

    def test_pages(self):
        seen, left, following, version = [], [], "", None
        while True:
            parameters = {"limit": 2, "continue": following} if following else {"limit": 2}
            page = self.server.get(self.MAPS + query(**parameters))
            seen += names(page)
            meta = page.json["metadata"]
            version = version or meta["resourceVersion"]
            self.assertEqual(meta["resourceVersion"], version)
            left.append(meta.get("remainingItemCount"))
            following = meta.get("continue", "")
            if not following:
                break
        self.assertEqual((seen, left), (["a", "b", "c", "d", "e", "kube-root-ca.crt"], [4, 2, None]))

    def test_a_continue_token_says_where_the_next_page_starts(self):
        meta = self.server.get(self.MAPS + "?limit=2").json["metadata"]
        self.assertEqual(json.loads(harness.b64url_decode(meta["continue"])),
                         {"v": "meta.k8s.io/v1", "rv": int(meta["resourceVersion"]), "start": "b\0"})

    def test_a_token_may_go_on_with_another_selector(self):
        following = self.server.get(self.MAPS + "?limit=2").json["metadata"]["continue"]
        self.assertEqual(self.pick(**{"continue": following, "labelSelector": "app"}), "ce")
        everywhere = self.server.get("/api/v1/configmaps?limit=1").json["metadata"]["continue"]
        self.assertEqual(self.server.get("/api/v1/configmaps" + query(**{"continue": everywhere})).status, 200)

    def test_limits(self):
        for limit, count in [("0", 6), ("-1", 6), ("3", 3), ("6", 6), ("9223372036854775807", 6)]:
            with self.subTest(limit):
                self.assertEqual(len(names(self.server.get(self.MAPS + "?limit=" + limit))), count)

    def test_numbers_that_are_none(self):
        for parameter in ["limit", "timeoutSeconds"]:
            for text in ["abc", "1x", "1.5", "0x10", ""]:
                self.assert_refused("%s?%s=%s" % (self.MAPS, parameter, text), 400, NO_INTEGER % text)
            self.assert_refused("%s?%s=%s" % (self.MAPS, parameter, "9" * 20), 400, TOO_LARGE)

    def test_continue_tokens_that_are_none(self):
        bad = "invalid continue token: continue key is not valid: "
        for text, message in [
                ("@", "illegal base64 data at input byte 0"),
                ("zzzz!", "illegal base64 data at input byte 4"),
                ("garbage", "invalid character '\\u0081' looking for beginning of value"),
                ("xx", "invalid character 'Ç' looking for beginning of value"),
                (harness.b64url(b"{"), "unexpected end of JSON input"),
                (harness.b64url(b"{}"), 'server does not recognize this encoded version ""'),
                (token(5, "b", "v2"), 'server does not recognize this encoded version "v2"'),
                (token(0, "b"), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
                (token(5, ""), "encoded start key empty (version meta.k8s.io/v1)"),
                (token(5, "../b"), "../b"), (token(5, "a/../../b"), "a/../../b")]:
            self.assert_refused(self.MAPS + query(**{"continue": text}), 400, bad + message)

    def test_a_continue_token_and_a_version_do_not_go_together(self):
        following = self.server.get(self.MAPS + "?limit=2").json["metadata"]["continue"]
        self.assert_refused(self.MAPS + query(**{"continue": following, "resourceVersion": 5}), 400,
                            "specifying resource version is not allowed when using continue")
        self.assertEqual(self.pick(**{"continue": following, "resourceVersion": 0}), "cde")

    def test_versions(self):
        version = int(self.server.get(self.MAPS).json["metadata"]["resourceVersion"])
        for parameters in [{"resourceVersion": 0}, {"resourceVersion": version},
                           {"resourceVersion": 1}, {"resourceVersion": version, "resourceVersionMatch": "Exact"},
                           {"resourceVersion": 0, "resourceVersionMatch": "NotOlderThan"},
                           {"resourceVersion": 1, "resourceVersionMatch": "NotOlderThan"}]:
            with self.subTest(str(parameters)):
                self.assertEqual(self.pick(**parameters), "abcde")

    def test_the_first_page_of_a_version_is_of_exactly_that_version(self):
        version = self.server.get(self.MAPS).json["metadata"]["resourceVersion"]
        self.server.create("lists", "configmaps", {"metadata": {"name": "0"}})
        self.addCleanup(self.server.delete, self.MAPS + "/0")
        self.assertEqual(self.pick(resourceVersion=version), "0abcde")
        self.assertEqual(self.pick(resourceVersion=version, limit=3), "abc")

    def test_versions_that_are_none(self):
        def forbidden(why):
            return LIST_OPTIONS + "resourceVersionMatch: Forbidden: " + why
        for parameters, code, message in [
                ({"resourceVersionMatch": "Exact"}, 422,
                 forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")),
                ({"resourceVersionMatch": "Exact", "resourceVersion": 0}, 422,
                 forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')),
                ({"resourceVersionMatch": "Bogus", "resourceVersion": 1}, 422,
                 LIST_OPTIONS + 'resourceVersionMatch: Unsupported value: "Bogus": supported values: '
                 '"Exact", "NotOlderThan", ""'),
                ({"resourceVersion": "abc"}, 400,
                 'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: '
                 'parsing "abc": invalid syntax'),
                ({"sendInitialEvents": "true"}, 422,
                 LIST_OPTIONS + "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")]:
            self.assert_refused(self.MAPS + query(**parameters), code, message)

    def test_a_version_to_come_is_waited_for_in_vain(self):
        reply = self.server.get(self.MAPS + "?resourceVersion=9999999")
        self.assertEqual(reply.status, 504, reply)
        self.assertRegex(reply.message, r"^Timeout: Too large resource version: 9999999, current: \d+$")
        self.assertEqual(reply.json["details"]["causes"],
                         [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}])

    def test_nothing_there_is_an_empty_list(self):
        reply = self.server.get("/api/v1/namespaces/nosuch/configmaps")
        self.assertEqual((reply.status, reply.json["kind"], reply.json["items"]), (200, "ConfigMapList", []))

    def test_items_do_not_name_their_kind(self):
        for item in self.server.get(self.MAPS).json["items"]:
            self.assertFalse({"kind", "apiVersion"} & set(item))

    def test_objects_have_no_head(self):
        for path in (self.MAPS, self.MAPS + "/a", self.MAPS + "/nosuch", self.MAPS + "?limit=1"):
            with self.subTest(path):
                reply = self.server.call("HEAD", path)
                self.assertEqual((reply.status, reply.body), (405, b""))


POD_ERRORS = 'Pod "p" is invalid: '
ENV_SOURCES = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
LABEL_TEXT = ("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
              "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
              "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
LABEL_VALUE = ("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
               "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
               "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")


class PodRules(ReadCase):
    """Creates are dry: every line is refused with exactly this, or accepted where it is empty."""

    @classmethod
    def prepare(cls):
        cls.server.namespace("pods")
        harness.eventually(
            lambda: cls.server.get("/api/v1/namespaces/pods/serviceaccounts/default").status == 200)

    def check(self, body, expected):
        reply = self.server.post("/api/v1/namespaces/pods/pods?dryRun=All", body)
        if not expected:
            return self.assertEqual(reply.status, 201, reply)
        texts = ["spec." + text for text in ([expected] if isinstance(expected, str) else expected)]
        self.assertEqual(reply.status, 422, reply)
        self.assertEqual(reply.message, POD_ERRORS + (texts[0] if len(texts) == 1 else "[%s]" % ", ".join(texts)))
        return self.assertEqual(["%s: %s" % (cause["field"], cause["message"])
                                 for cause in reply.json["details"]["causes"]], texts)

    def containers(self, *cases):
        """Members of the only container, and errors below spec.containers[0]."""
        for members, expected in cases:
            with self.subTest(str(members)):
                texts = [expected] if isinstance(expected, str) else expected
                volumes = [{"name": "v", "emptyDir": {}}]
                self.check(pod(containers=[dict({"name": "c", "image": "i"}, **members)], volumes=volumes),
                           ["containers[0]." + text for text in texts if text])

    def specs(self, *cases):
        for spec, expected in cases:
            with self.subTest(str(spec)):
                self.check(pod(**spec), expected)

    def test_names_and_images(self):
        self.containers(
            ({"name": ""}, "name: Required value"),
            ({"name": "A"}, 'name: Invalid value: "A": ' + LABEL_TEXT),
            ({"image": ""}, "image: Required value"),
            ({"image": " i"}, 'image: Invalid value: " i": must not have leading or trailing whitespace'),
            ({"imagePullPolicy": "Sometimes"}, 'imagePullPolicy: Unsupported value: "Sometimes": supported '
             'values: "Always", "IfNotPresent", "Never"'),
            ({"terminationMessagePolicy": "x"}, 'terminationMessagePolicy: Unsupported value: "x": supported '
             'values: "FallbackToLogsOnError", "File"'))
        two = [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]
        self.specs(({"containers": two}, 'containers[1].name: Duplicate value: "c"'),
                   ({"containers": []}, "containers: Required value"),
                   ({"initContainers": two[:1]}, 'initContainers[0].name: Duplicate value: "c"'))

    def test_ports(self):
        port = {"containerPort": 80}
        self.containers(
            ({"ports": [port, {"containerPort": 53, "protocol": "UDP"}]}, ""),
            ({"ports": [{"containerPort": 0}]}, "ports[0].containerPort: Required value"),
            ({"ports": [{"containerPort": 65536}]},
             "ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"),
            ({"ports": [dict(port, hostPort=-1)]},
             "ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive"),
            ({"ports": [dict(port, protocol="tcp")]},
             'ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'),
            ({"ports": [dict(port, name="a"), dict(port, name="a")]}, 'ports[1].name: Duplicate value: "a"'),
            ({"ports": [dict(port, name="much-too-long-name")]},
             'ports[0].name: Invalid value: "much-too-long-name": must be no more than 15 characters'),
            ({"ports": [dict(port, name="Http")]},
             'ports[0].name: Invalid value: "Http": must contain only alpha-numeric characters (a-z, 0-9), and '
             'hyphens (-)'),
            ({"ports": [dict(port, name="80")]},
             'ports[0].name: Invalid value: "80": must contain at least one letter (a-z)'),
            ({"ports": [dict(port, name="a--b")]},
             'ports[0].name: Invalid value: "a--b": must not contain consecutive hyphens'),
            ({"ports": [dict(port, name="a-")]},
             'ports[0].name: Invalid value: "a-": must not begin or end with a hyphen'),
            ({"ports": [dict(port, hostPort=80), dict(port, hostPort=80)]},
             'ports[1].hostPort: Duplicate value: "TCP//80"'))
        self.specs(
            ({"hostNetwork": True, "containers": [{"name": "c", "image": "i", "ports": [dict(port, hostPort=81)]}]},
             "containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` "
             "is true"),
            ({"hostNetwork": True, "containers": [{"name": "c", "image": "i", "ports": [port]}]}, ""))

    def test_variables(self):
        field = {"fieldRef": {"fieldPath": "metadata.name"}}
        key = {"secretKeyRef": {"name": "s", "key": "k"}}
        self.containers(
            ({"env": [{"name": "A", "value": "$(B)"}, {"name": "1-a.b", "valueFrom": field}]}, ""),
            ({"env": [{"value": "x"}]}, "env[0].name: Required value"),
            ({"env": [{"name": "a=b"}]},
             'env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of '
             "printable ASCII characters other than '='"),
            ({"env": [{"name": "A", "valueFrom": {}}]},
             'env[0].valueFrom: Invalid value: "": must specify one of: ' + ENV_SOURCES),
            ({"env": [{"name": "A", "value": "x", "valueFrom": field}]},
             'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'),
            ({"env": [{"name": "A", "valueFrom": dict(field, **key)}]},
             'env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time'),
            ({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.bogus"}}}]},
             'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.bogus": error converting fieldPath: '
             "field label not supported: spec.bogus"),
            ({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
             "env[0].valueFrom.secretKeyRef.key: Required value"),
            ({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"key": "k"}}}]},
             "env[0].valueFrom.configMapKeyRef.name: Required value"),
            ({"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.x"}}}]},
             'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.x": supported values: '
             '"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", '
             '"requests.ephemeral-storage", "requests.memory"'),
            ({"envFrom": [{}]}, 'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
            ({"envFrom": [{"configMapRef": {"name": "m"}, "secretRef": {"name": "s"}}]},
             'envFrom: Invalid value: "": may not have more than one field specified at a time'),
            ({"envFrom": [{"secretRef": {}}]}, "envFrom[0].secretRef.name: Required value"))

    def test_resources(self):
        def limits(**values):
            return {"resources": {"limits": values}}
        self.containers(
            (limits(cpu="1", memory="1Gi", **{"example.com/gpu": "1"}), ""),
            (limits(cpu="0"), ""),
            ({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}}},
             'resources.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1'),
            ({"resources": {"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}},
             'resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi'),
            ({"resources": {"requests": {"cpu": "-1"}}},
             'resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
            ({"resources": {"requests": {"foo": "1"}}},
             ['resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
              'resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers']))
        form = ("quantities must match the regular expression "
                "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        for quantity, message in [("abc", form), ("1.5.2x", form), ("1 G", form),
                                  ("1kk", "unable to parse quantity's suffix")]:
            body = pod(containers=[{"name": "c", "image": "i", "resources": {"requests": {"cpu": quantity}}}])
            reply = self.server.post("/api/v1/namespaces/pods/pods", body)
            self.assert_status(reply, 400, "BadRequest")
            self.assertIn(message, reply.message)

    def test_probes(self):
        tcp = {"tcpSocket": {"port": 80}}
        self.containers(
            ({"livenessProbe": tcp, "readinessProbe": {"exec": {"command": ["true"]}}}, ""),
            ({"livenessProbe": {}}, "livenessProbe: Required value: must specify a handler type"),
            ({"livenessProbe": dict(tcp, exec={"command": ["true"]})},
             "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"),
            ({"readinessProbe": {"exec": {}}}, "readinessProbe.exec.command: Required value"),
            ({"readinessProbe": {"httpGet": {"path": "/", "port": 0}}},
             "readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"),
            ({"readinessProbe": {"httpGet": {"path": "/", "port": "a--b"}}},
             'readinessProbe.httpGet.port: Invalid value: "a--b": must not contain consecutive hyphens'),
            ({"readinessProbe": {"httpGet": {"port": 80, "scheme": "ftp"}}},
             'readinessProbe.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"'),
            ({"livenessProbe": dict(tcp, periodSeconds=-1)},
             "livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"),
            ({"livenessProbe": dict(tcp, successThreshold=2)},
             "livenessProbe.successThreshold: Invalid value: 2: must be 1"),
            ({"startupProbe": dict(tcp, successThreshold=2)},
             "startupProbe.successThreshold: Invalid value: 2: must be 1"),
            ({"readinessProbe": dict(tcp, successThreshold=2)}, ""),
            ({"readinessProbe": dict(tcp, terminationGracePeriodSeconds=2)},
             "readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: must not be set for readinessProbes"),
            ({"livenessProbe": dict(tcp, terminationGracePeriodSeconds=0)},
             "livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"),
            ({"lifecycle": {"preStop": {}}}, "lifecycle.preStop: Required value: must specify a handler type"))
        self.specs(({"initContainers": [{"name": "b", "image": "i", "livenessProbe": tcp}]},
                    "initContainers[0].livenessProbe: Forbidden: may not be set for init containers without "
                    "restartPolicy=Always"),
                   ({"initContainers": [{"name": "b", "image": "i", "livenessProbe": tcp,
                                         "restartPolicy": "Always"}]}, ""))

    def test_mounts(self):
        def mounts(*entries):
            return {"volumeMounts": list(entries)}
        good = {"name": "v", "mountPath": "/v"}
        self.containers(
            (mounts(dict(good, subPath="..a/b")), ""),
            (mounts(dict(good, name="nosuch")), 'volumeMounts[0].name: Not found: "nosuch"'),
            (mounts({"name": "v", "mountPath": ""}), "volumeMounts[0].mountPath: Required value"),
            (mounts(good, good), 'volumeMounts[1].mountPath: Invalid value: "/v": must be unique'),
            (mounts(dict(good, subPath="a/../b")),
             'volumeMounts[0].subPath: Invalid value: "a/../b": must not contain \'..\''),
            (mounts(dict(good, subPath="/a")), 'volumeMounts[0].subPath: Invalid value: "/a": must be a relative path'),
            (mounts(dict(good, subPath="a", subPathExpr="b")),
             'volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive'),
            (mounts(dict(good, mountPropagation="Bidirectional")),
             "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to "
             "privileged containers"))

    def test_tolerations(self):
        def one(**toleration):
            return {"tolerations": [toleration]}
        self.specs(
            (one(operator="Exists"), ""), (one(key="k", value="v", effect="NoSchedule"), ""),
            (one(value="v"), 'tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is '
             'empty, which means "match all values and all keys"'),
            (one(key="k", operator="Sometimes"), 'tolerations[0].operator: Unsupported value: "Sometimes": '
             'supported values: "Equal", "Exists"'),
            (one(key="k", operator="Exists", value="v"), 'tolerations[0].operator: Invalid value: '
             'core.Toleration{Key:"k", Operator:"Exists", Value:"v", Effect:"", TolerationSeconds:(*int64)(nil)}: '
             "value must be empty when `operator` is 'Exists'"),
            (one(key="k", operator="Exists", effect="Never"), 'tolerations[0].effect: Unsupported value: "Never": '
             'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'),
            (one(key="k", operator="Exists", effect="NoSchedule", tolerationSeconds=5),
             'tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when '
             '`tolerationSeconds` is set'),
            (one(key="k", value="a b"), 'tolerations[0].operator: Invalid value: "a b": ' + LABEL_VALUE))

    def test_placement(self):
        required = "requiredDuringSchedulingIgnoredDuringExecution"
        preferred = "preferredDuringSchedulingIgnoredDuringExecution"

        def nodes(*terms):
            return {"affinity": {"nodeAffinity": {required: {"nodeSelectorTerms": list(terms)}}}}

        def expression(operator, *values):
            return {"matchExpressions": [dict({"key": "k", "operator": operator}, values=list(values))]}
        where = "affinity.nodeAffinity.%s.nodeSelectorTerms" % required
        values = where + "[0].matchExpressions[0].values"
        spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
        self.specs(
            ({"nodeSelector": {"a": "b c"}}, 'nodeSelector: Invalid value: "b c": ' + LABEL_VALUE),
            (nodes(expression("In", "a"), expression("Gt", "1"), expression("Exists")), ""),
            (nodes(), where + ": Required value: must have at least one node selector term"),
            (nodes(expression("In")), values + ": Required value: must be specified when `operator` is 'In' or "
             "'NotIn'"),
            (nodes(expression("Exists", "a")), values + ": Forbidden: may not be specified when `operator` is "
             "'Exists' or 'DoesNotExist'"),
            (nodes(expression("Gt")), values + ": Required value: must be specified single value when `operator` "
             "is 'Lt' or 'Gt'"),
            (nodes(expression("Odd")), where + '[0].matchExpressions[0].operator: Invalid value: "Odd": not a valid '
             "selector operator"),
            ({"affinity": {"nodeAffinity": {preferred: [{"weight": 101, "preference": expression("Exists")}]}}},
             "affinity.nodeAffinity.%s[0].weight: Invalid value: 101: must be in the range 1-100" % preferred),
            ({"affinity": {"podAntiAffinity": {required: [{"labelSelector": {}, "topologyKey": ""}]}}},
             "affinity.podAntiAffinity.%s[0].topologyKey: Required value: can not be empty" % required),
            ({"topologySpreadConstraints": [spread]}, ""),
            ({"topologySpreadConstraints": [dict(spread, maxSkew=0)]},
             "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"),
            ({"topologySpreadConstraints": [dict(spread, topologyKey="")]},
             "topologySpreadConstraints[0].topologyKey: Required value: can not be empty"),
            ({"topologySpreadConstraints": [dict(spread, whenUnsatisfiable="x")]},
             'topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "x": supported values: '
             '"DoNotSchedule", "ScheduleAnyway"'),
            ({"topologySpreadConstraints": [spread, spread]},
             'topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: '
             '"{zone, DoNotSchedule}"'))

    def test_the_rest_of_a_pod(self):
        self.specs(
            ({"restartPolicy": "Maybe"}, 'restartPolicy: Unsupported value: "Maybe": supported values: "Always", '
             '"OnFailure", "Never"'),
            ({"dnsPolicy": "Maybe"}, 'dnsPolicy: Unsupported value: "Maybe": supported values: "ClusterFirst", '
             '"ClusterFirstWithHostNet", "Default", "None"'),
            ({"dnsPolicy": "None"}, "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
            ({"dnsPolicy": "None", "dnsConfig": {}}, "dnsConfig.nameservers: Required value: must provide at least "
             "one DNS nameserver when `dnsPolicy` is None"),
            ({"terminationGracePeriodSeconds": -1}, ""),
            ({"activeDeadlineSeconds": 0},
             "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
            ({"hostname": "A"}, 'hostname: Invalid value: "A": ' + LABEL_TEXT),
            ({"subdomain": "a.b"}, 'subdomain: Invalid value: "a.b": ' + LABEL_TEXT),
            ({"hostAliases": [{"ip": "x"}]}, 'hostAliases[0].ip: Invalid value: "x": must be a valid IP address, '
             "(e.g. 10.9.8.7 or 2001:db8::ffff)"),
            ({"securityContext": {"runAsUser": -1}},
             "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"),
            ({"securityContext": {"fsGroup": 2147483648}},
             "securityContext.fsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive"),
            ({"hostPID": True, "shareProcessNamespace": True}, "securityContext.shareProcessNamespace: Invalid "
             "value: true: ShareProcessNamespace and HostPID cannot both be enabled"))
        self.containers(
            ({"securityContext": {"runAsUser": -1}},
             "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"),
            ({"securityContext": {"runAsGroup": -1}},
             "securityContext.runAsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive"))


class Watches(ReadCase):
    MAPS = "/api/v1/namespaces/watches/configmaps"

    @classmethod
    def prepare(cls):
        cls.server.namespace("watches")
        harness.eventually(lambda: cls.server.get(cls.MAPS + "/kube-root-ca.crt").status == 200)
        cls.start = cls.server.get(cls.MAPS).json["metadata"]["resourceVersion"]
        cls.server.create("watches", "configmaps", {"metadata": {"name": "a", "labels": {"l": "x"}}})
        headers = {"Content-Type": "application/merge-patch+json"}
        for value in ("y", "x"):
            cls.server.call("PATCH", cls.MAPS + "/a", {"metadata": {"labels": {"l": value}}}, headers=headers)
        cls.server.create("watches", "configmaps", {"metadata": {"name": "b"}})
        cls.server.delete(cls.MAPS + "/a")

    def events(self, path, accept="application/json"):
        reply = self.server.get(path, headers={"Accept": accept})
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"), reply)
        self.assertEqual(reply.headers.get("transfer-encoding"), "chunked")
        return [json.loads(line) for line in reply.text.splitlines()]

    def told(self, path):
        """Type, name and label of what comes within a second."""
        return " ".join(event["type"] + ":" + event["object"]["metadata"].get("name", "")
                        + "".join(event["object"]["metadata"].get("labels", {}).get("l", ""))
                        for event in self.events(path + "&timeoutSeconds=1"))

    def test_what_is_told(self):
        since, old = "?watch=1&resourceVersion=" + self.start, "/api/v1/watch/namespaces/watches/configmaps"
        everything = "ADDED:ax MODIFIED:ay MODIFIED:ax ADDED:b DELETED:ax"
        initial = "&sendInitialEvents=%s&resourceVersionMatch=NotOlderThan"
        for path, told in [
                (self.MAPS + since, everything),
                ("/api/v1/configmaps" + since + "&fieldSelector=metadata.namespace%3Dwatches", everything),
                (self.MAPS + since + "&labelSelector=l%3Dx", "ADDED:ax DELETED:ax ADDED:ax DELETED:ax"),
                (self.MAPS + since + "&labelSelector=!l", "ADDED:b"),
                (self.MAPS + since + "&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=maybe&resourceVersion=0&labelSelector=!l", "ADDED:b ADDED:kube-root-ca.crt"),
                (old + "/b?", "ADDED:b"),
                (old + "/b?resourceVersion=" + self.start, "ADDED:b"),
                (old + "?resourceVersion=" + self.start, everything),
                ("/api/v1/watch/configmaps?fieldSelector=metadata.name%3Db", "ADDED:b"),
                ("/api/v1/watch/namespaces/watches?", "ADDED:watches"),
                (self.MAPS + "?watch=1&resourceVersion=9999999", ""),
                (self.MAPS + "?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Db",
                 "ADDED:b BOOKMARK:"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=yes&fieldSelector=metadata.name%3Db",
                 "ADDED:b BOOKMARK:"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=False&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=1&allowWatchBookmarks=true" + initial % "true"
                 + "&fieldSelector=metadata.name%3Db", "ADDED:b BOOKMARK: BOOKMARK:"),
                (self.MAPS + "?watch=1" + initial % "true" + "&fieldSelector=metadata.name%3Db", "ADDED:b"),
                (self.MAPS + "?watch=1" + initial % "false", "")]:
            with self.subTest(path):
                self.assertEqual(self.told(path), told)

    def test_what_leaves_a_selector_is_as_it_was_with_the_version_of_the_change(self):
        path = "?watch=1&timeoutSeconds=1&resourceVersion=" + self.start
        change = self.events(self.MAPS + path)[1]["object"]
        left = self.events(self.MAPS + path + "&labelSelector=l%3Dx")[1]
        self.assertEqual((left["type"], left["object"]["metadata"]["labels"]), ("DELETED", {"l": "x"}))
        self.assertEqual(left["object"]["metadata"]["resourceVersion"], change["metadata"]["resourceVersion"])

    def test_a_timeout_that_has_passed_ends_at_once(self):
        self.assertEqual(self.events(self.MAPS + "?watch=1&timeoutSeconds=-1&resourceVersion=9999999"), [])

    def test_parameters_that_are_none(self):
        match = LIST_OPTIONS + "resourceVersionMatch: "
        for parameters, code, message in [
                ({"resourceVersion": "abc"}, 500, 'resourceVersion: Invalid value: "abc": strconv.ParseUint: '
                 'parsing "abc": invalid syntax'),
                ({"timeoutSeconds": "abc"}, 400, NO_INTEGER % "abc"),
                ({"timeoutSeconds": ""}, 400, NO_INTEGER % ""),
                ({"limit": "abc"}, 400, NO_INTEGER % "abc"),
                ({"fieldSelector": "spec.x=1"}, 400,
                 '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'),
                ({"sendInitialEvents": "true"}, 422,
                 match + "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
                ({"resourceVersionMatch": "NotOlderThan"}, 422,
                 match + "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                 "provided")]:
            self.assert_refused(self.MAPS + query(watch="true", **parameters), code, message)

    def test_as_a_table_the_columns_come_once(self):
        events = self.events(self.MAPS + "?watch=1&timeoutSeconds=1&allowWatchBookmarks=1&resourceVersion="
                             + self.start, TABLE)
        self.assertEqual([event["type"] for event in events],
                         ["ADDED", "MODIFIED", "MODIFIED", "ADDED", "DELETED", "BOOKMARK"])
        for event in events:
            self.assertEqual((event["object"]["kind"], len(event["object"]["rows"])), ("Table", 1))
        self.assertEqual([bool(event["object"]["columnDefinitions"]) for event in events], [True] + [False] * 5)
        self.assertEqual([event["object"]["rows"][0]["cells"][0] for event in events[:5]], list("aaaba"))
        self.assertIn("resourceVersion", events[5]["object"]["rows"][0]["object"]["metadata"])

    def test_as_metadata_only_metadata_comes(self):
        for event in self.events(self.MAPS + "?watch=1&timeoutSeconds=1&resourceVersion=" + self.start, METADATA):
            self.assertEqual((event["object"]["kind"], event["object"]["apiVersion"], set(event["object"])),
                             ("PartialObjectMetadata", "meta.k8s.io/v1", {"kind", "apiVersion", "metadata"}))

    def test_watch_of_one_object_is_a_get(self):
        self.assertEqual(self.server.get(self.MAPS + "/b?watch=true").json["metadata"]["name"], "b")


class Deletes(ReadCase):
    MAPS = "/api/v1/namespaces/deletes/configmaps"

    @classmethod
    def prepare(cls):
        cls.server.namespace("deletes")
        harness.eventually(lambda: cls.server.get(cls.MAPS + "/kube-root-ca.crt").status == 200)

    def make(self, name, **metadata):
        return self.server.create("deletes", "configmaps", {"metadata": dict(metadata, name=name)})

    def test_options_that_are_none(self):
        policies = 'supported values: "Foreground", "Background", "Orphan", "nil"'
        self.make("kept")
        both = DELETE_OPTIONS + ('propagationPolicy: Invalid value: "Background": orphanDependents and '
                                 "deletionPropagation cannot be both set")
        for parameters, body, code, message in [
                ("", {"propagationPolicy": "Bogus"}, 422,
                 DELETE_OPTIONS + 'propagationPolicy: Unsupported value: "Bogus": ' + policies),
                ("?propagationPolicy=Bogus", None, 422,
                 DELETE_OPTIONS + 'propagationPolicy: Unsupported value: "Bogus": ' + policies),
                ("", {"propagationPolicy": "Background", "orphanDependents": True}, 422, both),
                ("?propagationPolicy=Background&orphanDependents=true", None, 422, both),
                ("?gracePeriodSeconds=abc", None, 400, NO_INTEGER % "abc"),
                ("?dryRun=Some", None, 422,
                 DELETE_OPTIONS + 'dryRun: Unsupported value: ["Some"]: supported values: "All"')]:
            for path in (self.MAPS + "/kept", self.MAPS):
                self.assert_refused(path + parameters, code, message, "DELETE", body)
        self.assertEqual(self.server.get(self.MAPS + "/kept").status, 200)

    def test_preconditions(self):
        made = self.make("pre")["metadata"]
        start = 'Operation cannot be fulfilled on ConfigMap "pre": the '
        for precondition, message in [
                ({"uid": "nope"}, "UID in the precondition (nope) does not match the UID in record (%s). The object "
                 "might have been deleted and then recreated" % made["uid"]),
                ({"resourceVersion": "1"}, "ResourceVersion in the precondition (1) does not match the "
                 "ResourceVersion in record (%s). The object might have been modified" % made["resourceVersion"])]:
            self.assert_refused(self.MAPS + "/pre", 409, start + message, "DELETE", {"preconditions": precondition})
        right = {"uid": made["uid"], "resourceVersion": made["resourceVersion"]}
        self.assertEqual(self.server.delete(self.MAPS + "/pre", {"preconditions": right}).status, 200)

    def test_what_is_answered(self):
        for plural, extra, kind in [
                ("configmaps", {}, "Status"), ("secrets", {}, "Status"), ("serviceaccounts", {}, "ServiceAccount"),
                ("pods", pod(), "Pod"), ("endpoints", {}, "Status"),
                ("services", {"spec": {"ports": [{"port": 80}]}}, "Service")]:
            with self.subTest(plural):
                made = self.server.create("deletes", plural, dict(extra, metadata={"name": "answer"}))["metadata"]
                reply = self.server.delete("/api/v1/namespaces/deletes/%s/answer" % plural)
                self.assertEqual((reply.status, reply.json["kind"]), (200, kind), reply)
                if kind == "Status":
                    self.assertEqual(reply.json, {
                        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                        "details": {"name": "answer", "kind": plural, "uid": made["uid"]}})
        self.assert_refused(self.MAPS + "/answer", 404, 'configmaps "answer" not found', "DELETE")

    def test_a_dry_run_deletes_nothing(self):
        self.make("dry")
        for path in (self.MAPS + "/dry", self.MAPS):
            self.assertEqual(self.server.delete(path + "?dryRun=All").status, 200)
            self.assertEqual(self.server.delete(path, {"dryRun": ["All"]}).status, 200)
        self.assertEqual(self.server.get(self.MAPS + "/dry").status, 200)

    def test_a_finalizer_holds(self):
        self.make("held", finalizers=["x.io/y"])
        reply = self.server.delete(self.MAPS + "/held")
        self.assertEqual((reply.status, reply.json["kind"]), (200, "ConfigMap"))
        self.assertEqual(reply.json["metadata"]["deletionGracePeriodSeconds"], 0)
        self.patch(self.MAPS + "/held", {"metadata": {"finalizers": None}})
        self.assertEqual(self.server.get(self.MAPS + "/held").status, 404)

    def test_a_collection(self):
        for name, label in [("c1", "x"), ("c2", "x"), ("c3", "y")]:
            self.make(name, labels={"del": label})
        for parameters, gone in [("labelSelector=del%3Dnone", []), ("fieldSelector=metadata.name%3Dc3", ["c3"]),
                                 ("labelSelector=del%3Dx&limit=1", ["c1"]), ("labelSelector=del", ["c2"])]:
            with self.subTest(parameters):
                reply = self.server.delete(self.MAPS + "?" + parameters)
                self.assertEqual((reply.status, reply.json["kind"], names(reply)), (200, "ConfigMapList", gone))
        self.assert_refused(self.MAPS + "?labelSelector=%3D%3D", 400,
                            "found '==', expected: !, identifier, or 'end of string'", "DELETE")
        for path in ("/api/v1/namespaces", "/api/v1/configmaps"):
            self.assert_refused(path, 405, NOT_ALLOWED, "DELETE")

    def test_pods_have_grace(self):
        for node, spec, options, expected in [
                (None, {}, None, None), ("n", {}, None, 30), ("n", {"terminationGracePeriodSeconds": 5}, None, 5),
                ("n", {}, {"gracePeriodSeconds": 7}, 7), ("n", {}, {"gracePeriodSeconds": 0}, None),
                ("n", {}, {"gracePeriodSeconds": -5}, 1), ("n", {"terminationGracePeriodSeconds": -1}, None, 1)]:
            with self.subTest("%s %s" % (spec, options)):
                path = "/api/v1/namespaces/deletes/pods"
                self.server.create("deletes", "pods", pod("grace", node, **spec))
                reply = self.server.delete(path + "/grace", options)
                self.assertEqual((reply.status, reply.json["kind"]), (200, "Pod"))
                if expected is None:
                    self.assertEqual(self.server.get(path + "/grace").status, 404)
                else:
                    self.assertEqual(reply.json["metadata"]["deletionGracePeriodSeconds"], expected)
                    later = self.server.delete(path + "/grace?gracePeriodSeconds=300").json["metadata"]
                    self.assertEqual(later["deletionGracePeriodSeconds"], expected)
                    self.server.delete(path + "/grace?gracePeriodSeconds=0")


class Subresources(ReadCase):
    PODS = "/api/v1/namespaces/subs/pods"

    @classmethod
    def prepare(cls):
        cls.server.namespace("subs")
        harness.eventually(
            lambda: cls.server.get("/api/v1/namespaces/subs/serviceaccounts/default").status == 200)
        cls.server.create("subs", "pods", pod("p"))
        cls.server.create("subs", "pods", pod("bound", "n2"))
        cls.server.create("subs", "pods", pod("evicted", "n2"))

    def binding(self, name, node="n", kind="Node"):
        return {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                "target": {"kind": kind, "name": node}}

    def test_that_do_not_exist_or_do_not_allow(self):
        for method, path, code, message in [
                ("GET", self.PODS + "/p/nosuch", 404, NOT_FOUND),
                ("POST", self.PODS + "/p/nosuch", 404, NOT_FOUND),
                ("GET", "/api/v1/namespaces/subs/configmaps/kube-root-ca.crt/status", 404, NOT_FOUND),
                ("GET", "/api/v1/namespaces/subs/serviceaccounts/default/token", 405, NOT_ALLOWED),
                ("GET", self.PODS + "/p/binding", 405, NOT_ALLOWED),
                ("GET", self.PODS + "/p/eviction", 405, NOT_ALLOWED),
                ("DELETE", self.PODS + "/p/status", 405, NOT_ALLOWED),
                ("POST", self.PODS + "/p/status", 405, NOT_ALLOWED),
                ("POST", self.PODS + "/p", 405, NOT_ALLOWED),
                ("PUT", self.PODS, 405, NOT_ALLOWED), ("PATCH", self.PODS, 405, NOT_ALLOWED),
                ("POST", "/api/v1/pods", 405, NOT_ALLOWED),
                ("GET", "/api/v1/namespaces/subs/finalize", 405, NOT_ALLOWED),
                ("GET", self.PODS + "/nosuch/status", 404, 'pods "nosuch" not found')]:
            self.assert_refused(path, code, message, method, {} if method != "GET" else None)

    def test_binding(self):
        conflict = ('Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to '
                    'node "n2"')
        for path, body, code, message in [
                ("/p/binding", self.binding("q"), 400, "name in URL does not match name in Binding object"),
                ("/bound/binding", self.binding("bound"), 409, conflict),
                ("/nosuch/binding", self.binding("nosuch"), 404, 'pods "nosuch" not found')]:
            self.assert_refused(self.PODS + path, code, message, "POST", body)
        reply = self.server.post(self.PODS + "/p/binding", self.binding("p"))
        self.assertEqual((reply.status, reply.json), (201, {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}))
        bound = self.server.get(self.PODS + "/p").json
        self.assertEqual((bound["spec"]["nodeName"], bound["status"]["conditions"][0]["type"]),
                         ("n", "PodScheduled"))

    def test_eviction(self):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "evicted"}}
        self.assert_refused(self.PODS + "/p/eviction", 400, "name in URL does not match name in Eviction object",
                            "POST", body)
        reply = self.server.post(self.PODS + "/evicted/eviction", body)
        self.assertEqual((reply.status, reply.json["status"]), (201, "Success"), reply)
        self.assertIn("deletionTimestamp", self.server.get(self.PODS + "/evicted").json["metadata"])

    def test_status_and_main_keep_each_others_half(self):
        path = self.PODS + "/bound"
        done = self.patch(path + "/status", {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeName": "other"},
                                             "status": {"phase": "Running"}})
        self.assertEqual((done["status"]["phase"], done["spec"]["nodeName"], done["metadata"]["labels"]),
                         ("Running", "n2", {"a": "b"}))
        self.assertEqual(self.patch(path, {"status": {"phase": "Failed"}})["status"]["phase"], "Running")

    def test_what_a_pod_update_may_change(self):
        path = self.PODS + "/bound"
        self.patch(path, {"spec": {"containers": [{"name": "c", "image": "other"}]}}, "strategic-merge")
        self.patch(path, {"spec": {"activeDeadlineSeconds": 100}})
        self.patch(path, {"metadata": {"annotations": {"a": "b"}}})
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        for change, parts in [
                ({"nodeName": "x"}, ["pod updates may not change fields other than `spec.containers[*].image`"]),
                ({"serviceAccountName": "x"}, ["pod updates may not change fields other than "]),
                ({"containers": [{"name": "d", "image": "i"}]}, ["pod updates may not add or remove containers"]),
                ({"activeDeadlineSeconds": 200}, ["must be less than or equal to previous value"]),
                ({"containers": [{"name": "c", "image": ""}]}, ["spec.containers[0].image: Required value"])]:
            with self.subTest(str(change)):
                reply = self.server.call("PATCH", path, {"spec": change}, headers=headers)
                self.assertEqual(reply.status, 422, reply)
                for part in parts:
                    self.assertIn(part, reply.message)

    def test_finalize_of_a_namespace(self):
        self.server.namespace("fin")
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fin"}, "spec": {"finalizers": ["x.io/y"]}}
        reply = self.server.call("PUT", "/api/v1/namespaces/fin/finalize", body)
        self.assertEqual((reply.status, reply.json["spec"]), (200, {"finalizers": ["x.io/y"]}), reply)


COLUMNS = {  # name, type, priority; a name alone is a string that is always shown
    "namespaces": ["Name", "Status", "Age"],
    "serviceaccounts": ["Name", "Secrets", "Age"],
    "secrets": ["Name", "Type", "Data", "Age"],
    "configmaps": ["Name", "Data", "Age"],
    "pods": ["Name", "Ready", "Status", "Restarts", "Age", ("IP", 1), ("Node", 1), ("Nominated Node", 1),
             ("Readiness Gates", 1)],
    "nodes": ["Name", "Status", "Roles", "Age", "Version", ("Internal-IP", 1), ("External-IP", 1), ("OS-Image", 1),
              ("Kernel-Version", 1), ("Container-Runtime", 1)],
    "events": ["Last Seen", "Type", "Reason", "Object", ("Subobject", 1), ("Source", 1), "Message",
               ("First Seen", 1), ("Count", "integer", 1), ("Name", 1)],
    "services": ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", ("Selector", 1)],
    "endpoints": ["Name", "Endpoints", "Age"],
    "leases": ["Name", "Holder", "Age"],
}


def container(name="c", restarts=0, ready=False, **state):
    return {"name": name, "image": "i", "imageID": "", "restartCount": restarts, "ready": ready, "state": state}


def waiting(reason):
    return {"waiting": {"reason": reason}}


def ended(code=0, **more):
    return {"terminated": dict({"exitCode": code}, **more)}


RUNNING = {"running": {}}
READY = [{"type": "Ready", "status": "True"}]


class Tables(ReadCase):
    clock = True

    @classmethod
    def prepare(cls):
        cls.server.namespace("tables")
        harness.eventually(
            lambda: cls.server.get("/api/v1/namespaces/tables/serviceaccounts/default").status == 200)

    def table(self, path, accept=TABLE):
        reply = self.server.get(path, headers={"Accept": accept})
        self.assertEqual((reply.status, reply.json["kind"]), (200, "Table"), reply)
        return reply.json

    def cells(self, path):
        rows = self.table(path)["rows"]
        self.assertEqual(len(rows), 1)
        return rows[0]["cells"]

    def test_columns(self):
        for plural, columns in COLUMNS.items():
            path = "/apis/coordination.k8s.io/v1/leases" if plural == "leases" else "/api/v1/" + plural
            with self.subTest(plural):
                expected = []
                for column in columns:
                    name, *more = [column] if isinstance(column, str) else column
                    kind = next((one for one in more if isinstance(one, str)), "string")
                    expected.append((name, kind, next((one for one in more if isinstance(one, int)), 0)))
                shown = self.table(path)["columnDefinitions"]
                self.assertEqual([(one["name"], one["type"], one["priority"]) for one in shown], expected)
                self.assertEqual([one["name"] for one in shown if one["format"] == "name"], ["Name"])

    def test_what_a_row_holds(self):
        path = "/api/v1/namespaces/tables"
        for parameters, kind in [("", "PartialObjectMetadata"), ("?includeObject=Metadata", "PartialObjectMetadata"),
                                 ("?includeObject=Object", "Namespace"), ("?includeObject=None", None)]:
            with self.subTest(parameters):
                held = self.table(path + parameters)["rows"][0].get("object")
                self.assertEqual(held and held["kind"], kind)
        self.assertEqual(self.table(path, TABLE.replace("v=v1", "v=v1beta1"))["apiVersion"], "meta.k8s.io/v1beta1")
        listed = self.table("/api/v1/namespaces?limit=1")
        self.assertIn("continue", listed["metadata"])
        self.assertEqual(listed["metadata"]["remainingItemCount"],
                         len(self.server.get("/api/v1/namespaces").json["items"]) - 1)
        self.assertEqual(self.server.get(path + "?includeObject=Some").status, 200)
        self.assert_status(
            self.server.get(path + "?includeObject=Some", headers={"Accept": TABLE}), 400, "BadRequest",
            "Unable to convert to Table as requested: includeObject: Invalid value: \"Some\": must be 'Metadata', "
            "'Object', 'None', or empty")

    def pod_cells(self, spec, status, name):
        path = "/api/v1/namespaces/tables/pods"
        self.server.create("tables", "pods", pod(name, "n1", **spec))
        if status:
            self.patch("%s/%s/status" % (path, name), {"status": status})
        return path + "/" + name

    def test_pod_status(self):
        two = {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}
        init = {"initContainers": [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]}

        def inits(*statuses):
            return {"initContainerStatuses": list(statuses)}

        def mains(*statuses, **more):
            return dict({"containerStatuses": list(statuses)}, **more)
        for number, (spec, status, ready, word, restarts) in enumerate([
                ({}, {}, "0/1", "Pending", "0"),
                ({}, {"reason": "Evicted", "phase": "Failed"}, "0/1", "Evicted", "0"),
                ({}, mains(container(**waiting("ContainerCreating"))), "0/1", "ContainerCreating", "0"),
                ({}, mains(container(ready=True, restarts=3, **RUNNING), phase="Running"), "1/1", "Running", "3"),
                ({}, mains(container(restarts=2, **waiting("CrashLoopBackOff")), phase="Running"), "0/1",
                 "CrashLoopBackOff", "2"),
                ({}, mains(container(**ended(reason="Completed")), phase="Succeeded"), "0/1", "Completed", "0"),
                ({}, mains(container(**ended(1, reason="Error")), phase="Failed"), "0/1", "Error", "0"),
                ({}, mains(container(**ended(137, reason="OOMKilled"))), "0/1", "OOMKilled", "0"),
                ({}, mains(container(**ended(3))), "0/1", "ExitCode:3", "0"),
                ({}, mains(container(**ended(137, signal=9))), "0/1", "Signal:9", "0"),
                (two, mains(container(**ended(reason="Completed")), container("d", ready=True, **RUNNING),
                            phase="Running", conditions=READY), "1/2", "Running", "0"),
                (two, mains(container(**ended(reason="Completed")), container("d", ready=True, **RUNNING),
                            phase="Running"), "1/2", "NotReady", "0"),
                (two, mains(container(restarts=1, ready=True, **RUNNING),
                            container("d", restarts=2, **waiting("ImagePullBackOff"))), "1/2", "ImagePullBackOff", "3"),
                (init, inits(container("a", **waiting("PodInitializing"))), "0/1", "Init:0/2", "0"),
                (init, inits(container("a", **ended()), container("b", **RUNNING)), "0/1", "Init:1/2", "0"),
                (init, inits(container("a", restarts=4, **ended(1, reason="Error"))), "0/1", "Init:Error", "4"),
                (init, inits(container("a", **ended(2))), "0/1", "Init:ExitCode:2", "0"),
                (init, inits(container("a", **ended(2, signal=15))), "0/1", "Init:Signal:15", "0"),
                (init, inits(container("a", **waiting("ErrImagePull"))), "0/1", "Init:ErrImagePull", "0"),
                (init, dict(inits(container("a", **ended()), container("b", **ended())),
                            **mains(container(**waiting("PodInitializing")))), "0/1", "PodInitializing", "0")]):
            with self.subTest("%s %s" % (number, word)):
                path = self.pod_cells(spec, status, "status-%d" % number)
                self.assertEqual(self.cells(path)[1:4], [ready, word, restarts])

    def test_the_end_of_a_pod(self):
        path = self.pod_cells({}, {"phase": "Running"}, "leaving")
        self.server.delete(path)
        self.assertEqual(self.cells(path)[2], "Terminating")
        self.patch(path + "/status", {"status": {"reason": "NodeLost"}})
        self.assertEqual(self.cells(path)[2], "Unknown")
        for phase, message in [("Succeeded", "The pod has completed successfully."), ("Failed", "The pod failed.")]:
            path = self.pod_cells({}, {"phase": phase}, phase.lower())
            self.assertEqual(self.table(path)["rows"][0]["conditions"],
                             [{"type": "Completed", "status": "True", "reason": phase, "message": message}])

    def test_wide_cells_of_a_pod(self):
        gates = {"readinessGates": [{"conditionType": "x.io/a"}, {"conditionType": "x.io/b"}]}
        path = self.pod_cells(gates, {"podIP": "10.0.0.9", "podIPs": [{"ip": "10.0.0.9"}], "nominatedNodeName": "n9",
                                      "conditions": [{"type": "x.io/a", "status": "True"}]}, "wide")
        self.assertEqual(self.cells(path)[5:], ["10.0.0.9", "n1", "n9", "1/2"])
        path = self.pod_cells({}, {}, "narrow")
        self.assertEqual(self.cells(path)[5:], ["<none>", "n1", "<none>", "<none>"])

    def test_nodes(self):
        role = "node-role.kubernetes.io/"
        info = {"kubeletVersion": "v1.34.0", "osImage": "Linux", "kernelVersion": "6.1",
                "containerRuntimeVersion": "c://1", "machineID": "", "systemUUID": "", "bootID": "",
                "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}
        unknown = ["<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"]

        def ready(status):
            return {"conditions": [{"type": "Ready", "status": status}]}
        for number, (labels, spec, status, word, roles, rest) in enumerate([
                ({}, {}, {}, "Unknown", "<none>", [""] + unknown),
                ({role + "worker": "", role + "admin": ""}, {}, ready("True"), "Ready", "admin,worker", [""] + unknown),
                ({"kubernetes.io/role": "x"}, {"unschedulable": True}, ready("False"), "NotReady,SchedulingDisabled",
                 "x", [""] + unknown),
                ({}, {"unschedulable": True}, ready("Unknown"), "NotReady,SchedulingDisabled", "<none>", [""] + unknown),
                ({}, {}, {"addresses": [{"type": "Hostname", "address": "h"}, {"type": "InternalIP", "address": "1.2.3.4"},
                                        {"type": "ExternalIP", "address": "5.6.7.8"}], "nodeInfo": info},
                 "Unknown", "<none>", ["v1.34.0", "1.2.3.4", "5.6.7.8", "Linux", "6.1", "c://1"])]):
            with self.subTest(number):
                name = "node-%d" % number
                body = {"metadata": {"name": name, "labels": labels}, "spec": spec}
                self.assertEqual(self.server.post("/api/v1/nodes", body).status, 201)
                if status:
                    self.patch("/api/v1/nodes/%s/status" % name, {"status": status})
                cells = self.cells("/api/v1/nodes/" + name)
                self.assertEqual((cells[:3], cells[4:]), ([name, word, roles], rest))

    def test_small_kinds(self):
        for plural, body, cells in [
                ("configmaps", {"data": {"a": "", "b": ""}, "binaryData": {"c": ""}}, ["x", 3]),
                ("configmaps", {}, ["x", 0]),
                ("secrets", {"data": {"a": ""}}, ["x", "Opaque", 1]),
                ("serviceaccounts", {"secrets": [{"name": "s"}]}, ["x", 1]),
                ("endpoints", {}, ["x", "<none>"]),
                ("endpoints", {"subsets": [{"addresses": [{"ip": "1.2.3.4"}, {"ip": "1.2.3.5"}],
                                            "ports": [{"name": "a", "port": 80}]}]}, ["x", "1.2.3.4:80,1.2.3.5:80"]),
                ("endpoints", {"subsets": [{"addresses": [{"ip": "1.2.3.%d" % i} for i in range(1, 6)],
                                            "ports": [{"port": 80}]}]},
                 ["x", "1.2.3.1:80,1.2.3.2:80,1.2.3.3:80 + 2 more..."])]:
            with self.subTest("%s %s" % (plural, body)):
                self.server.create("tables", plural, dict(body, metadata={"name": "x"}))
                path = "/api/v1/namespaces/tables/%s/x" % plural
                shown = self.cells(path)
                self.server.delete(path)
                self.assertEqual(shown[:-1], cells)
                self.assertRegex(shown[-1], r"^\d+s$")
        self.assertEqual(self.cells("/api/v1/namespaces/tables")[:2], ["tables", "Active"])

    def test_services(self):
        for spec, expected in [
                ({"clusterIP": "None", "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}],
                  "selector": {"b": "2", "a": "1"}}, ["ClusterIP", "None", "<none>", "80/TCP,53/UDP", "a=1,b=2"]),
                ({"type": "ExternalName", "externalName": "example.com"},
                 ["ExternalName", "<none>", "example.com", "<none>", "<none>"])]:
            with self.subTest(str(spec)):
                if len(spec.get("ports", [])) > 1:
                    for index, port in enumerate(spec["ports"]):
                        port["name"] = "p%d" % index
                self.server.create("tables", "services", {"metadata": {"name": "s"}, "spec": spec})
                path = "/api/v1/namespaces/tables/services/s"
                cells = self.cells(path)
                self.server.delete(path)
                self.assertEqual(cells[1:5] + cells[6:], expected)

    def test_events(self):
        base = {"involvedObject": {"kind": "Pod", "name": "p", "namespace": "tables", "fieldPath": "spec.containers{c}"},
                "reason": "Started", "message": " it runs\n", "type": "Normal",
                "source": {"component": "kubelet", "host": "n1"}}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for more, last, first, count in [
                ({"firstTimestamp": "2020-01-01T00:00:00Z", "lastTimestamp": now, "count": 3}, r"\d+s", r"\dy\d*d?", 3),
                ({}, "<unknown>", "<unknown>", 1)]:
            with self.subTest(str(more)):
                self.server.create("tables", "events", dict(base, metadata={"name": "e"}, **more))
                path = "/api/v1/namespaces/tables/events/e"
                cells = self.cells(path)
                self.server.delete(path)
                self.assertEqual(cells[1:7], ["Normal", "Started", "pod/p", "spec.containers{c}", "kubelet, n1", "it runs"])
                self.assertRegex(cells[0], "^%s$" % last)
                self.assertRegex(cells[7], "^%s$" % first)
                self.assertEqual(cells[8:], [count, "e"])

    def test_ages(self):
        self.server.create("tables", "configmaps", {"metadata": {"name": "aging"}})
        path = "/api/v1/namespaces/tables/configmaps/aging"
        hour, day = 3600, 86400
        self.addCleanup(self.server.move_clock, 0)
        for seconds, ages in [(110, "11[0-9]s"), (150, "2m(3[0-9]s)"), (601, "10m"), (3 * hour + 60, "3h1m"),
                              (9 * hour, "9h"), (49 * hour, "2d1h"), (9 * day, "9d"), (800 * day, "2y70d")]:
            with self.subTest(seconds):
                self.server.move_clock(seconds)
                self.assertRegex(self.cells(path)[-1], "^%s$" % ages)


if __name__ == "__main__":
    harness.main()
