#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# XML files, and the policies for D-Bus and polkit, which are XML under other names, are well-formed.
. "$(dirname "$0")/common.sh"
need xmllint

# --nonet: the document types live on the network; only the form is looked at.
project_files '*.xml' 'systemd/org.*.conf' 'systemd/*.policy' | xargs -r xmllint --nonet --noout
