#!/usr/bin/env python3
"""What a delete answers, and what subresources take."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import (  # noqa: E402
    DELETE_OPTIONS, harness, names, NO_INTEGER,
    NOT_ALLOWED, NOT_FOUND, pod, ReadCase)


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

    def test_options_that_are_no_options(self):
        self.make("stays")
        for body, message in [
                ("[", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
                ('{"kind":"Pod","apiVersion":"v1"}', "converting (v1.Pod) to (core.DeleteOptions): unknown conversion"),
                ('{"gracePeriodSeconds":"1"}', "json: cannot unmarshal string into Go struct field "
                                               "DeleteOptions.gracePeriodSeconds of type int64")]:
            self.assert_refused(self.MAPS + "/stays", 400, message, "DELETE", body)

    def test_what_stays_for_its_dependents_is_accepted_when_asked_in_the_old_way(self):
        for options, code in [({"orphanDependents": False}, 202), ({"propagationPolicy": "Background"}, 200), ({}, 200)]:
            self.make("held", finalizers=["x.io/y"])
            reply = self.server.delete(self.MAPS + "/held", options)
            self.assertEqual((reply.status, reply.json["kind"]), (code, "ConfigMap"), reply)
            self.server.call("PATCH", self.MAPS + "/held", '{"metadata":{"finalizers":null}}',
                             headers={"Content-Type": "application/merge-patch+json"})

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


if __name__ == "__main__":
    harness.main()
