#!/usr/bin/env python3
"""Types the commands of *.txt, beside this file, with every kubectl that there is, and compares what it prints.

    kubectl_test.py                              all scripts with the oldest and the newest; the versions
                                                 between take turns, so that each runs some
    kubectl_test.py --all                        all scripts with all versions
    kubectl_test.py --only get --version 1.30    some; both options may be repeated
    kubectl_test.py --show --only get            prints what the commands really say, as a script

CONTRIBUTING.md says how a script is written.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import clients  # noqa: E402  (the path comes first)
from clients import harness  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND_LIMIT = 120  # seconds
TURNS = 3  # a version between runs each third script
OLDEST = "kubernetes-client"  # Debian's package; its kubectl is 1.20

# What stands for a text that differs from run to run.
PLACEHOLDERS = {
    "age": r"(?:\d+[smhdy])+",
    "date": r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}",
    "hash": r"[a-z0-9]{5}",
    "n": r"\d+",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "token": r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
    "uid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "version": r"v\d+\.\d+\.\d+[^\s\",]*",
    "word": r"\S+",
    "any": r".*",
}
RANGE = re.compile(r"\{(\d+\.\d+)?-(\d+\.\d+)?\} ?")

# What the shell of a command knows besides kubectl.
PRELUDE = """
eventually() {  # eventually COMMAND...: until it succeeds, at most a minute
  for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "did not come true: $*"; return 1
}
"""


class Step:
    """A command, what it prints and its exit code."""

    def __init__(self, line, command):
        self.line = line
        self.range = ""
        self.command = command
        self.output = []
        self.code = 0

    def pattern(self, names):
        """The regular expression of the whole output, and the same as text for a person."""
        parts = []
        for line in self.output:
            parts.append(r"(?:.*\n)*?" if line == "..." else line_pattern(line, names) + r"[ \t]*\n")
        return "".join(parts)


def line_pattern(line, names):
    """Columns may be wider or narrower: where two spaces or more stand, any two or more may."""
    out = []
    for part in re.split(r"(<\w+>|(?<=\S)  +)", line):
        name = part[1:-1] if part.startswith("<") else None
        if name in names:
            out.append(re.escape(names[name]))
        elif name in PLACEHOLDERS:
            out.append(PLACEHOLDERS[name])
        elif part.startswith("  ") and out and "".join(out):
            out.append("  +")
        else:
            out.append(re.escape(part))
    return "".join(out)


def recognised(text, names):
    """The text with placeholders where it is plain that one belongs."""
    for name in ("token", "uid", "time", "date"):
        text = re.sub(r"(?<![\w-])%s(?![\w-])" % PLACEHOLDERS[name], "<%s>" % name, text)
    text = re.sub(r"(?<![\w\"-])(?:\d+[smhd])+(?![\w\"-])", "<age>", text)
    for name, value in names.items():
        text = text.replace(value, "<%s>" % name)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def in_range(match, version):
    low, high = (tuple(map(int, end.split("."))) if end else None for end in match.groups())
    return (low is None or version >= low) and (high is None or version <= high)


def read_script(path, version):
    """The steps of a script that this version of kubectl takes."""
    steps = []
    kept = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if line.startswith("$ "):
                text = line[2:]
                match = RANGE.match(text)
                steps.append(Step(number, RANGE.sub("", text, count=1) if match else text))
                steps[-1].range = match.group() if match else ""
                if not match or in_range(match, version):
                    kept.append(steps[-1])
            elif line.startswith("> ") and not steps[-1].output:
                steps[-1].command += "\n" + line[2:]
            elif re.fullmatch(r"\[\d+\]", line):
                steps[-1].code = int(line[1:-1])
            elif line.startswith("#") or not steps:
                if line and not line.startswith("#"):
                    raise SystemExit("%s:%d: output without a command" % (path, number))
            else:
                match = RANGE.match(line)
                if not match or in_range(match, version):
                    steps[-1].output.append(line[match.end():] if match else line)
    for step in steps:
        while step.output and not step.output[-1]:
            step.output.pop()
    return kept


def run_script(server, version, kubectl, path, show):
    """Runs one script in a namespace of its own. Gives back a line a failure."""
    topic = os.path.splitext(os.path.basename(path))[0]
    number = "%d.%d" % version
    namespace = "%s-%s" % (topic, number.replace(".", "-"))
    names = {"ns": namespace, "url": server.url}
    failures = []
    with tempfile.TemporaryDirectory(prefix="signet-kubectl-") as directory:
        os.mkdir(os.path.join(directory, "bin"))
        os.mkdir(os.path.join(directory, "work"))
        os.symlink(kubectl, os.path.join(directory, "bin", "kubectl"))
        config = os.path.join(directory, "kubeconfig")
        with open(server.kubeconfig, encoding="utf-8") as file:
            text = file.read()
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        environment = dict(
            os.environ, HOME=directory, TMPDIR=directory, KUBECONFIG=config, NS=namespace, URL=server.url, LC_ALL="C", TZ="UTC",
            PATH=os.path.join(directory, "bin") + os.pathsep + os.environ["PATH"])
        for name in ("CLOUDSDK_CONFIG", "KUBE_EDITOR", "EDITOR", "HTTPS_PROXY", "https_proxy"):
            environment.pop(name, None)

        def shell(command):
            try:
                return subprocess.run(
                    ["sh", "-c", PRELUDE + command], cwd=os.path.join(directory, "work"), env=environment,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    errors="replace", check=False, timeout=COMMAND_LIMIT)
            except subprocess.TimeoutExpired as late:
                return subprocess.CompletedProcess(command, -1, "no end after %d s: %s" % (
                    COMMAND_LIMIT, late.output))

        first = shell("kubectl create namespace $NS && kubectl config set-context --current --namespace=$NS")
        if first.returncode != 0:
            failures.append(first.stdout)
        for step in read_script(path, version):
            result = shell(step.command)
            said = result.stdout.rstrip() + "\n" if result.stdout.strip() else ""
            if show:
                print("$ %s%s\n%s%s" % (step.range, step.command.replace("\n", "\n> "), recognised(said, names),
                                      "[%d]\n" % result.returncode if result.returncode else ""))
            if result.returncode != step.code or not re.fullmatch(step.pattern(names), said):
                failures.append("kubectl %s, %s:%d: $ %s\n  expected, exit code %d:\n%s\n  said, exit code %d:\n%s" % (
                    number, os.path.basename(path), step.line, step.command, step.code,
                    "\n".join("    " + line for line in step.output), result.returncode,
                    "\n".join("    " + line for line in said.rstrip("\n").split("\n"))))
        shell("kubectl delete namespace $NS --wait=false")
    return failures


def debian_kubectl():
    """The kubectl of Debian's package, unpacked without being installed; None where there is no apt-get."""
    if not (harness.shutil.which("apt-get") and harness.shutil.which("dpkg-deb")):
        return None
    with clients.installed("kubectl", salt=OLDEST) as (directory, stale):
        path = os.path.join(directory, "usr", "bin", "kubectl")
        if stale:
            # Package lists of our own: those of the machine may be missing, and changing them takes root.
            apt = ["apt-get", "-q", "-o", "APT::Sandbox::User=", "-o", "Dir::State::Lists=%s/lists" % directory,
                   "-o", "Dir::Cache=%s/cache" % directory]
            os.makedirs(os.path.join(directory, "lists", "partial"))
            os.makedirs(os.path.join(directory, "cache", "archives", "partial"))
            plain = harness.run("apt-get", "-q", "-o", "APT::Sandbox::User=", "download", OLDEST, cwd=directory)
            if plain.returncode != 0:
                clients.fetch(*apt, "update", cwd=directory)
                clients.fetch(*apt, "download", OLDEST, cwd=directory)
            package = glob.glob(os.path.join(directory, OLDEST + "_*.deb"))[0]
            clients.fetch("dpkg-deb", "-x", package, directory)
            os.remove(package)
        return path


