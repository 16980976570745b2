#!/usr/bin/env python3
"""Installs @kubernetes/client-node as the lock file beside this file says, and runs client_test.mjs."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    node, npm = clients.program("node"), clients.program("npm")
    said = subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    if int(re.match(r"v(\d+)", said).group(1)) < 18:
        clients.leave_out("node is %s, older than 18" % said)
    locks = [os.path.join(HERE, name) for name in ("package.json", "package-lock.json")]
    with clients.installed("javascript", *locks, salt=said) as (directory, stale):
        if stale:
            for lock in locks:
                shutil.copy(lock, directory)
            clients.fetch(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=directory)
        # Modules are looked up from where the file lies.
        test = os.path.join(directory, "client_test.mjs")
        shutil.copy(os.path.join(HERE, "client_test.mjs"), test)
    print("node %s" % said, flush=True)
    clients.run_against_server(node, "--test-reporter=spec", test)


if __name__ == "__main__":
    main()
