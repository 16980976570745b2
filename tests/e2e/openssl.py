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


# RFC 7518 3.1, RFC 8037 3.1: the key of each algorithm, its digest and the size of a coordinate.
ALGORITHMS = {
    **{kind + size: (("RSA", "rsa_keygen_bits:2048"), "-sha" + size, 0)
       for kind in ("RS", "PS") for size in ("256", "384", "512")},
    "ES256": (("EC", "ec_paramgen_curve:P-256"), "-sha256", 32),
    "ES384": (("EC", "ec_paramgen_curve:P-384"), "-sha384", 48),
    "ES512": (("EC", "ec_paramgen_curve:P-521"), "-sha512", 66),
    "EdDSA": (("ED25519",), "", 32),
}


class SigningKey:
    """A key for one algorithm of JWS, in a file of a directory."""

    def __init__(self, directory, algorithm):
        self.algorithm = algorithm
        self.path = os.path.join(directory, algorithm + ".pem")
        (kind, *options), self.digest, self.coordinate = ALGORITHMS[algorithm]
        command("genpkey", "-algorithm", kind, "-out", self.path,
                *(part for option in options for part in ("-pkeyopt", option)))

    def jwk(self):
        """The public half; the key id is the algorithm's name."""
        public = command("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        numbers = {"kty": "OKP", "crv": "Ed25519", "x": public[-32:]}
        if self.algorithm[:2] in ("RS", "PS"):
            said = command("rsa", "-in", self.path, "-noout", "-modulus").decode()
            modulus = bytes.fromhex(said.strip().partition("=")[2])
            numbers = {"kty": "RSA", "e": b"\1\0\1", "n": modulus}
        elif self.algorithm.startswith("ES"):
            curve = {32: "P-256", 48: "P-384", 66: "P-521"}[self.coordinate]
            numbers = {"kty": "EC", "crv": curve, "x": public[-2 * self.coordinate:-self.coordinate],
                       "y": public[-self.coordinate:]}
        return {"kid": self.algorithm, "alg": self.algorithm, "use": "sig",
                **{name: harness.b64url(value) if isinstance(value, bytes) else value
                   for name, value in numbers.items()}}

    def token(self, claims, salt="digest"):
        """Signed as the algorithm says; `salt` as `-sigopt rsa_pss_saltlen` has it."""
        head = {"alg": self.algorithm, "kid": self.algorithm}
        signed = ".".join(harness.b64url(json.dumps(part).encode()) for part in (head, claims))
        with tempfile.NamedTemporaryFile(prefix="signet-e2e-") as file:
            file.write(signed.encode())
            file.flush()
            if self.algorithm == "EdDSA":
                signature = command("pkeyutl", "-sign", "-rawin", "-inkey", self.path,
                                    "-in", file.name)
            else:
                pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:" + salt)
                signature = command("dgst", self.digest, "-sign", self.path,
                                    *(pss if self.algorithm.startswith("PS") else ()), file.name)
        if self.algorithm.startswith("ES"):
            signature = b"".join(integer.rjust(self.coordinate, b"\0")
                                 for integer in integers_of(signature))
        return "%s.%s" % (signed, harness.b64url(signature))


def integers_of(encoded):
    """Those of a sequence shorter than 256 bytes, without zeros in front (X.690 8.3, 8.9)."""
    rest = encoded[3 if encoded[1] & 0x80 else 2:]
    while rest:
        size = rest[1]
        yield rest[2:2 + size].lstrip(b"\0")
        rest = rest[2 + size:]


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
