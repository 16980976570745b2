#!/usr/bin/env python3
"""`signet up` with real pods: what their processes see, and what is left when they are gone."""
import os
import sys
import time
import unittest

import harness

SERVER = None
NODE = "n1"
NS = "pods"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SKIPPED = 77  # tells ctest
PROBE = ("bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--unshare-ipc", "--proc", "/proc", "true")


def pods_path(name="", ns=NS):
    return "/api/v1/namespaces/%s/pods/%s" % (ns, name) if name else "/api/v1/namespaces/%s/pods" % ns


def manifest(name, command, mounts=None, volumes=None, env=None, ns=NS, **spec):
    container = {"name": "main", "image": "debian", "command": command}
    if mounts:
        container["volumeMounts"] = [{"name": volume, "mountPath": path} for volume, path in mounts.items()]
    if env:
        container["env"] = env
    return {"metadata": {"name": name, "namespace": ns},
            "spec": {"containers": [container], "volumes": volumes or [],
                     "terminationGracePeriodSeconds": 1, **spec}}


class Sleeper:
    """A command that can be found among all processes of this machine."""

    made = 0

    def __init__(self):
        Sleeper.made += 1
        self.seconds = "%d%04d" % (os.getpid(), Sleeper.made)
        self.command = ["sleep", self.seconds]

    def alive(self):
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open("/proc/%d/cmdline" % int(entry), "rb") as file:
                    words = file.read().split(b"\0")
            except (OSError, ValueError):
                continue
            if self.seconds.encode() in words:
                found.append(int(entry))
        return found


def start(data=None):
    return harness.Server("--node-name", NODE, command="up", data=data, clock=True)


