#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# XML files, and the policies for D-Bus and polkit, which are XML under other names, are well-formed,
# and every member of our D-Bus interface has a comment in front of it that begins with its name.
. "$(dirname "$0")/common.sh"
need xmllint

# --nonet: the document types live on the network; only the form is looked at.
project_files '*.xml' 'systemd/org.*.conf' 'systemd/*.policy' | xargs -r xmllint --nonet --noout

members="//property | //method | //signal"
explained='preceding-sibling::node()[not(self::text())][1][self::comment()]'
silent="($members)[not(starts-with(normalize-space($explained), concat(@name, ':')))]/@name"
ask() { xmllint --nonet --xpath "$1" lib/bus/org.fwdguard1.xml; }
if [ "$(ask "count($silent)")" != 0 ]; then
    echo "lib/bus/org.fwdguard1.xml does not explain:$(ask "$silent")"
    exit 1
fi
