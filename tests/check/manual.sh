#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages are correct mdoc, and name what they document.
. "$(dirname "$0")/common.sh"
need mandoc

# Style remarks of some versions are about dates and archaic systems.
project_files 'packaging/man/*.[1-8]' | xargs -r mandoc -T lint -W warning