class Pods(unittest.TestCase):
    server = property(lambda self: SERVER)

    @classmethod
    def setUpClass(cls):
        global SERVER
        SERVER = start()
        cls.addClassCleanup(SERVER.close)
        SERVER.namespace(NS)

    def run_pod(self, *arguments, server=None, **options):
        body = manifest(*arguments, **options)
        reply = (server or self.server).post(pods_path(ns=body["metadata"]["namespace"]), body)
        self.assertEqual(reply.status, 201, reply)
        return reply.json

    def wait(self, name, check, server=None, limit=60):
        def look():
            pod = (server or self.server).get(pods_path(name)).json
            return pod if check(pod) else None
        try:
            return harness.eventually(look, limit)
        except AssertionError:
            raise AssertionError((server or self.server).get(pods_path(name)).text) from None

    def wait_phase(self, name, *phases, server=None):
        return self.wait(name, lambda pod: pod.get("status", {}).get("phase") in phases, server)

    def log_of(self, pod, container="main", number=0):
        meta = pod["metadata"]
        directory = "%s_%s_%s" % (meta["namespace"], meta["name"], meta["uid"])
        path = self.server.path("node", "logs", directory, container, "%d.log" % number)
        with open(path, encoding="utf-8") as file:
            return file.read()

    def run_to_end(self, name, script, phase="Succeeded", **options):
        """Runs a shell script in a pod and gives back what it printed."""
        self.run_pod(name, ["sh", "-c", script], restartPolicy="Never", **options)
        pod = self.wait_phase(name, "Succeeded", "Failed")
        text = self.log_of(pod)
        self.assertEqual(pod["status"]["phase"], phase, text)
        return text

    def volume(self, pod, name):
        return self.server.path("node", "pods", pod["metadata"]["uid"], "volumes",
                                "kubernetes.io~projected", name)

    def test_a_container_finds_the_api_and_itself(self):
        text = self.run_to_end("self", (
            'echo "host=$KUBERNETES_SERVICE_HOST port=$KUBERNETES_SERVICE_PORT name=$POD_NAME";'
            "cd %s; ls; echo; cat namespace; echo; cat token; echo; cat ca.crt") % SERVICE_ACCOUNT,
            env=[{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
        self.assertIn("host=127.0.0.1 port=%d name=self\n" % self.server.port, text)
        self.assertIn("ca.crt\nnamespace\ntoken\n", text)
        lines = text.splitlines()
        self.assertIn(NS, lines)
        (token,) = [line for line in lines if line.startswith("eyJ")]
        review = self.server.review(token)
        self.assertTrue(review["authenticated"], review)
        extra = review["user"]["extra"]
        self.assertEqual(extra["authentication.kubernetes.io/pod-name"], ["self"])
        self.assertEqual(extra["authentication.kubernetes.io/node-name"], [NODE])
        with open(self.server.path("pki", "ca.crt"), encoding="ascii") as file:
            self.assertIn(file.read(), text)
        self.assertNotIn(token, self.server.log())

    def test_a_container_calls_the_api_with_its_token(self):
        text = self.run_to_end("caller", (
            'call() { curl -sS -o /dev/null -w "$1=%%{http_code}\\n" --cacert %s/ca.crt '
            '-H "Authorization: Bearer $(cat %s/token)" '
            '"https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT$2"; };'
            "call api /api; call version /version; call jwks /openid/v1/jwks;"
            "call secrets /api/v1/secrets; call pods /api/v1/namespaces/%s/pods"
        ) % (SERVICE_ACCOUNT, SERVICE_ACCOUNT, NS))
        self.assertEqual(sorted(text.split()),
                         ["api=200", "jwks=200", "pods=403", "secrets=403", "version=200"])

    def test_volumes_show_what_they_are_made_of(self):
        self.server.create(NS, "configmaps", {"metadata": {"name": "conf"}, "data": {"a": "1", "b": "2"},
                                              "binaryData": {"raw": "AAEC"}})
        self.server.create(NS, "secrets", {"metadata": {"name": "pass"}, "stringData": {"word": "hush"}})
        sources = [
            {"serviceAccountToken": {"path": "deep/token", "audience": "vault", "expirationSeconds": 600}},
            {"configMap": {"name": "conf", "items": [{"key": "b", "path": "renamed"}]}},
            {"secret": {"name": "pass"}},
            {"downwardAPI": {"items": [
                {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
                {"path": "uid", "fieldRef": {"fieldPath": "metadata.uid"}}]}}]
        body = manifest(
            "volumes", ["sh", "-c", "cd /mix; for f in renamed word labels uid deep/token; do echo; "
                        "echo \"$f:\"; cat $f; done; echo; od -An -tx1 /conf/raw; cat /pass/word; "
                        "echo; stat -Lc %a /pass/word /mix/word; echo $A $W"],
            {"mix": "/mix", "conf": "/conf", "pass": "/pass"},
            [{"name": "mix", "projected": {"sources": sources, "defaultMode": 0o440}},
             {"name": "conf", "configMap": {"name": "conf"}},
             {"name": "pass", "secret": {"secretName": "pass", "defaultMode": 0o400}}],
            [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}},
             {"name": "W", "valueFrom": {"secretKeyRef": {"name": "pass", "key": "word"}}}],
            restartPolicy="Never")
        body["metadata"]["labels"] = {"app": "mixed"}
        uid = self.server.create(NS, "pods", body)["metadata"]["uid"]
        pod = self.wait_phase("volumes", "Succeeded", "Failed")
        lines = self.log_of(pod).splitlines()
        self.assertEqual(lines[lines.index("renamed:") + 1], "2")
        self.assertEqual(lines[lines.index("word:") + 1], "hush")
        self.assertEqual(lines[lines.index("labels:") + 1], 'app="mixed"')
        self.assertEqual(lines[lines.index("uid:") + 1], uid)
        token = lines[lines.index("deep/token:") + 1]
        self.assertEqual(harness.claims_of(token)["aud"], ["vault"])
        self.assertEqual(lines[-5:], [" 00 01 02", "hush", "400", "440", "1 hush"])
        self.assertNotIn("hush", self.server.log())

    def test_exit_codes_decide_the_phase(self):
        for name, script, phase, code in (("good", "exit 0", "Succeeded", 0), ("bad", "exit 7", "Failed", 7),
                                          ("shot", "kill -KILL $$$$", "Failed", 137)):  # $$ stands for one $
            with self.subTest(name):
                self.run_to_end(name, script, phase)
                (status,) = self.server.get(pods_path(name)).json["status"]["containerStatuses"]
                self.assertEqual(status["state"]["terminated"]["exitCode"], code)
                self.assertEqual(status["restartCount"], 0)

    def test_a_container_that_keeps_failing_waits_longer_and_longer(self):
        self.run_pod("crash", ["sh", "-c", "exit 3"])

        def crashed(pod):
            statuses = pod["status"].get("containerStatuses", [])
            waiting = statuses[0]["state"].get("waiting", {}) if statuses else {}
            # A second run that is on its way is waiting too, as ContainerCreating.
            return waiting.get("reason") == "CrashLoopBackOff" and statuses[0]["restartCount"] >= 1

        (status,) = self.wait("crash", crashed)["status"]["containerStatuses"]
        self.assertRegex(status["state"]["waiting"]["message"],
                         r"^back-off \d+s restarting failed container=main ")
        self.assertEqual(status["lastState"]["terminated"]["exitCode"], 3)
        self.assertFalse(status["ready"])

    def test_a_deleted_pod_leaves_nothing(self):
        sleeper = Sleeper()
        pod = self.run_pod("short", sleeper.command)
        self.wait_phase("short", "Running")
        harness.eventually(sleeper.alive)
        directory = self.server.path("node", "pods", pod["metadata"]["uid"])
        name = pod["spec"]["volumes"][0]["name"]
        with open(os.path.join(self.volume(pod, name), "token"), encoding="ascii") as file:
            token = file.read()
        self.assertTrue(self.server.review(token).get("authenticated"))
        self.assertEqual(self.server.delete(pods_path("short")).status, 200)
        harness.eventually(lambda: self.server.get(pods_path("short")).status == 404)
        harness.eventually(lambda: not sleeper.alive())
        harness.eventually(lambda: not os.path.exists(directory))
        self.assertEqual(self.server.review(token)["error"],
                         "[invalid bearer token, service account token has been invalidated]")

    def test_two_pods_see_neither_each_other_nor_the_authority(self):
        sleeper = Sleeper()
        first = self.run_pod("victim", sleeper.command)
        self.wait_phase("victim", "Running")
        text = self.run_to_end("curious", (
            "ls -A %s; echo end; cat %s %s; echo code=$?; test -e /proc/%d/environ && echo seen"
        ) % (self.server.data, self.server.path("pki", "ca.key"),
             os.path.join(self.volume(first, first["spec"]["volumes"][0]["name"]), "token"),
             self.server.pid) + "; true")
        self.assertTrue(text.startswith("end\n"), text)  # the directory is empty in there
        self.assertIn("code=1", text)
        self.assertNotIn("PRIVATE", text)
        self.assertNotIn("eyJ", text)
        self.assertNotIn("seen", text)

    def test_a_missing_volume_is_told_and_waited_for(self):
        sleeper = Sleeper()
        self.run_pod("waiting", sleeper.command, {"v": "/v"}, [{"name": "v", "configMap": {"name": "late"}}])

        def event():
            events = self.server.get("/api/v1/namespaces/%s/events" % NS).json["items"]
            return [item for item in events if item["reason"] == "FailedMount" and
                    item["involvedObject"]["name"] == "waiting"]

        (told, *_) = harness.eventually(event)
        self.assertEqual(told["type"], "Warning")
        self.assertIn('"late" not found', told["message"])
        # The event comes before the status that goes with it.
        pod = self.wait("waiting", lambda pod: pod["status"].get("containerStatuses"))
        (status,) = pod["status"]["containerStatuses"]
        self.assertEqual(status["state"]["waiting"]["reason"], "ContainerCreating")
        self.assertEqual(sleeper.alive(), [])
        self.server.create(NS, "configmaps", {"metadata": {"name": "late"}, "data": {"k": "v"}})
        self.wait_phase("waiting", "Running")
        harness.eventually(sleeper.alive)

    def test_a_changed_config_map_reaches_the_running_pod(self):
        self.server.create(NS, "configmaps", {"metadata": {"name": "live"}, "data": {"k": "old"}})
        self.run_pod("reader", ["sh", "-c", "until grep -q new /live/k; do sleep 0.1; done; cat /live/k"],
                     {"live": "/live"}, [{"name": "live", "configMap": {"name": "live"}}],
                     restartPolicy="Never")
        self.wait_phase("reader", "Running")
        path = "/api/v1/namespaces/%s/configmaps/live" % NS
        reply = self.server.call("PUT", path, {"metadata": {"name": "live"}, "data": {"k": "new"}})
        self.assertEqual(reply.status, 200)
        harness.eventually(lambda: self.moved_on("reader"), 90)

    def moved_on(self, name):
        """Lets minutes pass for the agent, until the pod has succeeded."""
        self.offset = getattr(self, "offset", 0) + 30
        self.server.move_clock(self.offset)
        self.addCleanup(self.server.move_clock, 0)
        time.sleep(0.5)
        return self.server.get(pods_path(name)).json["status"]["phase"] == "Succeeded"

    def test_a_mounted_token_is_fresh_at_four_fifths_of_its_life(self):
        volume = {"name": "t", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}}]}}
        pod = self.run_pod("fresh", Sleeper().command, {"t": "/t"}, [volume])
        self.wait_phase("fresh", "Running")
        path = os.path.join(self.volume(pod, "t"), "token")

        def read():
            with open(path, encoding="ascii") as file:
                return file.read()

        first = read()
        self.addCleanup(self.server.move_clock, 0)
        self.server.move_clock(400)
        time.sleep(1)
        self.assertEqual(read(), first)
        self.server.move_clock(490)  # a fifth of 600 s is left at 480 s; some jitter is taken off
        harness.eventually(lambda: read() != first)
        second = read()
        self.assertGreaterEqual(harness.claims_of(second)["iat"], harness.claims_of(first)["iat"] + 480)
        for token in (first, second):
            self.assertTrue(self.server.review(token, ["vault"]).get("authenticated"))
        self.server.move_clock(490 + 200)
        self.assertIn("has expired", self.server.review(first, ["vault"])["error"])
        self.assertTrue(self.server.review(read(), ["vault"]).get("authenticated"))

    def test_the_node_is_held_to_its_own(self):
        self.server.create(NS, "secrets", {"metadata": {"name": "unrelated"}})
        get = self.server.get
        self.assertEqual(get("/api/v1/nodes/" + NODE, who="node").status, 200)
        self.assertEqual(get("/api/v1/pods?fieldSelector=spec.nodeName%3D" + NODE, who="node").status, 200)
        for path in ("/api/v1/pods", "/api/v1/secrets", "/api/v1/namespaces/%s/secrets/unrelated" % NS,
                     "/api/v1/nodes"):
            self.assertEqual(get(path, who="node").status, 403, path)
        reply = self.server.request_token(NS, "default", who="node")
        self.assertEqual(reply.status, 403)
        for parts, mode in ((("node",), 0o700), (("node", "pods"), 0o700), (("node", "logs"), 0o700),
                            (("pki", "node.key"), 0o600)):
            self.assertEqual(os.stat(self.server.path(*parts)).st_mode & 0o777, mode, parts)


