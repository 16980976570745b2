"""`signet gate --grpc` before Envoy's own messages on Go's gRPC."""
import json
import socket

import program
from clients import harness
import gate

LONG = "60s"  # nothing takes so long
SHORT = "200ms"
UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE = 16, 7, 14  # google.rpc.Code

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
    def silent(cls, port):
        """A token of the issuer at that port: who believes or refuses it needs the issuer's keys."""
        _, _, signature = cls.token.split(".")
        claims = dict(harness.claims_of(cls.token), iss="https://127.0.0.1:%d" % port)
        head = harness.b64url(b'{"alg":"RS256","kid":"k"}')
        return ".".join((head, harness.b64url(json.dumps(claims).encode()), signature))


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
