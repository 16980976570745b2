"""Runs a whole kube-apiserver for a test, with an etcd of its own and a signer that it delegates to.

    cluster = kube_apiserver.Cluster(signer.socket, webhook=kubeconfig)
    reply = cluster.call("POST", "/api/v1/namespaces", {...})        # as an administrator
"""
import http.client
import json
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile

import program
from clients import harness
import clients
import https

LIMIT = 60  # seconds for a start
COMMAND = "k8s.io/kubernetes/cmd/kube-apiserver"


class Cluster:
    def __init__(self, signer, webhook=None, audiences=()):
        self.processes = []
        self.directory = tempfile.mkdtemp(prefix="signet-cluster-")
        https.make_certificates(self.directory)
        self.ca = self.path("ca.crt")
        self.port = harness.free_port()
        self.url = "https://127.0.0.1:%d" % self.port
        self.token = secrets.token_hex(16)
        try:
            self._start_etcd()
            self._start(signer, webhook, audiences)
        except BaseException:
            self.close()
            raise

    def path(self, name):
        return os.path.join(self.directory, name)

    def _run(self, name, *arguments):
        with open(self.path(name + ".log"), "wb") as log:
            self.processes.append(subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _start_etcd(self):
        self.store, peers = ("http://127.0.0.1:%d" % harness.free_port() for _ in range(2))
        self._run("etcd", clients.program("etcd"), "--data-dir", self.path("etcd"), "--listen-client-urls", self.store,
                  "--advertise-client-urls", self.store, "--listen-peer-urls", peers,
                  "--initial-advertise-peer-urls", peers, "--initial-cluster", "default=" + peers)

    def _start(self, signer, webhook, audiences):
        with open(self.path("tokens"), "w", encoding="ascii") as file:
            file.write("%s,administrator,1,system:masters\n" % self.token)
        flags = ["--etcd-servers", self.store, "--bind-address", "127.0.0.1", "--secure-port", str(self.port),
                 "--tls-cert-file", self.path("tls.crt"), "--tls-private-key-file", self.path("tls.key"),
                 "--token-auth-file", self.path("tokens"), "--authorization-mode", "RBAC",
                 "--service-cluster-ip-range", "10.0.0.0/24",
                 "--service-account-signing-endpoint", signer, "--service-account-issuer", self.url,
                 "--service-account-jwks-uri", self.url + "/openid/v1/jwks",
                 "--api-audiences", ",".join((self.url, *audiences))]
        if webhook is not None:
            flags += ["--authentication-token-webhook-config-file", webhook,
                      "--authentication-token-webhook-version", "v1"]
        self._run("kube-apiserver", program.build("kubernetes", COMMAND), *flags)
        harness.eventually(self._is_ready, limit=LIMIT)

    def _is_ready(self):
        for process in self.processes:
            if process.poll() is not None:
                raise AssertionError("it did not start:\n" + self.log())
        try:
            return self.call("GET", "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def log(self):
        text = ""
        for name in ("etcd.log", "kube-apiserver.log"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding="utf-8", errors="replace") as file:
                    text += file.read()
        return text

    def call(self, method, path, body=None, token=None):
        """Asks as an administrator, or as whoever has the token; as nobody if it is empty."""
        token = self.token if token is None else token
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = "Bearer " + token
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=LIMIT,
                                                 context=ssl.create_default_context(cafile=self.ca))
        try:
            connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
            response = connection.getresponse()
            return harness.Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def create(self, path, body):
        reply = self.call("POST", path, body)
        assert reply.status == 201, reply
        return reply.json

    def kubeconfig(self):
        """An administrator's."""
        with open(self.path("kubeconfig"), "w", encoding="ascii") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "clusters": [{"name": "c", "cluster": {"server": self.url,
                                                              "certificate-authority": self.ca}}],
                       "users": [{"name": "c", "user": {"token": self.token}}],
                       "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}, file)
        return self.path("kubeconfig")

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(LIMIT)
        shutil.rmtree(self.directory, ignore_errors=True)
