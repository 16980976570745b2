#!/usr/bin/env python3
"""What a list holds: selectors, pages, versions, and the words for parameters that make no sense."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import harness, LIST_OPTIONS, names, NO_INTEGER, query, ReadCase, token, TOO_LARGE  # noqa: E402


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

    def test_a_version_of_an_object_that_is_none(self):
        self.assert_refused(self.MAPS + "/a?resourceVersion=abc", 500,
                            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax')

    def test_nothing_is_exported(self):
        refused = "the export parameter, deprecated since v1.14, is no longer supported"
        for flag in ("export", "export=true", "export=maybe"):
            self.assert_refused(self.MAPS + "/a?" + flag, 400, refused)
        for flag in ("export=false", "export=0"):
            self.assertEqual(self.server.get(self.MAPS + "/a?" + flag).status, 200)

    def test_how_long_a_client_waits(self):
        for text in ("32s", "0s", "1h", ""):
            self.assertEqual(self.server.get(self.MAPS + "?timeout=" + text).status, 200)
        for text, why in [("abc", 'invalid duration "abc"'), ("5", 'missing unit in duration "5"'),
                          ("5d", 'unknown unit "d" in duration "5d"')]:
            for path in (self.MAPS, self.MAPS + "/a", "/api", "/version", "/nosuch"):
                self.assert_refused(path + "?timeout=" + text, 400,
                                    "invalid timeout specified in the request URL - time: " + why)

    def test_a_version_to_come_is_waited_for_in_vain(self):
        reply = self.server.get(self.MAPS + "?resourceVersion=9999999")
        self.assertEqual(reply.status, 504, reply)
        self.assertRegex(reply.message, r"^Timeout: Too large resource version: 9999999, current: \d+$")
        self.assertEqual(reply.json["details"]["causes"],
                         [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}])

    def test_a_version_beyond_all_numbers(self):
        reply = self.server.get(self.MAPS + "?resourceVersion=18446744073709551615")
        self.assertRegex(reply.message, r"^Timeout: Too large resource version: 18446744073709551615, current: \d+$")
        self.assert_refused(self.MAPS + "?resourceVersion=18446744073709551616", 400,
                            'invalid resource version: resourceVersion: Invalid value: "18446744073709551616": '
                            'strconv.ParseUint: parsing "18446744073709551616": value out of range')

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


if __name__ == "__main__":
    harness.main()