class Restarting(Pods):
    """The same pods before and after."""

    def test_pods_come_back_after_a_restart_and_none_is_left_over(self):
        data = os.path.join(self.server.own_root, "again")
        sleepers = [Sleeper(), Sleeper()]
        with start(data) as first:
            first.namespace(NS)
            for number, sleeper in enumerate(sleepers):
                self.run_pod("p%d" % number, sleeper.command, server=first)
                self.wait_phase("p%d" % number, "Running", server=first)
                harness.eventually(sleeper.alive)
            self.assertEqual(first.terminate(), 0)
            for sleeper in sleepers:
                self.assertEqual(sleeper.alive(), [])
        with start(data) as second:
            for sleeper in sleepers:
                harness.eventually(sleeper.alive)
            for number in range(len(sleepers)):
                pod = self.wait_phase("p%d" % number, "Running", server=second)
                self.assertEqual(pod["spec"]["nodeName"], NODE)
            second.kill()
            for sleeper in sleepers:  # containers die with the agent, however it dies
                harness.eventually(lambda s=sleeper: not s.alive())
        with start(data) as third:
            harness.eventually(sleepers[0].alive)
            for number in range(len(sleepers)):
                third.delete(pods_path("p%d" % number))
            harness.eventually(lambda: third.get(pods_path()).json["items"] == [])
            harness.eventually(lambda: os.listdir(os.path.join(data, "node", "pods")) == [])
            self.assertEqual(third.terminate(), 0)
        self.assertEqual([sleeper.alive() for sleeper in sleepers], [[], []])


def load_tests(loader, _tests, _pattern):
    suite = loader.loadTestsFromTestCase(Pods)
    suite.addTest(Restarting("test_pods_come_back_after_a_restart_and_none_is_left_over"))
    return suite


if __name__ == "__main__":
    try:
        probe = harness.run(*PROBE)
        problem = probe.stderr.strip() if probe.returncode else ""
    except FileNotFoundError:
        problem = "bwrap is not installed"
    if problem:
        print("skipped: this machine lets nobody make namespaces with bubblewrap: " + problem)
        sys.exit(SKIPPED)
    harness.main()
