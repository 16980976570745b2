#!/usr/bin/env python3
"""Replay HTTP exchanges against an API server and compare them with recorded ones.

The recordings were taken from a real kube-apiserver with its controller manager
(v1.20.2, BoundServiceAccountTokenVolume and RootCAConfigMap on). A step is one
request; the steps of a file run in order and share variables.

  replay.py record --server URL --ca CA (--token T | --cert C --key K) CASES.json > RECORDED.json
  replay.py check  --server URL --ca CA (--token T | --cert C --key K) CASES.json RECORDED.json

A step:
  name      what it shows
  do        "METHOD /path?query"
  as        "admin" (default), "anonymous", or "token:VAR" (a bearer token saved before)
  headers   extra request headers
  body      JSON value, or a string that is sent as it is
  save      {"var": "dotted.path.in.the.reply"}; "text" saves the whole body
  until     {"dotted.path": value or "*"}: repeat a GET for up to 20 s until it holds
  ignore    dotted paths that are not compared ("*" matches one level)
  compare   "body" (default), "status" (code only), "subset" (recorded lists are a superset), "shape"
Exit status: 0 when every step matches, 1 otherwise.
"""
import argparse, base64, http.client, json, re, ssl, sys, time, urllib.parse

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*")
DROP = {"managedFields", "selfLink", "resourceVersion", "remainingItemCount", "continue", "generation",
        "authentication.kubernetes.io/credential-id"}


class Target:
    def __init__(self, a):
        u = urllib.parse.urlparse(a.server)
        self.host, self.port = u.hostname, u.port or 443
        self.token = a.token
        self.plain = ssl.create_default_context(cafile=a.ca)
        self.admin = ssl.create_default_context(cafile=a.ca)
        if a.cert:
            self.admin.load_cert_chain(a.cert, a.key)

    def call(self, method, path, who, headers, body):
        ctx = self.admin if who == "admin" else self.plain
        c = http.client.HTTPSConnection(self.host, self.port, context=ctx, timeout=30)
        h = {"Accept": "application/json", **headers}
        if who == "admin" and self.token:
            h["Authorization"] = "Bearer " + self.token
        elif who.startswith("token:"):
            h["Authorization"] = "Bearer " + who[6:]
        if body is not None and "Content-Type" not in h:
            h["Content-Type"] = "application/json"
        try:
            c.request(method, path, body=body, headers=h)
            r = c.getresponse()
            return r.status, dict((k.lower(), v) for k, v in r.getheaders()), r.read().decode("utf-8", "replace")
        finally:
            c.close()


def dig(v, path):
    for p in path.split("."):
        if isinstance(v, list):
            v = v[int(p)] if p.lstrip("-").isdigit() and -len(v) <= int(p) < len(v) else None
        else:
            v = v.get(p.replace("~1", ".")) if isinstance(v, dict) else None
        if v is None:
            return None
    return v


def claims(token):
    def part(s):
        return json.loads(base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)))
    head, payload, _ = token.split(".")
    h, p = part(head), part(payload)
    if "kid" in h:
        h["kid"] = "<kid>"
    if {"exp", "iat"} <= p.keys():
        p["exp"] = p["exp"] - p["iat"]
        p["nbf"] = p.get("nbf", 0) - p["iat"]
        p["iat"] = 0
    p.pop("jti", None)
    return {"header": h, "claims": p}


class Normaliser:
    """Uids become <uid1>, <uid2>, ... in order of appearance; times and tokens lose what changes from run to run."""
    def __init__(self):
        self.uids = {}

    def text(self, s):
        def uid(m):
            return self.uids.setdefault(m.group(0), "<uid%d>" % (len(self.uids) + 1))
        if JWT.fullmatch(s):
            try:
                return self.value(claims(s))
            except ValueError:
                return "<token>"
        s = JWT.sub("<token>", s)
        return TIME.sub("<time>", UID.sub(uid, s))

    def value(self, v):
        if isinstance(v, dict):
            d = {self.text(k) if UID.search(k) else k: self.value(x) for k, x in sorted(v.items()) if k not in DROP}
            if d.get("creationTimestamp", "") is None:
                del d["creationTimestamp"]
            if d.get("extra") == {}:
                del d["extra"]
            return d
        if isinstance(v, list):
            return [self.value(x) for x in v]
        if isinstance(v, str):
            return self.text(v)
        return v


def forget(v, path):
    head, _, rest = path.partition(".")
    keys = list(v) if head == "*" and isinstance(v, dict) else range(len(v)) if head == "*" and isinstance(v, list) else [head.replace("~1", ".")]
    for k in keys:
        if isinstance(v, list) and not isinstance(k, int):
            k = int(k) if k.isdigit() else None
        try:
            if rest:
                forget(v[k], rest)
            else:
                del v[k]
        except (KeyError, IndexError, TypeError):
            pass


