"""`signet gate` before kube-apiserver's webhook token authenticator, with the kubeconfig of docs/gate.md."""
import concurrent.futures
import os
import re
import shutil
import tempfile
import unittest

import program
from clients import harness
import gate
import https

PAGE = os.path.join(program.HERE, "..", "..", "..", "docs", "gate.md")


def kubeconfig(server, ca, route):
    """As the page has it, for another server."""
    with open(PAGE, encoding="utf-8") as page:
        text = re.search(r"## As a TokenReview webhook\n+```yaml\n(.*?)```", page.read(), re.DOTALL).group(1)
    for documented, real in (("https://gate.example:9191", "https://" + server), ("/etc/gate-ca.pem", ca),
                             ("/payments", "/" + route)):
        assert text.count(documented) == 1, documented
        text = text.replace(documented, real)
    return text


class Webhook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server("--anonymous-discovery", "true")
        cls.addClassCleanup(cls.server.close)
        cls.server.account("default", "cart")
        cls.server.account("default", "other")
        cls.directory = tempfile.mkdtemp(prefix="signet-webhook-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        https.make_certificates(cls.directory)
        cls.gate = cls.gate_for(gate.policy_for(cls.server))
        cls.kubernetes = cls.beside(cls.gate)
        harness.eventually(lambda: "name" in cls.review(cls.kubernetes, cls.token("cart")))

    @classmethod
    def gate_for(cls, policy):
        pem = [os.path.join(cls.directory, name) for name in ("tls.crt", "tls.key")]
        running = gate.Gate(cls.server, "--tls-cert", pem[0], "--tls-key", pem[1], policy=policy)
        cls.addClassCleanup(running.close)
        return running

    @classmethod
    def beside(cls, running, version="v1"):
        """An authenticator as a kube-apiserver with --api-audiences=shop,api sets it up."""
        name = os.path.join(running.directory, "kubeconfig")
        with open(name, "w", encoding="utf-8") as file:
            file.write(kubeconfig(running.places["http"], os.path.join(cls.directory, "ca.crt"), "shop"))
        kubernetes = program.Peer("kubernetes")
        cls.addClassCleanup(kubernetes.close)
        assert kubernetes.ask({"do": "use webhook", "kubeconfig": name, "version": version,
                               "implicit": ["shop", "api"]}) is None
        return kubernetes

    @staticmethod
    def review(kubernetes, token, audiences=("shop", "api"), **more):
        return kubernetes.ask({"do": "review", "token": token, "audiences": list(audiences), **more})

    @classmethod
    def token(cls, account, audience="shop"):
        return cls.server.token("default", account, {"audiences": [audience]})

    @staticmethod
    def reviews(running, result):
        """How many the gate answered so."""
        line = 'signet_gate_checks_total{result="%s",surface="token_review"} ' % result
        metrics = running.admin("/metrics").text
        return int(metrics.split(line, 1)[1].split("\n", 1)[0])

    def test_who_is_let_in_is_who_the_cluster_says(self):
        for version in ("v1", "v1beta1"):
            token = self.token("cart")
            found = self.review(self.beside(self.gate, version), token)
            theirs = self.server.review(token, ["shop"])["user"]
            self.assertEqual(found, {"name": theirs["username"], "uid": theirs["uid"], "groups": theirs["groups"],
                                     "extra": theirs["extra"], "audiences": ["shop"]})

    def test_audiences_are_those_that_all_have(self):
        token = self.token("cart")
        self.assertEqual(self.review(self.kubernetes, token, ("bank", "shop"))["audiences"], ["shop"])
        self.assertEqual(self.review(self.kubernetes, token, ("bank",)), {"error": "nobody"})
        # Without audiences Kubernetes does not look at them.
        self.assertIn("name", self.kubernetes.ask({"do": "review", "token": token}))

    def test_who_is_refused_is_refused_with_the_reason(self):
        for token, reason in ((self.token("other"), "forbidden"), (self.token("cart", "bank"), "wrong_audience"),
                              (self.token("cart")[:-8] + "AAAAAAAA", "bad_signature")):
            self.assertRegex(self.review(self.kubernetes, token)["error"], "^%s: " % reason)

    def test_who_cannot_be_judged_is_an_outage_and_not_nobody(self):
        good = gate.policy_for(self.server)
        running = self.gate_for(good.replace("127.0.0.1/32", "127.0.0.2/32"))
        kubernetes = self.beside(running)
        # Kubernetes asks again, as Retry-After says, while its own caller waits.
        self.assertEqual(self.review(kubernetes, self.token("cart"), timeout="1s"),
                         {"error": "context deadline exceeded"})
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.review, kubernetes, self.token("cart"))
            before = self.reviews(running, "keys_unavailable")
            harness.eventually(lambda: self.reviews(running, "keys_unavailable") > before)
            self.assertFalse(waiting.done())
            running.write_policy(good)
            self.assertIn("name", waiting.result())

    def test_kubernetes_remembers_who_was_let_in(self):
        token, before = self.token("cart"), self.reviews(self.gate, "allowed")
        found = [self.review(self.kubernetes, token) for _ in range(20)]
        self.assertEqual(found, [found[0]] * 20)
        self.assertEqual(self.reviews(self.gate, "allowed"), before + 1)
