#!/usr/bin/env python3
"""Every column and cell that `kubectl get` shows."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import harness, pod, ReadCase, TABLE  # noqa: E402


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
