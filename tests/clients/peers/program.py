"""The Go programs of the folders beside this file: code of others that asks signet.

    with program.Peer("vault") as vault:
        reply = vault.ask({"path": "login", "data": {...}})

A program reads a question a line and answers it in a line, both JSON, and keeps what it was told before. Each
folder is a module of its own, so that everybody has the dependencies that their own release names.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import clients  # noqa: E402  (the path comes first)

BUILD_LIMIT = 1500  # seconds; a kube-apiserver from nothing is five minutes of processor time
END_LIMIT = 30


def build(folder, package="."):
    """The path of a folder's program, or of another one among its dependencies, compiled if anything changed."""
    go, environment, said, version = clients.go_toolchain()
    if version < (1, 26):
        clients.leave_out("Go is %s, older than 1.26" % said)
    module = os.path.join(HERE, folder)
    own = package == "."
    files = sorted(name for name in os.listdir(module) if own or name in ("go.mod", "go.sum"))
    name = "peers_" + (folder if own else os.path.basename(package))
    with clients.installed(name, *(os.path.join(module, file) for file in files), salt=said) as (directory, stale):
        program = os.path.join(directory, "program")
        if stale:
            clients.fetch(go, "mod", "download", cwd=module, env=environment)
            if not clients.step(go, "build", *clients.GO_BUILD_FLAGS, "-o", program, package, limit=BUILD_LIMIT,
                                cwd=module, env=environment):
                sys.exit(1)
    return program


class Peer:
    """A running program."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([build(folder), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError("the program ended with %d" % self.process.wait(END_LIMIT))
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()  # which ends it
        self.process.wait(END_LIMIT)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
