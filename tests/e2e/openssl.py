"""Checks tokens with the openssl program: no line of signet takes part in the verdict."""
import json
import os
import subprocess
import tempfile

import harness

# RFC 8017 A.1, RFC 5480 2.1.1: AlgorithmIdentifiers of the two kinds of key.
RSA_IDENTIFIER = bytes.fromhex("300d06092a864886f70d0101010500")
P256_IDENTIFIER = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")


def command(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def der(tag, content):
    """X.690 8.1: tag, definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def der_integer(unsigned):
    """X.690 8.3: shortest form, with a zero in front of a leading one bit."""
    digits = unsigned.lstrip(b"\0") or b"\0"
    return der(0x02, (b"\0" if digits[0] & 0x80 else b"") + digits)


def public_key_der(jwk):
    """SubjectPublicKeyInfo of a JWK (RFC 7518 6.2, 6.3)."""
    if jwk["kty"] == "RSA":
        key = der(0x30, der_integer(harness.b64url_decode(jwk["n"])) +
                  der_integer(harness.b64url_decode(jwk["e"])))
        return der(0x30, RSA_IDENTIFIER + der(0x03, b"\0" + key))
    assert (jwk["kty"], jwk["crv"]) == ("EC", "P-256"), jwk
    point = b"\x04" + harness.b64url_decode(jwk["x"]) + harness.b64url_decode(jwk["y"])
    assert len(point) == 65, jwk
    return der(0x30, P256_IDENTIFIER + der(0x03, b"\0" + point))


def verifies(token, jwk):
    """Whether the signature of the token was made by the private half of the key."""
    signed, _, signature = token.rpartition(".")
    signature = harness.b64url_decode(signature)
    if jwk["kty"] == "EC":  # JWS has r and s side by side, OpenSSL wants a sequence of integers
        assert len(signature) == 64, len(signature)
        signature = der(0x30, der_integer(signature[:32]) + der_integer(signature[32:]))
    with tempfile.TemporaryDirectory(prefix="signet-e2e-") as directory:
        def put(name, data):
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.write(data)
            return path

        result = harness.run("openssl", "dgst", "-sha256", "-keyform", "DER",
                             "-verify", put("key", public_key_der(jwk)),
                             "-signature", put("signature", signature),
                             put("signed", signed.encode("ascii")))
    assert "rror" not in result.stderr or result.returncode != 0, result.stderr
    return result.returncode == 0 and "Verified OK" in result.stdout


def sign_as(server, like, claims):
    """A token with these claims by the key, of RSA, that the server signed `like` with."""
    directory = server.path("signing")
    (key,) = [name for name in os.listdir(directory) if name.endswith(".key")]
    signed = "%s.%s" % (like.split(".")[0],
                        harness.b64url(json.dumps(claims, separators=(",", ":")).encode()))
    with tempfile.TemporaryDirectory(prefix="signet-e2e-") as scratch:
        paths = [os.path.join(scratch, name) for name in ("signed", "signature")]
        with open(paths[0], "w", encoding="ascii") as file:
            file.write(signed)
        result = harness.run("openssl", "dgst", "-sha256", "-sign", os.path.join(directory, key),
                             "-out", paths[1], paths[0])
        assert result.returncode == 0, result.stderr
        with open(paths[1], "rb") as file:
            return "%s.%s" % (signed, harness.b64url(file.read()))


def issue_client_certificate(server, name, common_name, organization):
    """Makes DATA/pki/NAME.crt and .key with the authority's own key, as an operator could."""
    def pki(suffix):
        return server.path("pki", suffix)

    steps = (
        ("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pki(name + ".key")),
        ("req", "-new", "-key", pki(name + ".key"), "-subj", "/O=%s/CN=%s" % (organization, common_name),
         "-out", pki(name + ".csr")),
        ("x509", "-req", "-in", pki(name + ".csr"), "-CA", pki("ca.crt"), "-CAkey", pki("ca.key"),
         "-CAcreateserial", "-CAserial", pki(name + ".serial"), "-days", "1",
         "-out", pki(name + ".crt")),
    )
    for step in steps:
        result = harness.run("openssl", *step)
        assert result.returncode == 0, result.stderr
