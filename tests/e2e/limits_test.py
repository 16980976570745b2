"""Limits, and that one client that takes all it can get takes nothing from the others."""
import contextlib
import json
import re
import signal
import unittest

import harness

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
NOISY = 200


def post_head(length):
    return ("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            "Content-Length: %d\r\n\r\n" % (CONFIG_MAPS, length)).encode()


class Connections(harness.ServerCase):
    flags = ("--loops", "1", "--max-connections-per-address", "3")

    def test_an_address_gets_as_many_as_it_may_and_not_one_more(self):
        with contextlib.ExitStack() as stack:
            sessions = [stack.enter_context(self.server.session()) for _ in range(3)]
            for session in sessions:
                self.assertEqual(session.call("GET", "/livez").status, 200)
            with self.assertRaises(OSError):
                self.server.get("/livez")
            self.assertEqual(sessions[0].call("GET", "/livez").status, 200)


class Bodies(harness.ServerCase):
    flags = ("--max-request-bytes-inflight", str(1 << 20))

    def post(self, kilobytes):
        content = {"metadata": {"name": "c"}, "data": {"a": "x" * (kilobytes << 10)}}
        return self.server.post(CONFIG_MAPS + "?dryRun=All", json.dumps(content))

    def post_until(self, status, kilobytes, times):
        """The reply with that status, or the last: what happens elsewhere has yet to reach the server."""
        for _ in range(times):
            reply = self.post(kilobytes)
            if reply.status == status:
                break
        return reply

    def test_what_is_beyond_the_budget_is_to_come_again(self):
        def refused():
            # A holder that has yet to be read when we post may be refused in our place: then another.
            stack.close()
            holder = stack.enter_context(self.server.tls())
            # One byte is missing, so that it stays.
            holder.sendall(post_head((1 << 20) + 1) + b" " * (1 << 20))
            reply = self.post_until(429, 512, 20)
            return reply if reply.status == 429 else None

        with contextlib.ExitStack() as stack:
            reply = harness.eventually(refused, 300)
            self.assert_status(reply, 429, "TooManyRequests",
                               "Too many requests, please try again later.")
            self.assertEqual(reply.headers["retry-after"], "1")
            self.assertEqual(reply.json["details"], {"retryAfterSeconds": 1})
            self.assertEqual(self.post(8).status, 201)  # small ones are nobody's concern
        self.assertEqual(self.post_until(201, 512, 2000).status, 201)


class Watches(harness.ServerCase):
    flags = ("--loops", "1", "--max-watches-per-user", "3", "--node-name", "n1")
    command = "up"

    def test_a_user_has_as_many_as_one_may(self):
        path = "/api/v1/pods?watch=1&fieldSelector=spec.nodeName=n1"
        seen = []
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                response = stack.enter_context(self.server.session("node")).send("GET", path)
                seen.append(response.status)
            self.assertEqual(response.getheader("retry-after"), "1")
            self.assertEqual(stack.enter_context(self.server.session()).send("GET", path).status,
                             200)
        self.assertEqual(seen[0], 200)
        self.assertEqual(seen[-1], 429)


class Fairness(harness.ServerCase):
    flags = ("--loops", "1", "--max-queued-requests-per-user", "20", "--node-name", "n1")
    command = "up"

    def test_a_noisy_user_is_sent_away_and_everybody_else_is_served(self):
        self.server.account("default", "noisy")
        self.server.account("default", "quiet")
        noisy = self.server.token("default", "noisy")
        quiet = self.server.token("default", "quiet")
        with contextlib.ExitStack() as stack:
            def open_session(who="node", token=None):
                session = stack.enter_context(self.server.session(who, token))
                session.connection.connect()
                return session

            crowd = [open_session(token=noisy) for _ in range(NOISY)]
            other = open_session(token=quiet)
            node = open_session()
            # Everything is there at once when the server goes on.
            self.server.process.send_signal(signal.SIGSTOP)
            try:
                for session in crowd + [other]:
                    session.connection.request(
                        "GET", "/openapi/v2",
                        headers={"Authorization": "Bearer " + session.token,
                                 "Accept-Encoding": "gzip"})
                node.connection.request("GET", "/api/v1/nodes/n1")
            finally:
                self.server.process.send_signal(signal.SIGCONT)
            self.assertEqual(node.connection.getresponse().status, 200)
            self.assertEqual(other.connection.getresponse().status, 200)
            seen = []
            for session in crowd:
                response = session.connection.getresponse()
                seen.append(response.status)
                if response.status == 429:
                    self.assertEqual(response.getheader("Retry-After"), "1")
                    self.assertEqual(json.loads(response.read())["reason"], "TooManyRequests")
        self.assertEqual(set(seen), {200, 429})
        metrics = self.server.get("/metrics").text
        rejected = re.search(r'^apiserver_flowcontrol_rejected_requests_total\{[^}]*'
                             r'priority_level="workload",reason="queue-full"\} (\d+)$', metrics, re.M)
        self.assertEqual(int(rejected.group(1)), seen.count(429))
        self.assertRegex(metrics, r'(?m)^apiserver_flowcontrol_current_inqueue_requests\{'
                                  r'priority_level="workload"\} 0$')


if __name__ == "__main__":
    unittest.main()