def turns(versions, scripts, everything):
    """Which version runs which script."""
    pairs = []
    for place, (version, path) in enumerate(versions):
        outermost = place in (0, len(versions) - 1)
        pairs += [(version, path, script) for number, script in enumerate(scripts)
                  if everything or outermost or (number + place) % TURNS == 0]
    return pairs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", help="the name of a script")
    parser.add_argument("--version", action="append", help="a version of kubectl, such as 1.30")
    parser.add_argument("--all", action="store_true", help="every script with every version")
    parser.add_argument("--show", action="store_true", help="print what the commands say")
    options = parser.parse_args()
    versions = dict(harness.kubectls())
    if (1, 20) not in versions:
        debian = debian_kubectl()
        if debian:
            versions[1, 20] = debian
    versions = sorted((version, path) for version, path in versions.items()
                      if not options.version or "%d.%d" % version in options.version)
    if not versions:
        clients.leave_out("there is no kubectl on this machine")
    scripts = sorted(path for path in glob.glob(os.path.join(HERE, "*.txt"))
                     if not options.only or os.path.basename(path)[:-4] in options.only)
    pairs = turns(versions, scripts, options.all or options.only or options.version)
    print("kubectl %s; scripts: %s" % (", ".join("%d.%d" % version for version, _ in versions),
                                       ", ".join(os.path.basename(path)[:-4] for path in scripts)))
    with harness.Server() as server:
        for name in ("rack-1", "rack-2"):  # a pod is given to the only node; with two, all of them wait
            server.post("/api/v1/nodes", {"metadata": {"name": name}})
        with concurrent.futures.ThreadPoolExecutor(1 if options.show else 2 * os.cpu_count()) as pool:
            tasks = [pool.submit(run_script, server, version, path, script, options.show)
                     for version, path, script in pairs]
            failures = [failure for task in tasks for failure in task.result()]
    for failure in failures:
        print(failure)
    count = sum(len(read_script(script, version)) for version, _, script in pairs)
    print("%d commands, %d failed" % (count, len(failures)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
