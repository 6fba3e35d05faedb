// SPDX-License-Identifier: GPL-2.0-or-later
// fwd-guardctl: asks fwd-guard over the system bus.
#include "ctl/commands.hpp"
#include "ctl/duration.hpp"

#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace {

using fwdguard::ctl::ExitStatus;

struct Arguments {
    std::string rule;
    bool json = false;
    std::string duration;
    std::function<ExitStatus()> run;
};

std::string durationError(const std::string& text)
{
    return fwdguard::ctl::parseDuration(text)
               ? ""
               : "\"" + text + "\" is no duration: 30s, 10m, 2h, 1d or plain seconds";
}

void addReading(CLI::App& app, Arguments& arguments)
{
    auto* status = app.add_subcommand("status", "Show whether the rules are in place");
    status->add_flag("--json", arguments.json, "Print the status as JSON");
    status->add_option("RULE", arguments.rule, "Only this rule");
    status->callback([&] {
        arguments.run = [&] { return fwdguard::ctl::status(arguments.rule, arguments.json); };
    });
    app.add_subcommand("check", "Have the rules looked at now, for scripts: 0 all in place, 1 not")
        ->callback([&] { arguments.run = fwdguard::ctl::check; });
    app.add_subcommand("watch", "Print incidents and state changes as they happen")->callback([&] {
        arguments.run = fwdguard::ctl::watch;
    });
}

void addChanging(CLI::App& app, Arguments& arguments)
{
    app.add_subcommand("reload", "Have the configuration read again (root)")->callback([&] {
        arguments.run = fwdguard::ctl::reload;
    });
    auto* hold = app.add_subcommand("hold", "Pause repairs (root)");
    hold->add_option("RULE", arguments.rule, "A rule, or all")->required();
    hold->add_option(
            "--for", arguments.duration, "For how long: 30s, 10m, 2h, 1d; else until release")
        ->check(CLI::Validator{durationError, "DURATION"});
    hold->callback([&] {
        arguments.run = [&] {
            return fwdguard::ctl::hold(
                arguments.rule,
                fwdguard::ctl::parseDuration(arguments.duration).value_or(std::chrono::seconds{0}));
        };
    });
    auto* release = app.add_subcommand("release", "Resume repairs (root)");
    release->add_option("RULE", arguments.rule, "A rule, or all")->required();
    release->callback(
        [&] { arguments.run = [&] { return fwdguard::ctl::release(arguments.rule); }; });
}

int usageError(const CLI::App& app, const CLI::ParseError& error)
{
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitStatus::usage);
}

int parseAndRun(int argc, char** argv)
{
    CLI::App app{"Asks fwd-guard, which holds firewall rules in place."};
    app.set_version_flag("--version", "fwd-guardctl " FWDGUARD_VERSION);
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, all rules in place; 1 some are not, or failed; 3 the daemon\n"
               "is not reachable; 64 usage; 77 not permitted; 78 the configuration is refused.");
    Arguments arguments;
    addReading(app, arguments);
    addChanging(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError& e) {
        // A command that there is not would be told as one that is missing.
        if (const auto unknown = app.remaining(); !unknown.empty())
            return usageError(app, CLI::ExtrasError(app.get_name(), unknown));
        return usageError(app, e);
    } catch (const CLI::ParseError& e) {
        return usageError(app, e);
    }
    return static_cast<int>(arguments.run());
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return parseAndRun(argc, argv);
    } catch (const fwdguard::ctl::Failure& e) {
        std::fprintf(stderr, "fwd-guardctl: %s\n", e.what());
        return static_cast<int>(e.status());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "fwd-guardctl: %s\n", e.what());
        return static_cast<int>(ExitStatus::failed);
    }
}
