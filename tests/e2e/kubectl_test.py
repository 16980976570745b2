#!/usr/bin/env python3
"""The same day's work with every kubectl that this machine has, old and new."""
import json
import os
import subprocess
import sys
import unittest

import harness

SKIPPED = 77  # tells ctest

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: applied
  labels: {made: by-apply}
data:
  colour: %s
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  serviceAccountName: robot
  containers:
  - name: main
    image: debian
    command: [sleep, infinity]
    env:
    - name: WORD
      valueFrom: {secretKeyRef: {name: pass, key: word}}
"""


class Kubectl(harness.ServerCase):
    """One test a version is added below: test_1_30 and so on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.post("/api/v1/nodes", {"metadata": {"name": "rack-1"}})

    def go(self, version, path):
        self.version = version
        self.ns = "v%d-%d" % version
        self.directory = os.path.join(self.server.own_root, self.ns)
        os.mkdir(self.directory)
        self.command = [path, "--kubeconfig", self.server.kubeconfig, "--cache-dir",
                        os.path.join(self.directory, "cache")]
        self.environment = dict(os.environ, HOME=self.directory)
        self.kubectl("create", "namespace", self.ns, scope=())
        self.creates()
        self.gets()
        self.changes()
        self.describes()
        self.tokens()
        self.cluster()
        self.watches_and_waits()

    def kubectl(self, *arguments, code=0, scope=None, stdin=None, output=False, **environment):
        """What it printed; of a failure what it complained, unless the output is asked for."""
        scope = ("--namespace", self.ns) if scope is None else scope
        result = harness.run(*self.command, *scope, *arguments, stdin=stdin,
                             env=dict(self.environment, **environment))
        self.assertEqual(result.returncode, code, "%s: %s%s" % (arguments, result.stdout, result.stderr))
        return result.stderr if code and not output else result.stdout

    def json(self, *arguments, **options):
        return json.loads(self.kubectl(*arguments, "-o", "json", **options))

    def creates(self):
        self.assertIn("created", self.kubectl("create", "serviceaccount", "robot"))
        self.kubectl("create", "secret", "generic", "pass", "--from-literal=word=hush")
        self.kubectl("create", "configmap", "made", "--from-literal=a=1", "--from-literal=b=2")
        text = self.kubectl("create", "configmap", "made", code=1)
        self.assertIn('configmaps "made" already exists', text)
        file = os.path.join(self.directory, "manifest.yaml")

        def apply(colour):
            with open(file, "w", encoding="ascii") as out:
                out.write(MANIFEST % colour)
            return self.kubectl("apply", "-f", file)

        self.assertEqual(apply("red"), "configmap/applied created\npod/web created\n")
        before = self.json("get", "pod", "web")["metadata"]["resourceVersion"]
        self.assertEqual(apply("red"), "configmap/applied unchanged\npod/web unchanged\n")
        with open(file, "w", encoding="ascii") as out:
            out.write(MANIFEST % "blue")
        self.assertIn('-  colour: red\n+  colour: blue\n',
                      self.kubectl("diff", "-f", file, code=1, output=True))
        tried = self.kubectl("apply", "--dry-run=server", "-f", file)
        self.assertIn("configmap/applied configured (server dry run)\n", tried)
        self.assertEqual(self.json("get", "configmap", "applied")["data"], {"colour": "red"})
        self.assertEqual(apply("blue"), "configmap/applied configured\npod/web unchanged\n")
        self.assertEqual(self.json("get", "pod", "web")["metadata"]["resourceVersion"], before)
        self.assertEqual(self.json("get", "configmap", "applied")["data"], {"colour": "blue"})
        self.kubectl("create", "-f", "-", "--dry-run=server", stdin=json.dumps(
            {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "dry"}}))
        self.assertIn("NotFound", self.kubectl("get", "configmap", "dry", code=1))
        bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n"
        self.assertIn("RFC 1123 subdomain", self.kubectl("create", "-f", "-", stdin=bad, code=1))
        # Old ones look into the schema themselves, others ask the server to be strict.
        bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ncolour: red\n"
        self.assertIn('unknown field "colour"', self.kubectl("create", "-f", "-", stdin=bad, code=1))

    def gets(self):
        table = self.kubectl("get", "configmaps", "made")
        self.assertRegex(table, r"^NAME +DATA +AGE\nmade +2 +\d+s\n$")
        self.assertRegex(self.kubectl("get", "pods", "-o", "wide"), r"^NAME +READY +STATUS +RESTARTS +AGE +IP")
        self.assertRegex(self.kubectl("get", "secret", "pass"), r"pass +Opaque +1 ")
        self.assertIn("made=by-apply", self.kubectl("get", "configmaps", "--show-labels", "-l", "made=by-apply"))
        self.assertEqual(self.json("get", "configmap", "made")["data"], {"a": "1", "b": "2"})
        self.assertIn("data:\n  a: \"1\"\n", self.kubectl("get", "configmap", "made", "-o", "yaml"))
        for form, wanted in (("name", "configmap/made\n"), ("jsonpath={.data.a}", "1"),
                             ("go-template={{.data.b}}", "2"),
                             ("custom-columns=N:.metadata.name", "N\nmade\n")):
            self.assertEqual(self.kubectl("get", "configmap", "made", "-o", form), wanted)
        several = self.kubectl("get", "configmap/made", "secret/pass", "-o", "name")
        self.assertEqual(several, "configmap/made\nsecret/pass\n")
        chosen = self.kubectl("get", "configmaps", "--field-selector", "metadata.name=made",
                              "--sort-by", ".metadata.name", "-o", "name")
        self.assertEqual(chosen, "configmap/made\n")
        self.assertIn('configmaps "none" not found', self.kubectl("get", "configmap", "none", code=1))

    def changes(self):
        self.kubectl("label", "configmap", "made", "tier=front")
        self.assertIn("already has a value", self.kubectl("label", "configmap", "made", "tier=back", code=1))
        self.kubectl("annotate", "configmap", "made", "note=hello")
        self.kubectl("patch", "configmap", "made", "--type", "merge", "-p", '{"data":{"a":"3","b":null}}')
        self.kubectl("patch", "configmap", "made", "--type", "json", "-p",
                     '[{"op":"add","path":"/data/c","value":"4"}]')
        self.kubectl("patch", "pod", "web", "-p",
                     '{"metadata":{"labels":{"x":"y"}},"spec":{"containers":[{"name":"main","image":"debian:12"}]}}')
        self.assertEqual(self.json("get", "pod", "web")["spec"]["containers"][0]["image"], "debian:12")
        self.kubectl("edit", "configmap", "made", KUBE_EDITOR="sed -i 's/c: \"4\"/c: edited/'")
        made = self.json("get", "configmap", "made")
        self.assertEqual(made["data"], {"a": "3", "c": "edited"})
        self.assertEqual(made["metadata"]["labels"], {"tier": "front"})
        self.assertEqual(made["metadata"]["annotations"], {"note": "hello"})
        made["data"] = {"all": "new"}
        self.kubectl("replace", "-f", "-", stdin=json.dumps(made))
        made["data"] = {"too": "late"}
        text = self.kubectl("replace", "-f", "-", stdin=json.dumps(made), code=1)
        self.assertIn("the object has been modified", text)

    def describes(self):
        self.assertRegex(self.kubectl("describe", "configmap", "made"), r"all:\n----\nnew\n")
        self.assertRegex(self.kubectl("describe", "secret", "pass"), r"word: +4 bytes")
        self.assertRegex(self.kubectl("describe", "pod", "web"), r"Service Account: +robot\n|Name: +web\n")
        self.assertRegex(self.kubectl("describe", "serviceaccount", "robot"), r"Name: +robot\n")

    def tokens(self):
        if self.version >= (1, 24):
            token = self.kubectl("create", "token", "robot", "--audience", "vault", "--duration", "20m",
                                 "--bound-object-kind", "Secret", "--bound-object-name", "pass").strip()
            claims = harness.claims_of(token)
            self.assertEqual((claims["aud"], claims["exp"] - claims["iat"]), (["vault"], 1200))
            self.assertEqual(claims["kubernetes.io"]["secret"]["name"], "pass")
            self.assertTrue(self.server.review(token, ["vault"])["authenticated"])
            self.assertIn("not found", self.kubectl("create", "token", "nobody", code=1))
        if self.version >= (1, 28):
            who = self.json("auth", "whoami")["status"]["userInfo"]
            self.assertEqual((who["username"], who["groups"]),
                             ("signet-admin", ["system:masters", "system:authenticated"]))

    def cluster(self):
        names = self.kubectl("api-resources", "-o", "name", scope=())
        for name in ("configmaps", "pods", "serviceaccounts", "tokenreviews.authentication.k8s.io"):
            self.assertIn(name + "\n", names)
        self.assertIn("v1\n", self.kubectl("api-versions", scope=()))
        self.assertRegex(self.kubectl("get", "namespaces", scope=()), r"(?m)^%s +Active " % self.ns)
        self.assertRegex(self.kubectl("get", "sa", "-A", scope=()), r"(?m)^%s +robot " % self.ns)
        self.assertRegex(self.kubectl("get", "nodes", "-o", "wide", scope=()), r"(?m)^rack-1 +Unknown ")
        self.assertRegex(self.kubectl("describe", "node", "rack-1", scope=()), r"Name: +rack-1\n")
        self.assertRegex(self.kubectl("describe", "namespace", self.ns, scope=()), r"Status: +Active")
        self.assertIn("expirationSeconds", self.kubectl(
            "explain", "pod.spec.volumes.projected.sources.serviceAccountToken", scope=()))
        self.assertIn("identity", self.kubectl("explain", "serviceaccount", scope=()))
        self.assertIn("automountServiceAccountToken", self.kubectl("explain", "sa", "--recursive", scope=()))
        self.assertEqual(self.kubectl("get", "--raw", "/readyz", scope=()), "ok")
        self.assertIn("serverVersion", self.json("version", scope=()))

    def watches_and_waits(self):
        arguments = [*self.command, "--namespace", self.ns, "get", "configmaps", "--watch", "-o", "name"]
        with open(os.devnull, "wb") as nowhere, subprocess.Popen(
                arguments, stdout=subprocess.PIPE, stderr=nowhere, text=True, env=self.environment) as watch:
            try:
                first = watch.stdout.readline()
                self.assertIn("configmap/", first)
                self.kubectl("create", "configmap", "watched")
                seen = ""
                while seen != "configmap/watched\n":
                    seen = watch.stdout.readline()
                    self.assertNotEqual(seen, "")
            finally:
                watch.kill()
        if self.version >= (1, 23):
            self.kubectl("wait", "--for=jsonpath={.status.phase}=Active", "namespace/" + self.ns,
                         "--timeout=10s", scope=())
        with subprocess.Popen(
                [*self.command, "--namespace", self.ns, "wait", "--for=delete", "configmap/watched",
                 "--timeout=60s", "-v=6"], env=self.environment, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True) as waits:
            told = ""
            while "watch=true" not in told:  # it has seen the object and is waiting
                line = waits.stdout.readline()
                self.assertNotEqual(line, "", told)
                told += line
            self.assertIn("deleted", self.kubectl("delete", "configmap", "watched", "made"))
            told += waits.stdout.read()
        self.assertEqual(waits.returncode, 0, told)
        self.kubectl("delete", "pod", "web", "--grace-period=0", "--force")
        self.kubectl("delete", "secrets", "--all")
        self.assertEqual(self.kubectl("get", "secrets,pods", "-o", "name"), "")
        self.kubectl("delete", "namespace", self.ns, scope=())  # comes back when it is gone
        self.assertIn("not found", self.kubectl("get", "namespace", self.ns, scope=(), code=1))


def add_tests():
    versions = harness.kubectls()
    for version, path in versions:
        def test(self, version=version, path=path):
            self.go(version, path)
        setattr(Kubectl, "test_%d_%d" % version, test)
    return versions


if __name__ == "__main__":
    if not add_tests():
        print("skipped: there is no kubectl on this machine")
        sys.exit(SKIPPED)
    harness.main()
