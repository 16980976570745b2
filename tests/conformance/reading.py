"""What the tests of reading share: names of forms and texts, and a server with something in it."""
import json
import os
import sys
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
