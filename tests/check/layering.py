#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""layering.py [ROOT]: no folder includes or links what the design does not let it see."""
import pathlib
import re
import sys

ROOMS = ["core", "nft", "xtables", "config", "report", "bus", "sys"]
# What each folder may see of lib/. The command-line tool knows the D-Bus interface and the words only.
MAY_SEE = {f"lib/{room}": {"core", room} for room in ROOMS}
MAY_SEE["lib/core"] = {"core"}
MAY_SEE["daemon"] = set(ROOMS)
MAY_SEE["ctl"] = {"bus", "report"}

# lib/core includes the C++ standard library and itself, nothing else.
STANDARD = re.compile(r"^[a-z_0-9]+$")

# Rooms never see the programs.
PROGRAMS = {"daemon", "ctl"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LINK = re.compile(r"\bfwdguard_([a-z0-9]+)\b")
NOT_ROOMS = {"flags", "library", "test", "catch"}


def faults_in_source(root: pathlib.Path, folder: str, path: pathlib.Path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, name = found.groups()
        # <sys/socket.h> is the system's: ours end in .hpp.
        first = name.split("/")[0] if name.endswith(".hpp") else ""
        where = f"{path.relative_to(root)}:{number}"
        if first in ROOMS and first not in MAY_SEE[folder]:
            yield f"{where}: {folder} must not include {name}"
        if first in PROGRAMS and folder != first:
            yield f"{where}: {folder} must not include a program's {name}"
        if ".." in name.split("/"):
            yield f"{where}: an include never climbs out of its folder: {name}"
        if folder == "lib/core" and kind == "<" and not STANDARD.match(name):
            yield f"{where}: lib/core includes the standard library only, not <{name}>"
        if folder == "lib/core" and kind == '"' and first != "core":
            yield f"{where}: lib/core includes \"core/…\" only, not {name}"


def faults_in_cmake(root: pathlib.Path, folder: str, path: pathlib.Path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for room in LINK.findall(line.split("#")[0]):
            if room in ROOMS and room not in MAY_SEE[folder]:
                yield f"{path.relative_to(root)}:{number}: {folder} must not link fwdguard_{room}"
            elif room not in ROOMS and room not in NOT_ROOMS and room != folder.split("/")[-1]:
                yield f"{path.relative_to(root)}:{number}: unknown target fwdguard_{room}"


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    faults = []
    seen = 0
    for folder in MAY_SEE:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp", ".h"):
                seen += 1
                faults += faults_in_source(root, folder, path)
            elif path.name == "CMakeLists.txt":
                faults += faults_in_cmake(root, folder, path)
    for path in sorted((root / "lib").iterdir()):
        if path.is_dir() and path.name not in ROOMS:
            faults.append(f"lib/{path.name}: a room this check does not know")
    print("\n".join(faults) if faults else f"{seen} files see what they may")
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
