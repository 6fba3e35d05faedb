// SPDX-License-Identifier: GPL-2.0-or-later
// What cannot be done is said in one clear line and with the right exit status.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace fwdguard::test;

namespace {

struct Ended {
    std::optional<int> status;
    std::string text;
};

Ended runToEnd(
    const Scratch& scratch,
    const std::vector<std::string>& arguments,
    const DaemonProcess::Environment& environment = {})
{
    DaemonProcess daemon(scratch, arguments, environment);
    const auto status = daemon.exitStatus();
    return {.status = status, .text = daemon.log()};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an unknown option is a usage error that names it")
{
    const Scratch scratch;
    const Ended ended = runToEnd(scratch, {"--flush-everything"});
    CHECK(ended.status == 64);
    CHECK(contains(ended.text, "--flush-everything"));
}

TEST_CASE("an empty file name is a usage error, and not the default")
{
    const std::string option = GENERATE("--config", "--netns");
    const FreshNetns netns;
    const Scratch scratch;
    const Ended ended = runToEnd(scratch, {option, "", "--check-config"});
    CHECK(ended.status == 64);
    CHECK(contains(ended.text, option + ": found an empty name; allowed: a file"));
}

TEST_CASE("the options --help and --version end with status 0")
{
    const Scratch scratch;
    const Ended help = runToEnd(scratch, {"--help"});
    CHECK(help.status == 0);
    for (const char* option : {"--config", "--check-config", "--netns", "--log-level", "--version"})
        CHECK(contains(help.text, option));
    const Ended version = runToEnd(scratch, {"--version"});
    CHECK(version.status == 0);
    CHECK(contains(version.text, "fwd-guard 0."));
}

TEST_CASE("the option --check-config says that a good file is good and touches nothing")
{
    const FreshNetns netns;
    const Scratch scratch;
    const Ended ended =
        runToEnd(scratch, {"--check-config", "--config", FWDGUARD_SHIPPED_CONFIGURATION});
    CHECK(ended.status == 0);
    CHECK(contains(ended.text, "2 rules, good"));
    CHECK(must("nft list ruleset").empty());
}

TEST_CASE("a bad configuration ends with status 78, with file, pointer, what was found and what is "
          "allowed")
{
    const bool checkOnly = GENERATE(true, false);
    const FreshNetns netns;
    const Scratch scratch;
    const auto file = scratch.write(
        "bad.json",
        R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD",
            "match":{"out_interface":"a-name-that-is-too-long"},"verdict":"accept"}]})");
    std::vector<std::string> arguments{"--config", file};
    if (checkOnly)
        arguments.emplace_back("--check-config");
    const Ended ended = runToEnd(scratch, arguments);
    CHECK(ended.status == 78);
    CHECK(contains(ended.text, file.string() + ": /rules/0/match/out_interface: found "));
    CHECK(contains(ended.text, "; allowed: "));
}

TEST_CASE("a configuration that belongs to another user ends with status 78, and what to do")
{
    const FreshNetns netns;
    const Scratch scratch;
    const auto file = scratch.write("c.json", must("cat " FWDGUARD_SHIPPED_CONFIGURATION));
    must("chown 65534 " + file.string());
    const Ended ended = runToEnd(scratch, {"--config", file});
    CHECK(ended.status == 78);
    CHECK(contains(
        ended.text,
        file.string() + ": found a file that belongs to user 65534; allowed: a file that belongs "
                        "to root (chown root)"));
}

TEST_CASE("a file of holds that every user may write holds nothing, and the log says so")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    const auto state = scratch.path() / "state";
    std::filesystem::create_directory(state);
    struct stat inode {};
    REQUIRE(stat("/proc/thread-self/ns/net", &inode) == 0);
    const auto file = state / ("holds-netns-" + std::to_string(inode.st_ino) + ".json");
    std::ofstream{file} << R"({"holds":[{"rule":"to-docker0","written":1795435200,"until":null}]})";
    std::filesystem::permissions(file, std::filesystem::perms{0666});
    DaemonProcess daemon(scratch, {"--config", FWDGUARD_SHIPPED_CONFIGURATION});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged(
        "nothing is held any more: " + file.string() + ": found a file that every user may write"));
    CHECK(contains(must("iptables -S FORWARD"), "fwd-guard:to-docker0"));
}

TEST_CASE("a configuration that is not there, or a directory, ends with status 78")
{
    const Scratch scratch;
    CHECK(runToEnd(scratch, {"--config", scratch.path() / "none.json"}).status == 78);
    const Ended directory = runToEnd(scratch, {"--config", scratch.path()});
    CHECK(directory.status == 78);
    CHECK(contains(directory.text, "directory"));
}

TEST_CASE("a network namespace that is not there is an error that says so")
{
    const FreshNetns netns;
    const Scratch scratch;
    const Ended ended = runToEnd(scratch, {"--netns", "/run/netns/no-such-namespace"});
    CHECK(ended.status == 1);
    CHECK(contains(ended.text, "no-such-namespace"));
}

TEST_CASE("without CAP_NET_ADMIN it ends with status 77 and says what is missing")
{
    const FreshNetns netns;
    const Scratch scratch;
    const auto file = scratch.write("c.json", must("cat " FWDGUARD_SHIPPED_CONFIGURATION));
    const Output output = run(
        // Still the owner of the checkout, which may lie where nobody else may look.
        "RUNTIME_DIRECTORY=" + scratch.path().string() +
        " setpriv --inh-caps=-all --bounding-set=-all " FWDGUARD_DAEMON " --config " +
        file.string());
    CHECK(output.status == 77);
    CHECK(contains(output.text, "CAP_NET_ADMIN"));
}

TEST_CASE("without nf_tables in the kernel it ends with status 1 and says what is missing")
{
    const FreshNetns netns;
    const Scratch scratch;
    auto environment = DaemonProcess::preloading(FWDGUARD_NO_NFTABLES);
    environment["PRETENDED_WITHOUT"] = GENERATE("netfilter", "nf_tables");
    const Ended ended =
        runToEnd(scratch, {"--config", FWDGUARD_SHIPPED_CONFIGURATION}, environment);
    CHECK(ended.status == 1);
    CHECK(contains(ended.text, "this kernel has no nf_tables; load it"));
}
