#!/usr/bin/env python3
"""Runs the lines of a person who has curl and nothing else."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402

MAPS = "/api/v1/namespaces/default/configmaps"
YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: '1'}\n"


class Curl(harness.ServerCase):

    def curl(self, path, *arguments, admin=True):
        """Gives back what curl printed: the body."""
        pki = self.server.path("pki")
        identity = ["--cert", pki + "/admin.crt", "--key", pki + "/admin.key"] if admin else []
        result = harness.run("curl", "--silent", "--show-error", "--max-time", "60", "--cacert", pki + "/ca.crt",
                             *identity, *arguments, self.server.url + path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_creates_from_json_and_yaml(self):
        said = self.curl(MAPS, "--json", '{"metadata":{"name":"from-json"},"data":{"a":"1"}}')
        self.assertEqual(json.loads(said)["kind"], "ConfigMap")
        said = self.curl(MAPS, "-H", "Content-Type: application/yaml", "--data-binary", YAML)
        self.assertEqual(json.loads(said)["data"], {"a": "1"})
        said = self.curl(MAPS + "/from-yaml", "-H", "Accept: application/yaml")
        self.assertIn("data:\n  a: \"1\"\n", said)
        # Without a type, curl says that it sends a form.
        said = json.loads(self.curl(MAPS, "-d", "{}"))
        self.assertEqual((said["code"], said["reason"]), (415, "UnsupportedMediaType"))
        said = self.curl(MAPS + "/from-yaml", "-X", "PATCH", "-H", "Content-Type: application/merge-patch+json",
                         "-d", '{"data":{"a":"2"}}')
        self.assertEqual(json.loads(said)["data"], {"a": "2"})
        said = self.curl(MAPS + "/from-yaml", "-X", "DELETE")
        self.assertEqual(json.loads(said)["status"], "Success")

    def test_prints_for_a_person(self):
        said = self.curl("/api/v1/namespaces/default")
        self.assertTrue(said.startswith('{\n  "kind": "Namespace",\n  "apiVersion": "v1",\n  "metadata": {\n'), said)
        said = self.curl("/api/v1/namespaces/default?pretty=false")
        self.assertTrue(said.startswith('{"kind":"Namespace","apiVersion":"v1","metadata":{'), said)
        self.assertTrue(self.curl(MAPS + "/none").startswith('{\n  "kind": "Status",'))

    def test_speaks_both_versions_of_http(self):
        for flag, version in (("--http1.1", "1.1"), ("--http2", "2")):
            said = self.curl("/readyz", flag, "-w", " %{http_version} %{http_code}")
            self.assertEqual(said, "ok %s 200" % version)

    def test_shows_a_token_instead_of_a_certificate(self):
        path = "/api/v1/namespaces/default/serviceaccounts"
        self.curl(path, "--json", '{"metadata":{"name":"robot"}}')
        token = json.loads(self.curl(path + "/robot/token", "--json", "{}"))["status"]["token"]
        review = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        said = json.loads(self.curl(review, "--oauth2-bearer", token, "--json", "{}", admin=False))
        self.assertEqual(said["status"]["userInfo"]["username"], "system:serviceaccount:default:robot")
        said = json.loads(self.curl(MAPS, admin=False))
        self.assertEqual((said["code"], said["reason"]), (403, "Forbidden"))
        said = json.loads(self.curl(MAPS, "--oauth2-bearer", "nonsense", admin=False))
        self.assertEqual((said["code"], said["message"]), (401, "Unauthorized"))

    def test_watches(self):
        pki = self.server.path("pki")
        command = ["curl", "-sN", "--cacert", pki + "/ca.crt", "--cert", pki + "/admin.crt", "--key",
                   pki + "/admin.key", self.server.url + MAPS + "?watch=1&labelSelector=seen%3Dyes"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
            try:
                self.curl(MAPS, "--json", '{"metadata":{"name":"seen","labels":{"seen":"yes"}}}')
                event = json.loads(watch.stdout.readline())
                self.assertEqual((event["type"], event["object"]["metadata"]["name"]), ("ADDED", "seen"))
                self.curl(MAPS + "/seen", "-X", "DELETE")
                self.assertEqual(json.loads(watch.stdout.readline())["type"], "DELETED")
            finally:
                watch.kill()


if __name__ == "__main__":
    clients.program("curl")
    harness.main()
