"""Drives signet with the Python client, as it comes. Run by python_test.py, in a virtual environment."""
import json
import os
import sys
import threading
import unittest

import kubernetes
from kubernetes import client, dynamic, watch
from kubernetes.client.rest import ApiException

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402

NAMESPACE = "python"


def config_map(name, data=None, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data or {})


class Client(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = clients.Restarting()
        cls.addClassCleanup(cls.server.close)
        kubernetes.config.load_kube_config(cls.server.kubeconfig)
        cls.core = client.CoreV1Api()
        cls.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))

    def refused(self, code, reason, call, *arguments):
        """The message of the Status object that a call is refused with."""
        with self.assertRaises(ApiException) as caught:
            call(*arguments)
        status = json.loads(caught.exception.body)
        self.assertEqual((status["kind"], status["code"], status["reason"]), ("Status", code, reason))
        self.assertEqual(caught.exception.status, code)
        return status["message"]

    def test_an_object_lives(self):
        made = self.core.create_namespaced_config_map(NAMESPACE, config_map("made", {"a": "1"}))
        self.assertTrue(made.metadata.uid)
        self.assertIsNotNone(made.metadata.creation_timestamp.tzinfo)
        self.assertEqual(self.refused(409, "AlreadyExists", self.core.create_namespaced_config_map,
                                      NAMESPACE, config_map("made")), 'configmaps "made" already exists')
        read = self.core.read_namespaced_config_map("made", NAMESPACE)
        read.data["b"] = "2"
        changed = self.core.replace_namespaced_config_map("made", NAMESPACE, read)
        self.assertEqual(changed.data, {"a": "1", "b": "2"})
        self.assertIn("the object has been modified", self.refused(
            409, "Conflict", self.core.replace_namespaced_config_map, "made", NAMESPACE, made))
        listed = self.core.list_namespaced_config_map(NAMESPACE, field_selector="metadata.name=made")
        self.assertEqual([item.metadata.name for item in listed.items], ["made"])
        paged = self.core.list_namespaced_config_map(NAMESPACE, limit=1)
        self.assertTrue(paged.metadata._continue)
        self.core.delete_namespaced_config_map("made", NAMESPACE)
        self.assertEqual(self.refused(404, "NotFound", self.core.read_namespaced_config_map, "made", NAMESPACE),
                         'configmaps "made" not found')
        self.assertIn("RFC 1123 subdomain", self.refused(
            422, "Invalid", self.core.create_namespaced_config_map, NAMESPACE, config_map("Bad_Name")))

    def test_patches(self):
        self.core.create_namespaced_config_map(NAMESPACE, config_map("patched", {"a": "1"}))

        def patch(body, **options):
            return self.core.patch_namespaced_config_map("patched", NAMESPACE, body, **options).data

        # The client chooses the type: a list is a JSON patch, an object a strategic merge patch.
        self.assertEqual(patch([{"op": "replace", "path": "/data/a", "value": "2"}]), {"a": "2"})
        self.assertEqual(patch({"data": {"b": "1", "a": None}}), {"b": "1"})
        applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "patched"}, "data": {"d": "1"}}
        self.assertEqual(patch(applied, field_manager="python", force=True,
                               _content_type="application/apply-patch+yaml"), {"b": "1", "d": "1"})

    def test_tokens(self):
        self.core.create_namespaced_service_account(
            NAMESPACE, client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot")))

        def request(account):
            return self.core.create_namespaced_service_account_token(
                account, NAMESPACE, client.AuthenticationV1TokenRequest(
                    spec=client.V1TokenRequestSpec(audiences=["vault"], expiration_seconds=1200)))

        token = request("robot").status.token
        self.assertEqual(harness.claims_of(token)["aud"], ["vault"])
        reviews = client.AuthenticationV1Api()

        def review(audience):
            return reviews.create_token_review(client.V1TokenReview(
                spec=client.V1TokenReviewSpec(token=token, audiences=[audience]))).status

        self.assertTrue(review("vault").authenticated)
        self.assertEqual(review("vault").user.username, "system:serviceaccount:python:robot")
        self.assertFalse(review("bank").authenticated)
        self.assertEqual(self.refused(404, "NotFound", request, "nobody"), 'serviceaccounts "nobody" not found')

    def test_dynamic_client(self):
        secrets = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="Secret")
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "any"}, "stringData": {"word": "hush"}}
        made = secrets.create(body=body, namespace=NAMESPACE)
        self.assertEqual(made.data.word, "aHVzaA==")
        secrets.patch(name="any", namespace=NAMESPACE, body={"metadata": {"labels": {"x": "y"}}},
                      content_type="application/merge-patch+json")
        self.assertEqual(len(secrets.get(namespace=NAMESPACE, label_selector="x=y").items), 1)
        secrets.server_side_apply(
            name="any", namespace=NAMESPACE, field_manager="python",
            body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "any", "labels": {"z": "1"}}})
        secrets.delete(name="any", namespace=NAMESPACE)
        with self.assertRaises(dynamic.exceptions.NotFoundError):
            secrets.get(name="any", namespace=NAMESPACE)

    def test_a_watch_resumes(self):
        """The server ends each watch after a second; the client goes on where it was."""
        stream = watch.Watch()
        version = self.core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        names = ["w%d" % i for i in range(5)]

        def write():
            for name in names:
                self.core.create_namespaced_config_map(NAMESPACE, config_map(name, labels={"watched": "yes"}))
                threading.Event().wait(0.5)

        writer = threading.Thread(target=write)
        writer.start()
        seen = []
        while len(seen) < len(names):
            for event in stream.stream(self.core.list_namespaced_config_map, NAMESPACE, timeout_seconds=1,
                                       label_selector="watched=yes", resource_version=version):
                seen.append((event["type"], event["object"].metadata.name))
                version = event["object"].metadata.resource_version
        writer.join()
        self.assertEqual(seen, [("ADDED", name) for name in names])

    def test_what_was_acknowledged_survives_restarts(self):
        for how in ("term", "kill"):
            self.core.create_namespaced_config_map(NAMESPACE, config_map("before-" + how, {"a": "1"}))
            self.server.restart(how)
            self.assertEqual(self.core.read_namespaced_config_map("before-" + how, NAMESPACE).data, {"a": "1"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
