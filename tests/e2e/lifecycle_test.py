#!/usr/bin/env python3
"""Starting, stopping, dying and starting again: what an operator sees and what the disk keeps."""
import fcntl
import hashlib
import os
import random
import shutil
import socket
import stat
import tempfile
import threading
import time
import unittest

import harness

ISSUER = "https://issuer.example.test"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class DirectoryCase(unittest.TestCase):
    """Tests that start and stop servers on a data directory of their own."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="signet-e2e-")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.data = os.path.join(self.root, "data")

    def start(self, *flags, **options):
        server = harness.Server("--service-account-issuer", ISSUER, *flags, data=self.data, **options)
        self.addCleanup(server.close)
        return server

    def assert_refuses_to_start(self, *words, data=None, listen="127.0.0.1:0"):
        """It ends with an error of one line that has all the words in it."""
        result = harness.signet("serve", "--data-dir", data or self.data, "--listen", listen)
        self.assertEqual(result.returncode, 1, result)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("signet: "), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)


class Starting(DirectoryCase):
    def test_a_second_start_on_a_directory_in_use_says_what_to_do(self):
        first = self.start()
        self.assert_refuses_to_start("in use", str(first.pid), self.data, "stop it", "--data-dir")
        first.namespace("unharmed")
        self.assertEqual(first.get("/api/v1/namespaces/unharmed").status, 200)
        self.assertEqual(first.terminate(), 0)

    def test_a_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            self.assert_refuses_to_start(address, "in use", listen=address)

    def test_two_servers_never_share_a_port(self):
        first = self.start()
        address = "127.0.0.1:%d" % first.port
        self.assert_refuses_to_start(address, "in use", data=self.data + "2", listen=address)

    def test_a_directory_that_cannot_be_made_is_named(self):
        file = os.path.join(self.root, "file")
        with open(file, "wb"):
            pass
        self.assert_refuses_to_start(file, data=file)
        self.assert_refuses_to_start(file, data=os.path.join(file, "below"))

    def test_wrong_usage_exits_with_2(self):
        for arguments in ((), ("serve", "--no-such-flag"), ("serve", "--listen", "nonsense"),
                          ("serve", "--listen", "127.0.0.1:65536"), ("dance",),
                          ("serve", "--signing-algorithm", "none"), ("verify", "x"),
                          ("serve", "--service-account-jwks-uri", "http://keys.example.test/"),
                          ("serve", "--service-account-issuer", ""),
                          ("serve", "--service-account-key-file", "alone.pem"),
                          ("serve", "--service-account-max-token-expiration", "3599")):
            with self.subTest(arguments):
                result = harness.signet(*arguments)
                self.assertEqual(result.returncode, 2, result)
                self.assertNotEqual(result.stderr + result.stdout, "")

    def test_keys_that_cannot_sign_are_named(self):
        for name, recipe, why in (
                ("weak", ("genrsa", "-out", "FILE", "1024"), "2048"),
                ("edwards", ("genpkey", "-algorithm", "ed25519", "-out", "FILE"), "RSA or ECDSA"),
                ("none", ("rand", "-out", "FILE", "100"), "RSA or ECDSA"), ("missing", None, "No such file")):
            path = os.path.join(self.root, name)
            if recipe:
                made = harness.run("openssl", *(path if word == "FILE" else word for word in recipe))
                self.assertEqual(made.returncode, 0, made)
            with self.subTest(name):
                result = harness.signet("serve", "--data-dir", self.data, "--listen", "127.0.0.1:0",
                                        "--service-account-signing-key-file", path)
                self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result)
                self.assertIn(path, result.stderr)
                self.assertIn(why, result.stderr)

    def test_files_are_for_the_owner_alone_whatever_the_umask(self):
        server = self.start(umask=0)
        server.namespace("filled")
        seen = set()
        for directory, _, names in os.walk(self.data):
            self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700, directory)
            for name in names:
                path = os.path.join(directory, name)
                seen.add(os.path.relpath(path, self.data))
                certificate = name.endswith(".crt")  # made to be shown
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode),
                                 0o644 if certificate else 0o600, path)
        self.assertLessEqual({"state.db", "state.db.lock", "admin.kubeconfig", "pki/ca.key",
                              "pki/admin.key", "signing/0001.key"}, seen)


class Damage(DirectoryCase):
    def setUp(self):
        super().setUp()
        server = self.start()
        server.namespace("full")
        with server.session() as session:
            for i in range(300):
                body = {"metadata": {"name": "m%d" % i}, "data": {"k": "v" * 400}}
                reply = session.call("POST", "/api/v1/namespaces/full/configmaps", body)
                self.assertEqual(reply.status, 201, reply)
        self.assertEqual(server.terminate(), 0)
        self.database = os.path.join(self.data, "state.db")

    def assert_refused_and_untouched(self, *words):
        before = digest(self.database)
        self.assert_refuses_to_start(self.database, *words)
        self.assertEqual(digest(self.database), before)
        self.assert_refuses_to_start(self.database, *words)  # it does not heal or worsen by trying

    def test_flipped_bytes_anywhere_are_found(self):
        size = os.path.getsize(self.database)
        middle = size // 2 // 4096 * 4096
        with open(self.database, "rb") as file:
            text = file.read().find(b"v" * 200, middle)  # inside the value of an object
        self.assertGreater(text, 0)
        for place in (0, middle, text, size - 20):
            with self.subTest(place):
                self.flip(place)
                try:
                    self.assert_refused_and_untouched("damaged")
                finally:
                    self.flip(place)
        self.assertEqual(self.start().get("/api/v1/namespaces/full").status, 200)

    def flip(self, place):
        with open(self.database, "r+b") as file:
            file.seek(place)
            flipped = bytes(byte ^ 0xff for byte in file.read(8))
            file.seek(place)
            file.write(flipped)

    def test_a_truncated_database_is_found(self):
        size = os.path.getsize(self.database)
        for left in (size // 2, 4096, 50, 0):
            with self.subTest(left):
                os.truncate(self.database, left)
                self.assert_refused_and_untouched("damaged")

    def test_something_else_is_not_taken_for_a_database(self):
        with open(self.database, "wb") as file:
            file.write(b"once upon a time\n" * 1000)
        self.assert_refused_and_untouched("damaged", "not an SQLite database")

    def test_an_undamaged_copy_brings_everything_back(self):
        copy = self.database + ".copy"
        shutil.copy(self.database, copy)
        os.truncate(self.database, 5000)
        self.assert_refused_and_untouched("damaged")
        os.rename(copy, self.database)
        listed = self.start().get("/api/v1/namespaces/full/configmaps").json["items"]
        self.assertEqual(len([item for item in listed if item["metadata"]["name"][0] == "m"]), 300)


class Stopping(DirectoryCase):
    def test_the_next_start_finds_everything_again(self):
        first = self.start()
        first.namespace("kept")
        first.account("kept", "web")
        made = first.create("kept", "configmaps", {"metadata": {"name": "c"}, "data": {"a": "b"}})
        token = first.token("kept", "web")
        keys = first.get("/openid/v1/jwks").body
        identity = {name: digest(first.path("pki", name)) for name in ("ca.crt", "admin.crt", "admin.key")}
        highest = int(first.get("/api/v1/configmaps").json["metadata"]["resourceVersion"])
        self.assertEqual(first.terminate(), 0)

        second = self.start()
        self.assertEqual(second.get("/api/v1/namespaces/kept/configmaps/c").json, made)
        self.assertEqual(second.get("/openid/v1/jwks").body, keys)
        for name, before in identity.items():
            self.assertEqual(digest(second.path("pki", name)), before, name)
        self.assertTrue(second.review(token)["authenticated"])
        by_kubeconfig = harness.signet("verify", "--review", "--kubeconfig", second.kubeconfig, "-",
                                       stdin=token)
        self.assertEqual(by_kubeconfig.returncode, 0, by_kubeconfig)
        self.assertEqual(second.get("/api", token=token).status, 200)
        after = second.create("kept", "configmaps", {"metadata": {"name": "d"}})
        self.assertGreater(int(after["metadata"]["resourceVersion"]), highest)

    def test_a_signal_ends_watches_properly_and_leaves_nothing(self):
        server = self.start()
        server.namespace("watched")
        # What belongs into every namespace comes by itself, and is not to come after the last words.
        harness.eventually(lambda: server.get(
            "/api/v1/namespaces/watched/configmaps/kube-root-ca.crt").status == 200)
        session = server.session()
        self.addCleanup(session.close)
        stream = session.send("GET", "/api/v1/namespaces/watched/configmaps?watch=true")
        self.assertEqual(stream.status, 200)
        server.create("watched", "configmaps", {"metadata": {"name": "last-words"}})
        while b"last-words" not in stream.readline():
            pass
        ended = []

        def follow():
            try:
                ended.append(stream.read())
            except Exception as error:  # an unfinished chunked body raises IncompleteRead
                ended.append(error)

        reader = threading.Thread(target=follow)
        reader.start()
        self.assertEqual(server.terminate(), 0)
        reader.join(harness.STOP_LIMIT)
        self.assertEqual(ended, [b""])

        with open(os.path.join(self.data, "state.db.lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        names = sorted(name for _, _, files in os.walk(self.data) for name in files)
        self.assertEqual(names, sorted(["state.db", "state.db.lock", "admin.kubeconfig", "ca.crt",
                                        "ca.key", "admin.crt", "admin.key", "0001.key", "keys.json"]))
        self.assertEqual(server.log(), "")

    def test_writes_under_way_at_a_signal_are_answered_or_refused_never_lost(self):
        server = self.start()
        server.namespace("busy")
        acknowledged = []

        def write(worker):
            try:
                with server.session() as session:
                    for i in range(100000):
                        name = "w%d-%d" % (worker, i)
                        reply = session.call("POST", "/api/v1/namespaces/busy/configmaps",
                                             {"metadata": {"name": name}})
                        if reply.status != 201:
                            return
                        acknowledged.append(name)
            except (OSError, harness.http.client.HTTPException):
                return  # the server has gone

        workers = [threading.Thread(target=write, args=(i,)) for i in range(4)]
        for worker in workers:
            worker.start()
        harness.eventually(lambda: len(acknowledged) > 40)
        self.assertEqual(server.terminate(), 0)
        for worker in workers:
            worker.join()
        listed = self.start().get("/api/v1/namespaces/busy/configmaps").json["items"]
        self.assertLessEqual(set(acknowledged), {item["metadata"]["name"] for item in listed})

    def test_both_signals_end_it_even_at_once_after_the_start(self):
        for number in (harness.signal.SIGINT, harness.signal.SIGTERM):
            server = self.start()
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(harness.STOP_LIMIT), 0)


class Writer(threading.Thread):
    """Creates, changes and deletes config maps of its own until the server is gone.

    `state` is what was acknowledged: name -> object, or None once deleted. `doubt` is the request
    that was never answered: it may have happened or not.
    """

    def __init__(self, server, number, seed):
        super().__init__()
        self.server = server
        self.prefix = "w%d-" % number
        self.random = random.Random(seed)
        self.state = {}
        self.doubt = None
        self.newest = 0
        self.refusals = []

    def run(self):
        try:
            with self.server.session() as session:
                while True:
                    self.step(session)
        except (OSError, harness.http.client.HTTPException):
            return

    def step(self, session):
        base = "/api/v1/namespaces/load/configmaps"
        living = [name for name, value in self.state.items() if value is not None]
        dice = self.random.random()
        text = "%016x" % self.random.getrandbits(64)
        if not living or dice < 0.5:
            name = self.prefix + text[:8]
            if name in self.state:
                return
            self.doubt = (name, "create", text)
            reply = session.call("POST", base, {"metadata": {"name": name}, "data": {"t": text}})
        elif dice < 0.85:
            name = self.random.choice(living)
            self.doubt = (name, "update", text)
            changed = dict(self.state[name], data={"t": text})
            reply = session.call("PUT", base + "/" + name, changed)
        else:
            name = self.random.choice(living)
            self.doubt = (name, "delete", text)
            reply = session.call("DELETE", base + "/" + name)
        if reply.status not in (200, 201):
            self.refusals.append((self.doubt, reply))
            raise ConnectionError("refused")
        if self.doubt[1] == "delete":
            self.state[name] = None
        else:
            self.state[name] = reply.json
            self.newest = max(self.newest, int(reply.json["metadata"]["resourceVersion"]))
        self.doubt = None


class Crashes(DirectoryCase):
    ROUNDS = 5
    WRITERS = 4

    def test_every_acknowledged_write_survives_a_kill_at_any_moment(self):
        dice = random.Random(20)
        server = self.start()
        server.namespace("load")
        expected = {}  # over all rounds
        newest = 0
        written = 0
        for round_number in range(self.ROUNDS):
            writers = [Writer(server, round_number * 10 + i, dice.getrandbits(32))
                       for i in range(self.WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(0.3 + dice.random())
            server.kill()
            for writer in writers:
                writer.join()
                self.assertEqual(writer.refusals, [])
            server = self.start()
            listing = server.get("/api/v1/namespaces/load/configmaps").json
            found = {item["metadata"]["name"]: item for item in listing["items"]
                     if item["metadata"]["name"] != "kube-root-ca.crt"}
            newest = max([newest] + [writer.newest for writer in writers])
            self.assertGreaterEqual(int(listing["metadata"]["resourceVersion"]), newest)
            for writer in writers:
                written += len(writer.state)
                expected.update(writer.state)
                if writer.doubt is not None:
                    self.settle(writer.doubt, expected, found)
            self.assertEqual({name: value for name, value in expected.items() if value is not None},
                             {name: shorn(item) for name, item in found.items()})
            newest = max(newest, int(listing["metadata"]["resourceVersion"]))
            probe = server.create("load", "configmaps", {"metadata": {"name": "p%d" % round_number}})
            self.assertGreater(int(probe["metadata"]["resourceVersion"]), newest)
            newest = int(probe["metadata"]["resourceVersion"])
            expected[probe["metadata"]["name"]] = probe
        self.assertGreater(written, 50)  # there was load at all

    def settle(self, doubt, expected, found):
        """Takes over what became of an unanswered request, if it is one of the two possible ends."""
        name, verb, text = doubt
        if verb == "delete":
            if name not in found:
                expected[name] = None
        elif name in found and found[name]["data"]["t"] == text:
            before = expected.get(name)
            if before is not None:
                self.assertGreater(int(found[name]["metadata"]["resourceVersion"]),
                                   int(before["metadata"]["resourceVersion"]))
            expected[name] = shorn(found[name])


def shorn(item):
    """Items of a list have kind and apiVersion only in the list."""
    return {"kind": "ConfigMap", "apiVersion": "v1", **item}


if __name__ == "__main__":
    harness.main()
