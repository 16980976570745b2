"""What the tests of clients share: where their dependencies lie, when one is left out, a server that restarts.

Dependencies are pinned by the lock file beside each test and installed below build/clients/, which all presets
share. A test that cannot run says why and ends with the code that ctest counts as skipped; with CI=true, where
every client must be there, it fails.
"""
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import harness  # noqa: E402  (the path comes first)

SKIPPED = 77
CACHE = os.environ.get("SIGNET_CLIENTS", os.path.join(HERE, "..", "..", "build", "clients"))
FETCH_LIMIT = 600  # seconds for an installation or a compilation
# Without optimisation and debugging information: most of the time goes into generated code. One set of
# flags, so that what several programs depend on is compiled once.
GO_BUILD_FLAGS = ("-trimpath", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w")


def leave_out(why):
    """Ends this test: skipped, or failed in CI."""
    required = os.environ.get("CI") == "true"
    print("%s: %s" % ("FAILED, CI runs every client" if required else "skipped", why))
    sys.exit(1 if required else SKIPPED)


def program(name):
    """The path of a runtime that this test cannot do without."""
    path = shutil.which(name)
    if path is None:
        leave_out("there is no %s on this machine" % name)
    return path


def go_toolchain():
    """Go's path, an environment in which it takes what lock files say and nothing else, what it calls its
    version, and that as numbers."""
    path = program("go")
    environment = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=readonly", GO111MODULE="on", GOWORK="off",
                       CGO_ENABLED="0")
    said = subprocess.run([path, "env", "GOVERSION"], env=environment, stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    return path, environment, said, tuple(map(int, re.match(r"go(\d+)\.(\d+)", said).groups()))


def step(*command, limit=FETCH_LIMIT, **options):
    """Runs a program, shows what it says only if it fails, and gives back whether it went well."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, timeout=limit, **options)
    if result.returncode != 0:
        print(result.stdout)
    return result.returncode == 0


def fetch(*command, **options):
    """Runs a step that needs a package registry; the test is left out when it fails."""
    if not step(*command, **options):
        leave_out("%s failed; are the package registries reachable?" % " ".join(command[:3]))


@contextlib.contextmanager
def installed(name, *sources, salt=""):
    """The directory of a client's dependencies, and whether it must be filled first: it is new, or
    one of the `sources` (lock files and the like) has changed since. One process at a time is inside."""
    directory = os.path.abspath(os.path.join(CACHE, name))
    os.makedirs(directory, exist_ok=True)
    digest = hashlib.sha256(salt.encode())
    for source in sources:
        with open(source, "rb") as file:
            digest.update(file.read())
    stamp = os.path.join(directory, "stamp")
    with open(directory + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        have = ""
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as file:
                have = file.read()
        stale = have != digest.hexdigest()
        if stale:
            shutil.rmtree(directory)
            os.makedirs(directory)
        yield directory, stale
        if stale:
            with open(stamp, "w", encoding="ascii") as file:
                file.write(digest.hexdigest())


class Restarting:
    """A server that a client may end and have started again, on the same port and data directory.

    The client connects to the Unix socket in SIGNET_CONTROL, writes `term` or `kill` and a line feed,
    and reads a line feed when the server is ready again.
    """

    def __init__(self, *flags):
        self.flags = flags
        self.server = harness.Server(*flags)
        # The directory outlives the first server, which made it and would remove it.
        self.root = self.server.own_root + "-kept"
        os.mkdir(self.root)
        self.kubeconfig = os.path.join(self.root, "kubeconfig")
        self.control = os.path.join(self.root, "control")
        self.data = self.server.data
        self.port = self.server.port
        shutil.copy(self.server.kubeconfig, self.kubeconfig)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.control)
        self.listener.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def restart(self, how):
        """`how` is term or kill."""
        old = self.server
        if how == "kill":
            old.kill()
        else:
            code = old.terminate()
            if code != 0:
                raise AssertionError("the server ended with %d: %s" % (code, old.log()))
        self.server = harness.Server(*self.flags, data=self.data, listen="127.0.0.1:%d" % self.port)
        self.before.append(old)

    before = []

    def _listen(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rw", encoding="ascii") as lines:
            for line in lines:
                self.restart(line.strip())
                lines.write("\n")
                lines.flush()

    def environment(self, **more):
        return dict(os.environ, KUBECONFIG=self.kubeconfig, SIGNET_CONTROL=self.control, **more)

    def close(self):
        for server in [self.server, *self.before]:
            server.close()
        self.listener.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run_against_server(*command, flags=(), **environment):
    """Runs a client's test program against a server of its own, and ends with its exit code."""
    with Restarting(*flags) as server:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, env=server.environment(**environment),
                              check=False).returncode
        if code != 0:
            print(server.server.log())
    sys.exit(code)
