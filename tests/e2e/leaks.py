"""Remembers the secrets that a test handles, and finds them in what a server wrote.

    leaks = Leaks()
    leaks.see_request("POST", path, body, token)     # as the harness does for every request
    leaks.found_in(text)                             # [] or what leaked, and where

Whatever looks like a token or a private key is found by its shape, whoever made it.
"""
import base64
import json
import re
import threading

TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?!\[redacted\])")
SHORTEST = 8  # characters of a value that cannot be in a text by chance
AROUND = 60
# What a secret may hold that is none: names of groups, which every event of their members shows; beside
# a token, the account's namespace and the certificate of the server.
PUBLIC = ("auth-extra-groups", "namespace", "ca.crt")


def text_of(data):
    if isinstance(data, bytes):
        return data.decode("utf-8", "replace")
    return data if isinstance(data, str) else json.dumps(data) if data is not None else ""


def values_of(document, inside=False):
    """Every string below `data`, `stringData` or `value` of a Secret, a list of them, or a patch."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in PUBLIC:
                continue
            yield from values_of(value, inside or name in ("data", "stringData", "value"))
    elif isinstance(document, list):
        for value in document:
            yield from values_of(value, inside)
    elif inside and isinstance(document, str):
        yield document


class Leaks:
    def __init__(self):
        self.values = set()
        self.lock = threading.Lock()

    def add(self, value):
        """A value that must not be written anywhere, as it is or in base64."""
        if len(value) < SHORTEST or value.isspace():
            return
        forms = {value, base64.b64encode(value.encode()).decode()}
        try:
            plain = base64.b64decode(value, validate=True).decode()
            if len(plain) >= SHORTEST:
                forms.add(plain)
        except ValueError:
            pass
        with self.lock:
            self.values |= forms

    def see(self, text):
        for token in TOKEN.findall(text):
            signature = token.rsplit(".", 1)[1]
            self.add(signature)  # the part that makes it a credential

    def see_request(self, path, body, token):
        self.see(text_of(body))
        if token is not None and " " not in token and len(token) >= 2 * SHORTEST:
            self.add(token)
        if "/secrets" in path:
            self.see_secrets(text_of(body))

    def see_reply(self, path, body):
        text = text_of(body)
        self.see(text)
        if "/secrets" in path:
            self.see_secrets(text)

    def see_secrets(self, text):
        try:
            document = json.loads(text)
        except ValueError:
            return
        for value in values_of(document):
            self.add(value)

    def see_key(self, pem):
        """The lines of a private key that say something."""
        for line in pem.splitlines():
            if not line.startswith("-----") and len(line) >= 32:
                self.add(line)

    def found_in(self, text):
        """Where something leaked, the secret itself left out."""
        found = []
        for what, shape in (("a token", TOKEN), ("a private key", KEY)):
            for match in shape.finditer(text):
                found.append("%s: %s" % (what, self._around(text, match.start(), match.end())))
        with self.lock:
            values = list(self.values)
        for value in values:
            at = text.find(value)
            if at >= 0:
                found.append("a secret value: " + self._around(text, at, at + len(value)))
        return found

    @staticmethod
    def _around(text, start, end):
        return "%s<%d characters>%s" % (text[max(0, start - AROUND):start], end - start,
                                        text[end:end + AROUND])
