# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Results: one file of tab-separated lines a run, and the table made of all runs' files.

# result PHASE SCENARIO WORDS: a line of this run's file.
result() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$LAB_TITLE" "$2" "$1" "$3" "$4" >>"$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT.tsv"
}

# results_table: Markdown, one row a scenario, two columns a Docker version.
results_table() {
    cat "$LAB_RESULTS"/*.tsv 2>/dev/null | awk -F '\t' '
        { if (!($1 in seen)) { seen[$1] = 1; titles[++columns] = $1 }
          if (!($2 in about)) { about[$2] = $5; order[++rows] = $2 }
          cell[$1, $2, $3] = $4 }
        END {
            printf "| what happens |"
            for (c = 1; c <= columns; ++c) printf " %s: without | with |", titles[c]
            printf "\n|---|"
            for (c = 1; c <= columns; ++c) printf "---|---|"
            printf "\n"
            for (r = 1; r <= rows; ++r) {
                printf "| %s |", about[order[r]]
                for (c = 1; c <= columns; ++c)
                    printf " %s | %s |", cell[titles[c], order[r], "without"], cell[titles[c], order[r], "with"]
                printf "\n"
            }
        }'
}
