#!/usr/bin/env python3
"""What a pod may say and what of it may change, and the words of each refusal."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from reading import harness, pod, ReadCase  # noqa: E402


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


if __name__ == "__main__":
    harness.main()
