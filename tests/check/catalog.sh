#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# journalctl accepts the message catalog, and it has a text for each MESSAGE_ID in the sources.
. "$(dirname "$0")/common.sh"
need journalctl
catalog=systemd/fwd-guard.catalog
if [ ! -f "$catalog" ]; then
    echo "$catalog does not exist"
    exit 1
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/usr/lib/systemd/catalog" "$scratch/var/lib/systemd/catalog"
cp "$catalog" "$scratch/usr/lib/systemd/catalog/"
said=$(journalctl --update-catalog --root="$scratch" 2>&1) || { echo "$said"; exit 1; }
if [ -n "$said" ]; then
    echo "$said"
    exit 1
fi

faults=0
ids_in_sources()
{
    project_files 'lib/*.cpp' 'lib/*.hpp' 'daemon/*.cpp' 'daemon/*.hpp' |
        xargs -r grep -hoE '\b[0-9a-f]{32}\b' | sort -u
}
while read -r id; do
    if ! grep -q "^-- $id\$" "$catalog"; then
        echo "$catalog: no text for message $id"
        faults=$((faults + 1))
    fi
done < <(ids_in_sources)
while read -r id; do
    if ! ids_in_sources | grep "$id" >/dev/null; then
        echo "$catalog: message $id is never logged"
        faults=$((faults + 1))
    fi
done < <(sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$catalog")
exit $((faults > 0))
