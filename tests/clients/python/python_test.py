#!/usr/bin/env python3
"""Installs the Python client as requirements.txt says, with its hashes, and runs client_test.py."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    requirements = os.path.join(HERE, "requirements.txt")
    with clients.installed("python", requirements, salt=sys.version) as (directory, stale):
        python = os.path.join(directory, "bin", "python3")
        if stale:
            if not clients.step(sys.executable, "-m", "venv", directory):
                clients.leave_out("python3 cannot make a virtual environment")
            clients.fetch(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                          "--require-hashes", "--only-binary", ":all:", "-r", requirements)
    test = os.path.join(HERE, "client_test.py")
    sys.exit(subprocess.run([python, "-B", test, *sys.argv[1:]], stdin=subprocess.DEVNULL, check=False).returncode)


if __name__ == "__main__":
    main()