def run(target, steps):
    variables, norm, out = {}, Normaliser(), []
    def fill(s):
        return re.sub(r"\$\{(\w+)\}", lambda m: str(variables.get(m.group(1), m.group(0))), s)
    for st in steps:
        if "sleep" in st:
            time.sleep(st["sleep"])
        method, path = fill(st["do"]).split(" ", 1)
        body = st.get("body")
        if body is not None:
            body = fill(body if isinstance(body, str) else json.dumps(body))
        who = st.get("as", "admin")
        if who.startswith("token:"):
            who = "token:" + str(variables.get(who[6:], "missing"))
        end = time.time() + 20
        while True:
            try:
                code, headers, text = target.call(method, path, who, st.get("headers", {}), body)
            except OSError as e:
                code, headers, text = 0, {}, "no reply: %s" % e
            try:
                parsed = json.loads(text)
            except ValueError:
                parsed = None
            if "until" not in st or time.time() > end:
                break
            if all((dig(parsed, k) is not None) if want == "*" else dig(parsed, k) == want for k, want in st["until"].items()):
                break
            time.sleep(0.25)
        for var, p in st.get("save", {}).items():
            got = text if p == "text" else dig(parsed, p) if parsed is not None else None
            variables[var] = base64.b64decode(got).decode() if got and p.endswith("data.token") else got
        shown = parsed
        if parsed is None and text.startswith('{"type"'):
            shown = [json.loads(l) for l in text.splitlines() if l.strip()]
        shown = norm.value(shown if shown is not None else text)
        for p in st.get("ignore", []):
            forget(shown, p)
        out.append({"name": st["name"], "status": code, "type": headers.get("content-type", ""), "body": shown})
    return out


def differences(want, got, how, path=""):
    if how == "shape" and not isinstance(want, (dict, list)):
        return [] if type(want) is type(got) else ["%s: want a %s, got %r" % (path, type(want).__name__, got)]
    if isinstance(want, dict) and isinstance(got, dict):
        d = []
        for k in sorted(set(want) | set(got)):
            p = path + "." + k
            if k not in got:
                d.append("%s: missing (want %s)" % (p, json.dumps(want[k])[:200]))
            elif k not in want:
                if how == "body":
                    d.append("%s: not expected (%s)" % (p, json.dumps(got[k])[:200]))
            else:
                d += differences(want[k], got[k], how, p)
        return d
    if isinstance(want, list) and isinstance(got, list):
        if how == "subset":
            return ["%s: not in the recording: %s" % (path, json.dumps(g)[:200]) for g in got if all(differences(w, g, "body") for w in want)]
        if how != "shape" and len(want) != len(got):
            return ["%s: want %d items, got %d" % (path, len(want), len(got))]
        return [x for i, (w, g) in enumerate(zip(want, got)) for x in differences(w, g, how, "%s[%d]" % (path, i))]
    return [] if want == got else ["%s: want %s, got %s" % (path, json.dumps(want)[:300], json.dumps(got)[:300])]


def compare(step, want, have):
    """What is different between the recorded and the new answer to a step, in words."""
    d = []
    if want["status"] != have["status"]:
        d.append("status: want %s, got %s" % (want["status"], have["status"]))
    how = step.get("compare", "body")
    if how != "status":
        d += differences(want["body"], have["body"], how)
        if want["type"].split(";")[0] != have["type"].split(";")[0]:
            d.append("content type: want %s, got %s" % (want["type"], have["type"]))
    return d


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("mode", choices=["record", "check"])
    ap.add_argument("--server", required=True)
    ap.add_argument("--ca", required=True)
    ap.add_argument("--token")
    ap.add_argument("--cert")
    ap.add_argument("--key")
    ap.add_argument("--only", help="print the differences of steps whose name contains this")
    ap.add_argument("cases")
    ap.add_argument("recorded", nargs="?")
    a = ap.parse_args()
    steps = json.load(open(a.cases))
    got = run(Target(a), steps)
    if a.mode == "record":
        json.dump(got, sys.stdout, indent=1)
        print()
        return 0
    recorded, failed = json.load(open(a.recorded)), 0
    for st, want, have in zip(steps, recorded, got):
        d = compare(st, want, have)
        failed += bool(d)
        if not a.only or a.only in st["name"]:
            print(("FAIL " if d else "ok   ") + st["name"])
            for x in d[:12]:
                print("       " + x)
    print("%d passed, %d failed" % (len(steps) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
