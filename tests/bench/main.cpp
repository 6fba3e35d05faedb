// SPDX-License-Identifier: GPL-2.0-or-later
// How fast the rules are back, against the floor (re-insert without looking) and against what
// people use today, all within one run and network namespaces of its own; and what the daemon costs
// otherwise. Run by tests/bench/run.sh.
#include "bench/bench.hpp"
#include "bench/process.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace fwdguard::bench;

struct Dimension {
    const char* name;
    Measure* measure;
};

constexpr std::array dimensions{
    Dimension{"repair", repairs},
    Dimension{"commands", commands},
    Dimension{"nice", niceLevels},
    Dimension{"chain_length", chainLength},
    Dimension{"foreign_ruleset", foreignRuleset},
    Dimension{"declared_rules", declaredRules},
    Dimension{"writers", writers},
    Dimension{"callers", callers},
    Dimension{"irrelevant", irrelevant},
    Dimension{"foreign_load", foreignLoad},
    Dimension{"at_rest", atRest},
};

void measure(const Settings& settings, const std::vector<std::string>& only)
{
    nlohmann::json result;
    for (const Dimension& dimension : dimensions) {
        if (!only.empty() && std::ranges::find(only, dimension.name) == only.end())
            continue;
        const Namespace netns;
        result[dimension.name] = dimension.measure(settings);
    }
    if (settings.output.empty())
        return;
    std::ofstream out(settings.output);
    if (!(out << result.dump(2) << '\n' << std::flush))
        throw std::runtime_error("cannot write " + settings.output);
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    std::vector<std::string> names;
    for (const Dimension& dimension : dimensions)
        names.emplace_back(dimension.name);
    std::vector<std::string> only;
    CLI::App app("Measures fwd-guard in network namespaces of its own.", "fwd-guard-bench");
    app.add_option("--daemon", settings.daemon, "The fwd-guard to measure")->required();
    app.add_option("--config", settings.configuration, "Its configuration")->required();
    app.add_option("--json", settings.output, "Write the figures there as well");
    app.add_option("--only", only, "Measure only this; may be repeated")
        ->check(CLI::IsMember(names));
    app.add_option("--flushes", settings.flushes, "Flushes against the floor (2000)");
    app.add_option("--commands", settings.commands, "Real iptables commands (300)");
    app.add_option("--idle", settings.idleSeconds, "Seconds of rest to watch (60)");
    app.add_option("--transactions", settings.transactions, "Irrelevant transactions (20000)");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(settings, only);
        return 0;
    } catch (const std::system_error& error) {
        std::fprintf(stderr, "bench: %s\n", error.what());
        return error.code() == std::errc::operation_not_permitted ? 77 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench: %s\n", error.what());
        return 1;
    }
}
