"""A PKCS#11 token in a directory, by SoftHSM."""
import os
import subprocess

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "271828"


class SoftToken:
    def __init__(self, directory):
        self.directory = directory
        tokens = os.path.join(directory, "tokens")
        os.makedirs(tokens)
        config = os.path.join(directory, "softhsm2.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n" % tokens)
        self.environment = dict(os.environ, SOFTHSM2_CONF=config)
        self.pin_file = os.path.join(directory, "pin")
        with open(self.pin_file, "w", encoding="ascii") as file:
            file.write(PIN + "\n")
        self.run("softhsm2-util", "--init-token", "--free", "--label", "signet", "--pin", PIN,
                 "--so-pin", "314159")

    def run(self, *command):
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def make_key(self, kind, name, number):
        """`kind` as pkcs11-tool calls it: rsa:2048, EC:prime256v1. Returns the URI."""
        self.run("pkcs11-tool", "--module", MODULE, "--login", "--pin", PIN, "--token-label", "signet",
                 "--keypairgen", "--key-type", kind, "--id", number, "--label", name)
        return "pkcs11:token=signet;object=%s;type=private" % name

    def flags(self, uri):
        return ["--pkcs11", uri, "--pkcs11-module", MODULE, "--pkcs11-pin-file", self.pin_file]
