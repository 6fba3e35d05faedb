// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hpp"

#include "exit_status.hpp"
#include "report/log.hpp"

#include <string>

#include <CLI/CLI.hpp>

namespace fwdguard::daemon {

namespace {

/// An empty name comes from a variable that is not set. To take it as "not given" would guard
/// another network namespace, or other rules, than was meant.
std::string emptyName(const std::string& name)
{
    return name.empty() ? "found an empty name; allowed: a file" : "";
}

} // namespace

std::variant<Options, int> parseOptions(int argc, char** argv)
{
    Options options;
    std::string config;
    std::string netns;
    std::string logLevel = "info";

    CLI::App app(
        "Holds declared netfilter rules in place: notices when another program flushes, moves or\n"
        "replaces them, puts them back in one transaction, and says who did it.\n"
        "Runs in the foreground; usually systemd starts it (systemctl enable --now fwd-guard).",
        "fwd-guard");
    app.add_option(
           "--config", config, "Configuration (default: /etc/fwd-guard/fwd-guard.json, if there)")
        ->type_name("FILE")
        ->check(emptyName);
    app.add_flag(
        "--check-config", options.checkConfig, "Read the configuration, say what is wrong");
    app.add_option("--netns", netns, "Guard another network namespace (/run/netns/NAME)")
        ->type_name("FILE")
        ->check(emptyName);
    app.add_option("--log-level", logLevel, "error, warning, info (default) or debug")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
    app.set_version_flag("--version", "fwd-guard " FWDGUARD_VERSION);
    app.set_help_flag("-h,--help", "Show this and exit");
    app.footer("Exit status: 0 done, 1 failed, 64 usage, 77 not permitted, 78 configuration.\n"
               "See fwd-guard(8), fwd-guard.json(5), fwd-guardctl(1).");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? done : usage;
    }
    if (!config.empty())
        options.config = config;
    if (!netns.empty())
        options.netns = netns;
    options.logLevel = report::parseLogLevel(logLevel).value_or(spdlog::level::info);
    return options;
}

} // namespace fwdguard::daemon
