"""`signet gate --grpc` before Envoy's own messages on Go's gRPC."""
import concurrent.futures
import json
import os
import socket

import program
from clients import harness
import gate

LONG = "60s"  # nothing takes so long
SHORT = "200ms"
# google.rpc.Code
UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE = 16, 7, 8, 14

# An issuer that takes connections and never says anything.
SILENT = """\
---
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: silent}
spec:
  url: https://127.0.0.1:%d
  cluster: silent
  keys: {allowedCIDRs: [127.0.0.1/32], ports: [%d]}
"""

# An issuer whose tokens wait in a queue of 1,024 (the key of RFC 7515 A.4.1).
EXPENSIVE = """\
---
apiVersion: signet.dev/v1
kind: Issuer
metadata: {name: expensive}
spec:
  url: https://expensive.example
  cluster: expensive
  keys:
    jwks: |
      {"keys": [{"kid": "k", "alg": "ES512", "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}]}
  tokens: {algorithms: [ES512]}
"""


def bearer(token):
    return [["Authorization", "Bearer " + token]]


class EnvoyCase(gate.GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.envoy = cls.beside(cls.gate)

    @classmethod
    def beside(cls, running):
        envoy = program.Peer("envoy", running.places["grpc"])
        cls.addClassCleanup(envoy.close)
        return envoy

    @staticmethod
    def check(headers, route="shop", **more):
        return {"route": route, "path": "/orders/7", "headers": headers, "timeout": LONG, **more}

    def ask(self, headers, envoy=None, **more):
        reply, = (envoy or self.envoy).ask([self.check(headers, **more)])
        self.assertEqual(reply["invalid"], "", "Envoy's own rules for the answer")
        return reply

    @classmethod
    def forged(cls, issuer, algorithm, signature):
        """A token of another issuer, as good as the server's own but for the signature."""
        head = {"alg": algorithm, "kid": "k"}
        claims = dict(harness.claims_of(cls.token), iss=issuer)
        return ".".join((*(harness.b64url(json.dumps(part).encode()) for part in (head, claims)),
                         harness.b64url(signature)))

    @classmethod
    def silent(cls, port):
        """A token of the issuer at that port: who believes or refuses it needs the issuer's keys."""
        return cls.forged("https://127.0.0.1:%d" % port, "RS256", bytes(256))


class Checks(EnvoyCase):
    """What Envoy makes of an answer."""

    def backend_sees(self, sent, reply):
        """The headers of a request that was let in, as Envoy passes it on."""
        seen = {name.lower(): value for name, value in sent if name.lower() not in reply["remove"]}
        return {**seen, **reply["set"]}

    def test_a_caller_is_let_in_and_named(self):
        for raw in (False, True):
            sent = [*bearer(self.token), ["X-Auth-Subject", "root"], ["X-Auth-Pod", "forged"],
                    ["X_Auth_Subject", "root"], ["Accept", "text/html"]]
            reply = self.ask(sent, raw=raw)
            self.assertEqual((reply["code"], reply["status"]), ("OK", 0))
            self.assertIsNone(reply["appended"], "beside a forged header a true one is worth nothing")
            expires = harness.claims_of(self.token)["exp"]
            uid = harness.claims_of(self.token)["kubernetes.io"]["serviceaccount"]["uid"]
            self.assertEqual(self.backend_sees(sent, reply), {
                "accept": "text/html", "x-auth-subject": "k8s/home/ns/default/sa/cart", "x-auth-cluster": "home",
                "x-auth-namespace": "default", "x-auth-service-account": "cart", "x-auth-service-account-uid": uid,
                "x-auth-audience": "shop", "x-auth-method": "offline", "x-auth-expires": str(expires)})
            metadata = reply["metadata"]
            self.assertEqual((metadata["subject"], metadata["method"]), ("k8s/home/ns/default/sa/cart", "offline"))
            self.assertGreater(metadata["ttl_s"], 0)

    def test_the_route_is_that_of_the_context_extensions(self):
        self.assertEqual(self.ask(bearer(self.token), route="nosuch")["denied"], 403)
        self.assertEqual(self.ask(bearer(self.token), route="")["denied"], 403, "no --default-route")

    def test_refusals(self):
        def refused(headers, **more):
            reply = self.ask(headers, **more)
            self.assertEqual((reply["code"], reply["set"], reply["metadata"]), ("OK", {}, {}))
            return reply["status"], reply["denied"], reply["headers"].get("www-authenticate")

        challenge = 'Bearer error="invalid_token"'
        self.assertEqual(refused(bearer(self.elsewhere)), (UNAUTHENTICATED, 401, challenge))
        self.assertEqual(refused(bearer(self.token[:-8] + "AAAAAAAA")), (UNAUTHENTICATED, 401, challenge))
        self.assertEqual(refused([]), (UNAUTHENTICATED, 401, "Bearer"))
        self.assertEqual(refused(bearer(self.forbidden))[:2], (PERMISSION_DENIED, 403))
        for raw in (False, True):  # joined by a comma, and one by one
            self.assertEqual(refused(bearer(self.token) * 2, raw=raw)[1], 401)
        self.assertEqual(refused(bearer(self.token), path="/?access_token=" + self.token)[1], 401)

    def test_an_issuer_that_cannot_be_reached_is_a_503_to_repeat(self):
        policy = gate.policy_for(self.server).replace("127.0.0.1/32", "127.0.0.2/32")
        with gate.Gate(self.server, policy=policy) as running:
            reply = self.ask(bearer(self.token), envoy=self.beside(running))
        self.assertEqual((reply["status"], reply["denied"]), (UNAVAILABLE, 503))
        self.assertGreaterEqual(int(reply["headers"]["retry-after"]), 1)

    def test_many_at_once_on_one_connection(self):
        each = [(bearer(self.token), 0), (bearer(self.forbidden), 403), (bearer(self.elsewhere), 401), ([], 401)]
        replies = self.envoy.ask([self.check(headers) for headers, _ in each * 500])
        self.assertEqual([reply["code"] for reply in replies], ["OK"] * 2000)
        self.assertEqual([reply["denied"] if reply["status"] else 0 for reply in replies],
                         [status for _, status in each * 500])


class Deadlines(EnvoyCase):
    """Beside an issuer that never answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        cls.addClassCleanup(cls.listener.close)
        cls.port = cls.listener.getsockname()[1]
        cls.policy = gate.policy_for(cls.server) + SILENT % (cls.port, cls.port)

    def test_the_gate_answers_before_envoy_gives_up(self):
        with gate.Gate(self.server, policy=self.policy) as running:
            reply = self.ask(bearer(self.silent(self.port)), envoy=self.beside(running))
        self.assertEqual((reply["code"], reply["status"], reply["denied"]), ("OK", UNAVAILABLE, 503))

    def test_checks_that_envoy_gave_up_leave_the_connection_as_it_was(self):
        with gate.Gate(self.server, "--deadline-ms", "1000", policy=self.policy) as running:
            self.wait_for_keys(running)
            envoy = self.beside(running)
            given_up = self.check(bearer(self.silent(self.port)), timeout=SHORT)
            replies = envoy.ask([given_up, self.check(bearer(self.token))] * 50)
            self.assertEqual([reply["code"] for reply in replies], ["DeadlineExceeded", "OK"] * 50)
            self.assertEqual(self.ask(bearer(self.token), envoy=envoy)["status"], 0)
            running.signal_end()
            self.assertEqual(running.process.wait(gate.LIMIT), 0)


class Overload(EnvoyCase):
    """More tokens that are slow to check than may wait."""

    CONNECTIONS, EACH = 3, 1000  # a connection has a thousand checks under way at most

    def expensive(self):
        """A token that is like no other, with a signature whose check takes its time: 0 < r, s < n."""
        r, s = (b"\0" + os.urandom(65) for _ in range(2))
        return self.forged("https://expensive.example", "ES512", r + s)

    def flood(self, envoys):
        """What is said of thousands at once; each of the connections sends its own."""
        questions = [[self.check(bearer(self.expensive())) for _ in range(self.EACH)] for _ in envoys]
        with concurrent.futures.ThreadPoolExecutor(len(envoys)) as pool:
            replies = pool.map(program.Peer.ask, envoys, questions)
            return [reply for each in replies for reply in each]

    def test_more_than_may_wait_is_a_429_to_repeat(self):
        policy = gate.policy_for(self.server) + EXPENSIVE
        with gate.Gate(self.server, "--deadline-ms", "30000", policy=policy) as running:
            self.wait_for_keys(running)
            envoys = [self.beside(running) for _ in range(self.CONNECTIONS)]

            def overloaded():
                replies = self.flood(envoys)
                self.assertEqual({reply["code"] for reply in replies}, {"OK"})
                self.assertLessEqual({(reply["status"], reply["denied"]) for reply in replies},
                                     {(UNAUTHENTICATED, 401), (RESOURCE_EXHAUSTED, 429)})
                return [reply for reply in replies if reply["denied"] == 429]

            for reply in harness.eventually(overloaded):
                self.assertEqual(reply["invalid"], "", "Envoy's own rules for the answer")
                self.assertGreaterEqual(int(reply["headers"]["retry-after"]), 1)
            self.assertEqual(self.ask(bearer(self.token), envoy=envoys[0])["status"], 0)
