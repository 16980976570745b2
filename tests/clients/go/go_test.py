#!/usr/bin/env python3
"""Compiles and runs the tests of client-go, beside this file: the newest that the Go at hand can build.

    go_test.py -test.run Informers
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    go, environment, said, version = clients.go_toolchain()
    if version < (1, 19):
        clients.leave_out("Go is %s, older than 1.19" % said)
    module = "go.mod" if version >= (1, 26) else "go119.mod"
    files = sorted(name for name in os.listdir(HERE) if name.endswith((".go", ".mod", ".sum")))
    with clients.installed("go", *(os.path.join(HERE, name) for name in files), salt=said) as (directory, stale):
        program = os.path.join(directory, "client.test")
        if stale:
            clients.fetch(go, "mod", "download", "-modfile=" + module, cwd=HERE, env=environment)
            compiled = clients.step(
                go, "test", "-c", *clients.GO_BUILD_FLAGS, "-modfile=" + module, "-o", program, ".", cwd=HERE,
                env=environment)
            if not compiled:
                sys.exit(1)
    print("%s, %s" % (said, module), flush=True)
    clients.run_against_server(program, "-test.v", *sys.argv[1:])


if __name__ == "__main__":
    main()
