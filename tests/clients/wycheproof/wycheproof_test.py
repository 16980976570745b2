#!/usr/bin/env python3
"""Fetches the vectors of Project Wycheproof as go.mod names them, and runs wycheproof.cc over those of our algorithms."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = [
    "json_web_signature_test",
    *("rsa_signature_%d_sha%d_test" % (bits, digest) for bits in (2048, 3072, 4096, 8192) for digest in (256, 384, 512)),
    "rsa_pss_2048_sha256_mgf1_32_test", "rsa_pss_2048_sha384_mgf1_48_test", "rsa_pss_3072_sha256_mgf1_32_test",
    "rsa_pss_4096_sha256_mgf1_32_test", "rsa_pss_4096_sha384_mgf1_48_test", "rsa_pss_4096_sha512_mgf1_64_test",
    "ecdsa_secp256r1_sha256_p1363_test", "ecdsa_secp384r1_sha384_p1363_test", "ecdsa_secp521r1_sha512_p1363_test",
    "ed25519_test",
]


def main():
    go = clients.program("go")
    environment = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GO111MODULE="on", GOWORK="off")
    downloaded = subprocess.run([go, "mod", "download", "-json", "github.com/c2sp/wycheproof"], cwd=HERE,
                                env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if downloaded.returncode != 0:
        clients.leave_out("the vectors cannot be fetched; are the package registries reachable?")
    vectors = os.path.join(json.loads(downloaded.stdout)["Dir"], "testvectors_v1")
    files = [os.path.join(vectors, name + ".json") for name in FILES]
    missing = [path for path in files if not os.path.exists(path)]
    if missing:
        sys.exit("not among the vectors: %s" % missing)
    sys.exit(subprocess.run([os.environ["WYCHEPROOF"], *files], check=False).returncode)


if __name__ == "__main__":
    main()
