#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The JSON Schema and the parser agree: on the default, the examples, a corpus of bad files, and keys.

usage: schema_agrees.py PROBE SOURCE_ROOT

A bad file that only the parser can refuse says so in a line "// parser only: REASON"; then the schema
has to accept it. Exit status 77 (skipped) without python3-jsonschema.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comments(text):
    return TOKEN.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)


def keys_in(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys_in, value))
    return set()


def main(probe, root):
    config = root / "config"
    schema = json.loads((config / "fwd-guard.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    faults = []

    def schema_accepts(text):
        try:
            return validator.is_valid(json.loads(without_comments(text)))
        except ValueError:
            return False

    good = [config / "fwd-guard.json", *sorted((config / "examples").glob("*.json"))]
    bad = sorted((root / "tests/unit/config/bad").glob("*.json"))
    with tempfile.TemporaryDirectory() as scratch:
        # As our own: in a checkout that belongs to somebody else root would be refused them.
        copies = {f"{scratch}/{i}.json": file for i, file in enumerate([*good, *bad])}
        for copy, file in copies.items():
            shutil.copy(file, copy)
        output = subprocess.run([probe, *copies], check=True, capture_output=True, text=True).stdout
    parser_accepts = {copies[v["file"]]: v["ok"] for v in map(json.loads, output.splitlines())}

    for file in [*good, *bad]:
        text = file.read_text()
        parser_only = "// parser only: " in text
        expected = file in good or parser_only
        if parser_accepts[file] != (file in good):
            faults.append(f"{file}: the parser {'accepts' if parser_accepts[file] else 'refuses'} it")
        if schema_accepts(text) != expected:
            faults.append(
                f"{file}: the schema {'refuses' if expected else 'accepts'} it"
                + (", but it is marked parser only" if parser_only else "")
            )

    properties = {"file": schema["properties"]}
    for name in ("pacing", "rule", "policy", "match", "flow", "legacy"):
        properties[name] = schema["definitions"][name]["properties"]
    keys = json.loads(subprocess.run([probe, "--keys"], check=True, capture_output=True).stdout)
    for name in sorted(set(keys) | set(properties)):
        if set(keys.get(name, ())) != set(properties.get(name, ())):
            faults.append(f"{name}: parser knows {keys.get(name)}, schema {list(properties.get(name, ()))}")

    reference = json.loads(without_comments((config / "examples/reference.json").read_text()))
    for name, known in keys.items():
        if missing := set(known) - keys_in(reference):
            faults.append(f"examples/reference.json does not show {sorted(missing)} of {name}")

    print("\n".join(faults) or f"{len(good)} good and {len(bad)} bad files, {len(keys)} kinds of object")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
