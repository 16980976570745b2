#!/usr/bin/env python3
"""Runs the commands of a page of docs/, in order and in one shell, and compares what they print.

  walkthrough.py PAGE SIGNET

A ```console block holds commands ("$ ", continued by "> ") and the output that follows each. The
first command starts the server and is left running; it is run with SIGNET in place of `make up`,
so that any build of the program can be put through the page. In expected output "..." alone stands
for any lines, and inside a line for any text; what differs from run to run is levelled on both
sides: uids, times, durations, versions of the writer's directories, the node's name.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

COMMAND_SECONDS = 120
END = "walkthrough-command-ended"


def blocks(page):
    for block in re.findall(r"^```console\n(.*?)^```", page, re.M | re.S):
        commands = []
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif line.startswith("> "):
                commands[-1] = (commands[-1][0] + "\n" + line[2:], commands[-1][1])
            else:
                commands[-1][1].append(line)
        yield from commands


def level(text):
    for pattern, replacement in [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uid>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
        (r"\.\.\d{4}(_\d\d){5}\.\d+", "..<written>"),
        (r"after \d+ ms", "after <n> ms"),
        (r"in \d+ (seconds|minutes)", "in <span>"),
        (r"^  node: \S+ ", "  node: <node> "),
    ]:
        text = re.sub(pattern, replacement, text, flags=re.M)
    # Columns of `kubectl get`: ages differ, and with them the spaces.
    text = re.sub(r"(?<= )\d+[smh](\d+s)?$", "<age>", text, flags=re.M)
    return [re.sub(r" +", " ", line).rstrip() for line in text.splitlines()]


def matches(expected, got):
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    if not got:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].split("..."))
    # A leading ".." is a name of the writer, not an ellipsis.
    same = expected[0] == got[0] or ("..." in expected[0] and re.fullmatch(pattern, got[0]))
    return bool(same) and matches(expected[1:], got[1:])


class Shell:
    def __init__(self, directory, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc"], cwd=directory, env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        """The output; the shell is killed when the command takes too long."""
        self.process.stdin.write(f"{command}\necho {END}\n")
        self.process.stdin.flush()
        timer = threading.Timer(COMMAND_SECONDS, self.process.kill)
        timer.start()
        lines = []
        try:
            for line in self.process.stdout:
                if line.rstrip("\n").endswith(END):
                    lines.append(line.rstrip("\n")[: -len(END)])
                    return "\n".join(lines).rstrip("\n")
                lines.append(line.rstrip("\n"))
        finally:
            timer.cancel()
        raise SystemExit(f"no end of: {command}\n" + "\n".join(lines))


def start_server(command, signet, directory, environment):
    arguments = re.fullmatch(r'make up ARGS="(.*)"', command).group(1)
    return subprocess.Popen([signet, "up", *arguments.split()], cwd=directory, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def read_ready(server, expected_lines):
    lines = []
    for line in server.stdout:
        lines.append(line.rstrip("\n"))
        if lines[-1].startswith("  export KUBECONFIG="):
            break
    expected = [line for line in expected_lines if line != "..."]
    got = [line for line in lines if not line.startswith("{")]
    if not matches(level("\n".join(expected)), level("\n".join(got))):
        raise SystemExit("the server did not start:\n" + "\n".join(lines))


def remove_leftovers(page):
    for path in set(re.findall(r"/tmp/signet-[-.\w]*[\w]", page)):
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)


def main():
    page_path, signet = pathlib.Path(sys.argv[1]).resolve(), os.path.abspath(sys.argv[2])
    page = page_path.read_text()
    steps = list(blocks(page))
    remove_leftovers(page)
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "LC_ALL": "C"}
        server = start_server(steps[0][0], signet, page_path.parent.parent, environment)
        try:
            read_ready(server, steps[0][1])
            # Its log must not fill the pipe.
            threading.Thread(target=server.stdout.read, daemon=True).start()
            shell = Shell(page_path.parent.parent, environment)
            for number, (command, expected) in enumerate(steps[1:], 2):
                got = shell.run(command)
                if number == 2:  # whatever the page's PATH says, this build is meant
                    shell.run(f"PATH={os.path.dirname(signet)}:$PATH")
                good = matches(level("\n".join(expected)), level(got))
                failed += not good
                print(("ok   " if good else "FAIL ") + command.splitlines()[0][:100], flush=True)
                if not good:
                    print("  expected:\n    " + "\n    ".join(expected))
                    print("  got:\n    " + got.replace("\n", "\n    "))
            shell.process.stdin.close()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
            remove_leftovers(page)
    print(f"{len(steps)} commands, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
