"""Installs the library beside nothing else, builds the example against it as a stranger would, with
both compilers and both ways of finding it, and runs it.

    BUILD=build/release install_test.py
"""
import base64
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

BUILD = os.environ["BUILD"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ISSUER = "https://k8s.example"


def run(*arguments, stdin=None, env=None):
    """The output as bytes; what went wrong is shown by the exception."""
    done = subprocess.run(arguments, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **(env or {})}, timeout=240, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout.decode()}")
    return done.stdout


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory(prefix="signet-install-")
        cls.addClassCleanup(made.cleanup)
        cls.root = pathlib.Path(made.name)
        cls.prefix = cls.root / "prefix"
        run("cmake", "--install", BUILD, "--prefix", str(cls.prefix), "--component", "library")
        cls.library = next(cls.prefix.rglob("libsignet.so"))
        cls.key = str(cls.root / "key.pem")
        run("openssl", "genrsa", "-out", cls.key, "2048")
        modulus = run("openssl", "rsa", "-in", cls.key, "-noout", "-modulus").decode()
        number = bytes.fromhex(re.search(r"Modulus=([0-9A-F]+)", modulus).group(1))
        cls.jwks = cls.root / "jwks.json"
        cls.jwks.write_text(json.dumps({"keys": [{
            "use": "sig", "kty": "RSA", "kid": "k", "alg": "RS256", "n": b64url(number),
            "e": "AQAB"}]}))

    def token(self, audience):
        now = int(time.time())
        claims = {"aud": [audience], "exp": now + 600, "iat": now, "iss": ISSUER, "jti": "id",
                  "kubernetes.io": {"namespace": "demo",
                                    "serviceaccount": {"name": "web", "uid": "u"}},
                  "nbf": now, "sub": "system:serviceaccount:demo:web"}
        signed = ".".join(b64url(json.dumps(part).encode())
                          for part in ({"alg": "RS256", "kid": "k"}, claims))
        signature = run("openssl", "dgst", "-sha256", "-sign", self.key, stdin=signed.encode())
        return f"{signed}.{b64url(signature)}"

    def check(self, program):
        """The example believes the token for its audience, and says why it does not another."""
        def verify(audience):
            path = self.root / "token"
            path.write_text(self.token(audience) + "\n")
            done = subprocess.run([program, self.jwks, ISSUER, "vault", path],
                                  env={**os.environ, "LD_LIBRARY_PATH": str(self.library.parent)},
                                  stdout=subprocess.PIPE, timeout=60, check=False)
            return done.returncode, done.stdout.decode()

        self.assertEqual(verify("vault"), (0, "system:serviceaccount:demo:web\n"))
        self.assertEqual(verify("other"), (1, "refused: wrong_audience\n"))

    def build_with_cmake(self, compiler):
        build = self.root / f"build-{compiler}"
        run("cmake", "-S", str(EXAMPLES), "-B", str(build), f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={compiler}")
        run("cmake", "--build", str(build))
        self.check(build / "verify_token")

    def test_cmake_with_gcc(self):
        self.build_with_cmake("g++")

    def test_cmake_with_clang(self):
        self.build_with_cmake("clang++-19")

    def test_pkg_config(self):
        found = run("pkg-config", "--cflags", "--libs", "signet",
                    env={"PKG_CONFIG_PATH": str(self.library.parent / "pkgconfig")})
        program = self.root / "with-pkg-config"
        run("g++", "-std=c++23", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            str(EXAMPLES / "verify_token.cc"), "-o", str(program), *found.decode().split())
        self.check(program)

    def test_every_header_stands_alone(self):
        headers = sorted((self.prefix / "include" / "signet").glob("*.h"))
        self.assertTrue(1 <= len(headers) <= 8, headers)
        for header in headers:
            for compiler in ("g++", "clang++-19"):
                run(compiler, "-std=c++23", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                    f"-I{self.prefix / 'include'}", "-fsyntax-only", "-x", "c++", "-",
                    stdin=f"#include <signet/{header.name}>\n".encode())
        for standard in ("c99", "c17"):
            run("cc", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                f"-I{self.prefix / 'include'}", "-fsyntax-only", "-x", "c", "-",
                stdin=b"#include <signet/signet.h>\n")

    def test_shows_its_interface_only(self):
        shown = run("nm", "--dynamic", "--defined-only", "--demangle", str(self.library)).decode()
        ours = [line.split(" ", 2)[2] for line in shown.splitlines()]
        ours = [name for name in ours if name.startswith("signet::")]
        self.assertTrue(any(name.startswith("signet::TokenVerifier::verify") for name in ours), shown)
        allowed = ("signet::TokenVerifier::", "signet::KeySource::", "signet::FileTokenSource::",
                   "signet::ReviewClient::", "signet::bearer_token(", "signet::challenge(",
                   "signet::http_status(", "signet::to_string(signet::Refusal)",
                   "signet::to_string[abi:cxx11](signet::Refusal)")
        self.assertEqual([name for name in ours if not name.startswith(allowed)], [])

    def test_needs_little(self):
        head = run("readelf", "--dynamic", str(self.library)).decode()
        self.assertRegex(head, r"SONAME.*\[libsignet\.so\.0\]")
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", head))
        self.assertEqual({name for name in needed if not name.startswith(
            ("libcrypto.so.3", "libcurl.so.4", "libyaml-cpp.so.0.7", "libprometheus-cpp-core.so.1",
             "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6",
             "ld-linux"))}, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
