#!/usr/bin/env python3
"""What is answered about roles, bindings and access, word for word, and the tables of them."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import harness, NOT_ALLOWED, NOT_FOUND, ReadCase, TABLE  # noqa: E402

GROUP = "rbac.authorization.k8s.io"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = RBAC + "/namespaces/default/roles"
BINDINGS = RBAC + "/namespaces/default/rolebindings"
REVIEWS = "/apis/authorization.k8s.io/v1"
READ_PODS = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
USER = {"kind": "User", "name": "alice"}
SUBJECT_KINDS = '"ServiceAccount", "User", "Group"'


def binding(name, *subjects, role="reader", kind="Role"):
    return {"metadata": {"name": name}, "roleRef": {"kind": kind, "name": role}, "subjects": list(subjects)}


class Roles(ReadCase):
    def create(self, path, body, status=201):
        reply = self.server.post(path, body)
        self.assertEqual(reply.status, status, reply)
        return reply.json

    def apply(self, path, body, manager, force=False):
        return self.server.call(
            "PATCH", "%s?fieldManager=%s&force=%s" % (path, manager, "true" if force else "false"),
            json.dumps(body), headers={"Content-Type": "application/apply-patch+yaml"})

    def test_names(self):
        for name, message in [("system:x", None), ("Big_Name!", None), ("sys:role%x", "may not contain '%'"),
                              ("a/b", "may not contain '/'"), ("..", "may not be '..'")]:
            for path, kind in [(ROLES, "Role"), (RBAC + "/clusterroles", "ClusterRole")]:
                with self.subTest(name, kind=kind):
                    reply = self.server.post(path + "?dryRun=All", {"metadata": {"name": name}, "rules": []})
                    if message is None:
                        self.assertEqual(reply.status, 201, reply)
                    else:
                        self.assert_status(reply, 422, "Invalid",
                                           '%s.%s "%s" is invalid: metadata.name: Invalid value: "%s": %s' % (
                                               kind, GROUP, name, name, message))

    def test_a_put_creates_what_is_missing(self):
        for path, body in [(ROLES + "/put", {"rules": None}),
                           (RBAC + "/clusterroles/put", {"rules": [READ_PODS]}),
                           (BINDINGS + "/put", binding("put", USER)),
                           (RBAC + "/clusterrolebindings/put", binding("put", USER, kind="ClusterRole", role="put"))]:
            body = dict(body, metadata={"name": "put"})
            with self.subTest(path):
                self.assertEqual([self.server.call("PUT", path, body).status for _ in range(2)], [201, 200])

    def test_rules_are_null_or_there(self):
        for number, rules in enumerate([{}, {"rules": None}, {"rules": []}]):
            made = self.create(ROLES, dict(rules, metadata={"name": "empty-%d" % number}))
            self.assertEqual(made.get("rules", "absent"), None)
        made = self.create(ROLES, {"metadata": {"name": "full"}, "rules": [dict(READ_PODS, resourceNames=[])]})
        self.assertEqual(made["rules"], [READ_PODS])

    def test_what_a_binding_may_be(self):
        made = self.create(BINDINGS, binding("filled", USER, {"kind": "Group", "name": "dev"},
                                             {"kind": "ServiceAccount", "name": "web"}))
        self.assertEqual(made["roleRef"], {"apiGroup": GROUP, "kind": "Role", "name": "reader"})
        self.assertEqual(made["subjects"], [{"kind": "User", "apiGroup": GROUP, "name": "alice"},
                                            {"kind": "Group", "apiGroup": GROUP, "name": "dev"},
                                            {"kind": "ServiceAccount", "name": "web"}])
        for path, body, text in [
                (BINDINGS, binding("b", {"kind": "Zed"}),
                 '[subjects[0].name: Required value, subjects[0].kind: Unsupported value: "Zed": supported values: %s]'
                 % SUBJECT_KINDS),
                (BINDINGS, binding("b", dict(USER, apiGroup="x")),
                 'subjects[0].apiGroup: Unsupported value: "x": supported values: "%s"' % GROUP),
                (BINDINGS, binding("b", USER, kind="Foo", role=""),
                 '[roleRef.kind: Unsupported value: "Foo": supported values: "Role", "ClusterRole", roleRef.name: '
                 'Required value]'),
                (RBAC + "/clusterrolebindings", binding("b", {"kind": "ServiceAccount", "name": "web"}),
                 '[roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", subjects[0].namespace: '
                 'Required value]')]:
            with self.subTest(text):
                kind = "ClusterRoleBinding" if "cluster" in path else "RoleBinding"
                self.assert_status(self.server.post(path, body), 422, "Invalid",
                                   '%s.%s "b" is invalid: %s' % (kind, GROUP, text))

    def test_a_binding_keeps_its_role(self):
        self.create(BINDINGS, binding("kept", USER))
        text = ('RoleBinding.%s "kept" is invalid: roleRef: Invalid value: {"APIGroup":"%s","Kind":"Role","Name":"x"}: '
                'cannot change roleRef' % (GROUP, GROUP))
        self.assert_status(self.server.call("PUT", BINDINGS + "/kept", binding("kept", USER, role="x")), 422,
                           "Invalid", text)
        for sort in ("merge", "strategic-merge"):
            self.assert_status(
                self.server.call("PATCH", BINDINGS + "/kept", {"roleRef": {"name": "x"}},
                                 headers={"Content-Type": "application/%s-patch+json" % sort}), 422, "Invalid", text)

    def test_lists_are_patched_as_a_whole(self):
        self.create(ROLES, {"metadata": {"name": "patched"}, "rules": [READ_PODS]})
        rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["secrets"]}
        self.assertEqual(self.patch(ROLES + "/patched", {"rules": [rule]}, "strategic-merge")["rules"], [rule])
        self.assertEqual(self.patch(ROLES + "/patched", {"rules": None}, "strategic-merge")["rules"], None)
        self.create(BINDINGS, binding("patched", USER, dict(USER, name="bob")))
        changed = self.patch(BINDINGS + "/patched", {"subjects": [dict(USER, name="eve")]}, "strategic-merge")
        self.assertEqual([one["name"] for one in changed["subjects"]], ["eve"])

    def test_lists_are_applied_as_a_whole(self):
        path = RBAC + "/clusterroles/applied"
        selector = {"matchLabels": {"a": "b"}}
        role = {"apiVersion": GROUP + "/v1", "kind": "ClusterRole", "metadata": {"name": "applied"}}
        aggregated = dict(role, aggregationRule={"clusterRoleSelectors": [selector]})
        self.assertEqual(self.apply(path, dict(role, rules=[READ_PODS]), "one").status, 201)
        other = [dict(READ_PODS, verbs=["list"])]
        self.assert_status(
            self.apply(path, dict(role, rules=other), "two"), 409, "Conflict",
            'Apply failed with 1 conflict: conflict with "one": .rules')
        self.assertEqual(self.apply(path, dict(role, rules=other), "two", True).json["rules"], other)
        self.assertEqual(self.apply(path, aggregated, "three").status, 200)
        aggregated["aggregationRule"]["clusterRoleSelectors"] = [selector, {"matchLabels": {"c": "d"}}]
        self.assert_status(
            self.apply(path, aggregated, "four"), 409, "Conflict",
            'Apply failed with 1 conflict: conflict with "three": .aggregationRule.clusterRoleSelectors')

    def test_an_aggregation_names_roles(self):
        path = RBAC + "/clusterroles?dryRun=All"
        where = "aggregationRule.clusterRoleSelectors"
        for selectors, text in [
                ([], where + ": Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"),
                ([{"matchExpressions": [{"key": "a", "operator": "Like"}]}],
                 '[%s[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator, %s[0]: '
                 'Invalid value: "null": invalid label selector: "Like" is not a valid label selector operator]'
                 % (where, where))]:
            with self.subTest(text):
                body = {"metadata": {"name": "r"}, "aggregationRule": {"clusterRoleSelectors": selectors}}
                self.assert_status(self.server.post(path, body), 422, "Invalid",
                                   'ClusterRole.%s "r" is invalid: %s' % (GROUP, text))

    def test_deleting_answers_what_is_gone(self):
        made = self.create(ROLES, {"metadata": {"name": "gone"}})
        self.assertEqual(self.server.delete(ROLES + "/gone").json, {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": "gone", "group": GROUP, "kind": "roles", "uid": made["metadata"]["uid"]}})

    def test_tables(self):
        self.create(ROLES, {"metadata": {"name": "shown"}})
        self.create(BINDINGS, binding("shown", USER, dict(USER, name="bob"), {"kind": "Group", "name": "dev"},
                                      {"kind": "ServiceAccount", "name": "web", "namespace": "n"}))
        role = self.server.get(ROLES + "/shown", headers={"Accept": TABLE}).json
        self.assertEqual([(one["name"], one["type"]) for one in role["columnDefinitions"]],
                         [("Name", "string"), ("Created At", "date")])
        self.assertEqual(role["rows"][0]["cells"],
                         ["shown", role["rows"][0]["object"]["metadata"]["creationTimestamp"]])
        bound = self.server.get(BINDINGS + "/shown", headers={"Accept": TABLE}).json
        self.assertEqual([(one["name"], one["priority"]) for one in bound["columnDefinitions"]],
                         [("Name", 0), ("Role", 0), ("Age", 0), ("Users", 1), ("Groups", 1), ("ServiceAccounts", 1)])
        cells = bound["rows"][0]["cells"]
        self.assertEqual(cells[:2] + cells[3:], ["shown", "Role/reader", "alice, bob", "dev", "n/web"])

    def test_bodies_that_are_wrong(self):
        for body, text in [
                ({"metadata": {"name": "r"}, "rules": {}},
                 "json: cannot unmarshal object into Go struct field Role.rules of type []v1.PolicyRule"),
                ({"metadata": {"name": "r"}, "rules": [{"verbs": "get"}]},
                 "json: cannot unmarshal string into Go struct field PolicyRule.rules.verbs of type []string"),
                ({"metadata": {"name": "r"}, "rules": [{"verbs": [1]}]},
                 "json: cannot unmarshal number into Go struct field PolicyRule.rules.verbs of type string")]:
            with self.subTest(text):
                self.assert_status(self.server.post(ROLES, body), 400, "BadRequest",
                                   'Role in version "v1" cannot be handled as a Role: ' + text)
        deep = "[" * 100_000 + "]" * 100_000
        self.assertEqual(self.server.post(ROLES, '{"metadata":{"name":"r"},"rules":%s}' % deep).status, 400)
        # A million rules without anything, and as many subjects as fit.
        reply = self.server.post(ROLES, '{"metadata":{"name":"r"},"rules":[%s]}' % ",".join(["{}"] * 1_000_000))
        self.assertEqual(reply.status, 422)
        self.assertEqual(len(reply.json["details"]["causes"]), 1000)
        subjects = [{"kind": "User", "name": "u%d" % number} for number in range(70_000)]
        self.assertEqual(len(self.create(BINDINGS, binding("many", *subjects))["subjects"]), len(subjects))


class Reviews(ReadCase):
    def test_where_they_are_asked(self):
        asked = {"spec": {"user": "u", "resourceAttributes": {"verb": "get"}}}
        for path, status, message in [
                ("/subjectaccessreviews", 201, None), ("/namespaces/default/localsubjectaccessreviews", 422, None),
                ("/localsubjectaccessreviews", 404, NOT_FOUND), ("/namespaces/default/subjectaccessreviews", 404, NOT_FOUND),
                ("/subjectaccessreviews/x", 404, NOT_FOUND)]:
            with self.subTest(path):
                reply = self.server.post(REVIEWS + path, asked)
                self.assertEqual((reply.status, reply.json.get("message") if message else None), (status, message))
        self.assert_refused(REVIEWS + "/subjectaccessreviews", 405, NOT_ALLOWED)

    def test_who_may_ask(self):
        self.server.create("default", "serviceaccounts", {"metadata": {"name": "asker"}})
        token = self.server.token("default", "asker")
        headers = {"Authorization": "Bearer " + token}
        spec = {"resourceAttributes": {"verb": "get", "resource": "pods"}}

        def post(resource, body):
            return self.server.post(REVIEWS + resource, body, who="anonymous", headers=headers)
        self.assertEqual(post("/selfsubjectaccessreviews", {"spec": spec}).json["status"], {"allowed": False})
        self.assertEqual(post("/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}).status, 201)
        self.assert_status(post("/selfsubjectrulesreviews", {}), 400, "BadRequest", "no namespace on request")
        self.assert_status(
            post("/subjectaccessreviews", {"spec": dict(spec, user="u")}), 403, "Forbidden",
            'subjectaccessreviews.authorization.k8s.io is forbidden: User "system:serviceaccount:default:asker" cannot '
            'create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope')
        self.assert_status(
            self.server.post(REVIEWS + "/selfsubjectaccessreviews", {"spec": spec}, who="anonymous"), 403, "Forbidden")


if __name__ == "__main__":
    harness.main()
