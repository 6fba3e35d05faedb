#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""parse_json.py FILE...: each parses as JSON; configurations may have comments, as the parser allows."""
import json
import pathlib
import re
import sys

# A string is taken whole, so that "//" in it stays; a comment goes.
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comments(text: str) -> str:
    return TOKEN.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)


def main() -> int:
    faults = 0
    for name in sys.argv[1:]:
        text = pathlib.Path(name).read_text(encoding="utf-8")
        try:
            json.loads(without_comments(text) if name.startswith("config/") else text)
        except ValueError as error:
            print(f"{name}: {error}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
