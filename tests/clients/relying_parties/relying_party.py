"""Relying parties made of PyJWT and of joserfc (the JOSE of Authlib), and issuers made of both. The question
is JSON on standard input, the answer JSON on standard output; see relying_parties_test.py."""
import json
import ssl
import sys
import urllib.request

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwk as joserfc_keys
from joserfc import jwt as joserfc_tokens
from joserfc.errors import JoseError

ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"]
CURVES = {"ES256": ("P-256", ec.SECP256R1), "ES384": ("P-384", ec.SECP384R1), "ES512": ("P-521", ec.SECP521R1)}

asked = json.load(sys.stdin)


def fetch(url, trust):
    with urllib.request.urlopen(url, context=trust, timeout=30) as reply:
        return json.load(reply)


def verify():
    trust = ssl.create_default_context(cafile=asked["ca"])
    uri = fetch(asked["issuer"] + "/.well-known/openid-configuration", trust)["jwks_uri"]
    keys = jwt.PyJWKClient(uri, ssl_context=trust)
    key_set = joserfc_keys.KeySet.import_key_set(fetch(uri, trust))
    rules = joserfc_tokens.JWTClaimsRegistry(
        iss={"essential": True, "value": asked["issuer"]}, aud={"essential": True, "value": asked["audience"]})

    def with_pyjwt(token):
        try:
            return jwt.decode(token, keys.get_signing_key_from_jwt(token), algorithms=ALGORITHMS,
                              audience=asked["audience"], issuer=asked["issuer"])["sub"]
        except jwt.PyJWTError:
            return ""

    def with_joserfc(token):
        try:
            decoded = joserfc_tokens.decode(token, key_set, algorithms=ALGORITHMS)
            rules.validate(decoded.claims)
            return decoded.claims["sub"]
        except (JoseError, ValueError):
            return ""

    return {"pyjwt": [with_pyjwt(token) for token in asked["tokens"]],
            "joserfc": [with_joserfc(token) for token in asked["tokens"]]}


def sign_with_pyjwt():
    tokens, keys = {}, []
    for algorithm in ALGORITHMS:
        kid = "pyjwt-" + algorithm
        key = (ec.generate_private_key(CURVES[algorithm][1]()) if algorithm in CURVES
               else rsa.generate_private_key(65537, 2048))
        tokens[algorithm] = jwt.encode(asked["claims"], key, algorithm, headers={"kid": kid})
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        public.pop("key_ops", None)
        keys.append({**public, "kid": kid, "alg": algorithm, "use": "sig"})
    return {"tokens": tokens, "jwks": {"keys": keys}}


def sign_with_joserfc():
    tokens, keys = {}, []
    for algorithm in ALGORITHMS:
        options = {"kid": "joserfc-" + algorithm, "alg": algorithm, "use": "sig"}
        key = (joserfc_keys.ECKey.generate_key(CURVES[algorithm][0], options) if algorithm in CURVES
               else joserfc_keys.RSAKey.generate_key(2048, options))
        header = {"alg": algorithm, "kid": options["kid"]}
        tokens[algorithm] = joserfc_tokens.encode(header, asked["claims"], key, algorithms=ALGORITHMS)
        keys.append(key.as_dict(private=False))
    return {"tokens": tokens, "jwks": {"keys": keys}}


if asked["do"] == "sign":
    answer = {"pyjwt": sign_with_pyjwt(), "joserfc": sign_with_joserfc()}
else:
    answer = verify()
json.dump(answer, sys.stdout)
