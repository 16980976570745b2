"""Runs `signet signer` for a test: key files that can be changed under it, and a kept-out one."""
import os
import re
import shutil
import subprocess
import tempfile

from clients import harness
from openssl import command as openssl

START_LIMIT = 30  # seconds
KEYS = {"RS256": ("RSA", "rsa_keygen_bits:2048"), "ES256": ("EC", "ec_paramgen_curve:P-256"),
        "ES384": ("EC", "ec_paramgen_curve:P-384"), "ES512": ("EC", "ec_paramgen_curve:P-521")}


class Signer:
    """A running `signet signer` whose keys can be changed."""

    def __init__(self, *flags):
        self.directory = tempfile.mkdtemp(prefix="signet-signer-")
        self.socket = self.path("socket")
        self.new_key("signing.key")
        self.new_key("other.key")
        self.new_key("hidden.key")
        self.log_file = self.path("log")
        self.arguments = [
            harness.SIGNET, "signer", "--socket", self.socket, "--key-file", self.path("signing.key"),
            "--key-file", self.path("other.key"), "--exclude-from-discovery", self.path("hidden.key"),
            "--refresh-hint", "1", "--verbose", *flags]
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.directory)
            raise

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        if not re.match(r"signet signs at \S+ with key \S+\n", self.process.stdout.readline()):
            self.stop()
            raise AssertionError("the signer did not start: " + self.log())

    def stop(self):
        self.process.terminate()
        self.process.wait(START_LIMIT)
        self.process.stdout.close()

    def path(self, name):
        return os.path.join(self.directory, name)

    def new_key(self, name, algorithm="ES256"):
        """Makes a key, or another one in its place."""
        kind, option = KEYS[algorithm]
        openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", self.path("fresh"))
        os.rename(self.path("fresh"), self.path(name))

    def retire(self, algorithm):
        """A new key signs; the last one still verifies."""
        shutil.copy(self.path("signing.key"), self.path("last.key"))
        os.rename(self.path("last.key"), self.path("other.key"))
        self.new_key("signing.key", algorithm)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def close(self):
        self.stop()
        shutil.rmtree(self.directory)
