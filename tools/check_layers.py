#!/usr/bin/env python3
"""Fails when a folder of src/ includes a folder that the layer table does not allow.

The table is the list of DEPS in src/*/CMakeLists.txt, so that what links and what may be included
cannot differ; the order of folders is that of src/CMakeLists.txt, and a folder may depend only on
folders above it. Third-party headers that belong to one folder are checked as well.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
# header prefix -> folders that may include it (their tests too)
OWNED = {
    "openssl/": {"crypto", "net"},
    "boost/asio": {"net"},
    "boost/beast": {"net"},
    "nghttp2/": {"net"},
    "curl/": {"net"},
    "sqlite3.h": {"store"},
    "yaml-cpp/": {"codec"},
    "zlib.h": {"codec"},
    "prometheus/": {"telemetry"},
    "boost/json": {"codec"},
    "re2/": {"cel"},
    "grpcpp/": {"signer", "gate"},
}


def table():
    order = re.search(r"foreach\(folder([^)]*)\)", (SRC / "CMakeLists.txt").read_text()).group(1).split()
    allowed = {}
    for folder in order:
        text = (SRC / folder / "CMakeLists.txt").read_text()
        found = re.search(r"DEPS([^)]*?)(?:LINKS|PUBLIC_LINKS|\))", text)
        allowed[folder] = set(found.group(1).split()) if found else set()
    return order, allowed


def main():
    order, allowed = table()
    problems = []
    for folder in order:
        for dep in sorted(allowed[folder]):
            if dep not in order or order.index(dep) >= order.index(folder):
                problems.append(f"src/{folder}/CMakeLists.txt: {dep} does not stand above {folder}")
        for path in sorted((SRC / folder).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
                if not found:
                    continue
                header = found.group(2)
                where = f"{path.relative_to(ROOT)}:{number}"
                if found.group(1) == '"':
                    target = header.split("/")[0]
                    if target in order and target != folder and target not in allowed[folder]:
                        problems.append(f"{where}: {folder} may not include {target}")
                for prefix, owners in OWNED.items():
                    if header.startswith(prefix) and folder not in owners:
                        problems.append(f"{where}: only {', '.join(sorted(owners))} may include {prefix}")
    for problem in problems:
        print(problem)
    print(f"layers: {len(order)} folders, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
