// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/load.hpp"
#include "others.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>

#include <unistd.h>

#include <sys/stat.h>

using namespace fwdguard;
using namespace fwdguard::config;
using namespace fwdguard::config::test;
using fwdguard::test::containing;

TEST_CASE("without a file the shipped configuration is in force, word for word")
{
    std::ifstream shipped{FWDGUARD_CONFIG_FILES "/fwd-guard.json"};
    const std::string text{std::istreambuf_iterator<char>{shipped}, {}};
    CHECK(builtInText() == text);

    const Scratch scratch;
    const Loaded fallback = loaded(replaceable(scratch));
    CHECK(fallback.builtIn);
    CHECK(fallback.files.empty());
    CHECK(fallback.warnings.empty());
    CHECK(idsOf(fallback) == "to-docker0 from-docker0");
    const DeclaredRule expected{
        .key = {.id = "to-docker0", .family = Family::ip},
        .chain = {.family = Family::ip, .table = "filter", .chain = "FORWARD"},
        .position = {.kind = Position::Kind::head, .chain = {}},
        .body =
            {.match =
                 {.inInterface =
                      InterfaceMatch{.name = "docker0", .prefix = false, .negated = true},
                  .outInterface = InterfaceMatch{.name = "docker0"}},
             .verdict = {.kind = Verdict::Kind::accept, .chain = {}}},
        .backend = BackendChoice::automatic};
    CHECK(fallback.declaration.rules.at(0) == expected);
}

TEST_CASE("the administrator's file has to exist, the default one need not")
{
    CHECK(sourceOf(std::nullopt).file == "/etc/fwd-guard/fwd-guard.json");
    CHECK_FALSE(sourceOf(std::nullopt).required);
    const Scratch scratch;
    const Problem problem = refused(sourceOf(scratch.main()));
    CHECK(problem.file == scratch.main());
    CHECK_THAT(problem.found, containing("No such file"));
}

TEST_CASE("all that a file leaves out has its default")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    const Declaration declaration = loaded(required(scratch)).declaration;
    CHECK(declaration.pacing == PacingLimits{});
    CHECK(declaration.sweep == Declaration{}.sweep);
    CHECK(declaration.onStop == OnStop::keep);
    CHECK(declaration.rules.at(0).position == Position{});
}

TEST_CASE("drop-ins follow the main file in the order of their names")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"main-1", "main-2"}));
    scratch.write("conf.d/20-b.json", fileWith({"b"}));
    scratch.write("conf.d/10-a.json", fileWith({"a"}));
    scratch.write("conf.d/30-c.json~", "not read");
    scratch.write("conf.d/.hidden.json", "not read");
    const Loaded result = loaded(required(scratch));
    CHECK(idsOf(result) == "main-1 main-2 a b");
    CHECK(
        result.files == std::vector<std::filesystem::path>{
                            scratch.main(),
                            scratch.path() / "conf.d/10-a.json",
                            scratch.path() / "conf.d/20-b.json"});
    CHECK_FALSE(result.builtIn);
}

TEST_CASE("without a main file drop-ins add to the built-in default")
{
    const Scratch scratch;
    scratch.write("conf.d/wg.json", fileWith({"wg"}));
    const Loaded result = loaded(replaceable(scratch));
    CHECK(idsOf(result) == "to-docker0 from-docker0 wg");
    CHECK(result.builtIn);
    CHECK(result.files.size() == 1);
}

TEST_CASE("a drop-in overrides what is said once, key by key, and appends policies")
{
    using namespace std::chrono_literals;
    const Scratch scratch;
    scratch.write(
        "fwd-guard.json",
        R"({ "sweep": "10s", "on_stop": "remove", "pacing": { "burst": 7, "window": "1m" },
             "policies": [ { "family": "ip", "table": "filter", "chain": "FORWARD",
                             "policy": "accept" } ] })");
    scratch.write(
        "conf.d/x.json",
        R"({ "sweep": "0s", "pacing": { "window": "500ms", "max_delay": "1h" },
             "policies": [ { "family": ["ip6", "inet"], "table": "t", "chain": "c",
                             "policy": "drop" } ] })");
    const Declaration declaration = loaded(required(scratch)).declaration;
    CHECK(declaration.sweep == 0s);
    CHECK(declaration.onStop == OnStop::remove);
    CHECK(declaration.pacing == PacingLimits{.burst = 7, .window = 500ms, .maxDelay = 1h});
    REQUIRE(declaration.policies.size() == 3);
    const DeclaredPolicy last{
        .key = {.id = "policy-inet-t-c", .family = Family::inet},
        .chain = {.family = Family::inet, .table = "t", .chain = "c"},
        .policy = Policy::drop};
    CHECK(declaration.policies.at(2) == last);
}

TEST_CASE("an id in two files is refused and both files are named")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one", "two"}));
    const auto dropIn = scratch.write("conf.d/x.json", fileWith({"three", "two"}));
    const Problem problem = refused(required(scratch));
    CHECK(problem.file == dropIn);
    CHECK(problem.pointer == "/rules/1/id");
    CHECK_THAT(problem.found, containing(scratch.main().string() + ": /rules/1"));
}

TEST_CASE("an id of the built-in default is taken for drop-ins too")
{
    const Scratch scratch;
    scratch.write("conf.d/x.json", fileWith({"to-docker0"}));
    CHECK_THAT(refused(replaceable(scratch)).found, containing("built-in default: /rules/0"));
}

TEST_CASE("a bad drop-in refuses the whole configuration")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    const auto dropIn = scratch.write("conf.d/x.json", "{ \"sweep\": 1 }");
    CHECK(refused(required(scratch)).file == dropIn);
}

TEST_CASE("what is no readable regular file is refused, and never waited for")
{
    const Scratch scratch;
    SECTION("a directory")
    {
        std::filesystem::create_directory(scratch.main());
        CHECK(refused(replaceable(scratch)).found == "a directory");
    }
    SECTION("a pipe that nobody writes to")
    {
        REQUIRE(::mkfifo(scratch.main().c_str(), 0600) == 0);
        CHECK(refused(replaceable(scratch)).found == "a pipe");
    }
    SECTION("a device")
    {
        std::filesystem::create_symlink("/dev/null", scratch.main());
        CHECK(refused(replaceable(scratch)).found == "a device");
    }
    SECTION("a link to nowhere: no silent fallback to the default")
    {
        std::filesystem::create_symlink("nowhere", scratch.main());
        CHECK_THAT(refused(replaceable(scratch)).found, containing("No such file"));
    }
    SECTION("a file that others must not read")
    {
        scratch.write("fwd-guard.json", "{}");
        std::filesystem::permissions(scratch.path(), std::filesystem::perms{0755});
        std::filesystem::permissions(scratch.main(), std::filesystem::perms::none);
        const AsNobody nobody;
        CHECK_THAT(refused(replaceable(scratch)).found, containing("Permission denied"));
    }
    SECTION("a file in a directory that others must not enter: not taken for missing")
    {
        scratch.write("fwd-guard.json", "{}");
        std::filesystem::permissions(scratch.path(), std::filesystem::perms::none);
        const AsNobody nobody;
        CHECK_THAT(refused(replaceable(scratch)).found, containing("Permission denied"));
    }
}

TEST_CASE("drop-ins that cannot be read are refused, not skipped")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    SECTION("conf.d is a file")
    {
        scratch.write("conf.d", "");
        CHECK(refused(required(scratch)).file == scratch.path() / "conf.d");
    }
    SECTION("conf.d must not be listed")
    {
        scratch.write("conf.d/x.json", fileWith({"two"}));
        std::filesystem::permissions(scratch.path(), std::filesystem::perms{0755});
        std::filesystem::permissions(scratch.path() / "conf.d", std::filesystem::perms::none);
        const AsNobody nobody;
        CHECK(refused(required(scratch)).file == scratch.path() / "conf.d");
    }
    SECTION("a drop-in is a directory")
    {
        std::filesystem::create_directories(scratch.path() / "conf.d/x.json");
        CHECK(refused(required(scratch)).found == "a directory");
    }
    SECTION("a drop-in is a link to nowhere")
    {
        std::filesystem::create_directory(scratch.path() / "conf.d");
        std::filesystem::create_symlink("nowhere", scratch.path() / "conf.d/x.json");
        CHECK(refused(required(scratch)).file == scratch.path() / "conf.d/x.json");
    }
}

TEST_CASE("a file may have 1 MiB and not a byte more")
{
    const Scratch scratch;
    const std::size_t limit = std::size_t{1024} * 1024;
    scratch.write("fwd-guard.json", "{}" + std::string(limit - 2, ' '));
    CHECK(loaded(required(scratch)).declaration.rules.empty());
    scratch.write("fwd-guard.json", "{}" + std::string(limit - 1, ' '));
    CHECK(refused(required(scratch)).allowed == "at most 1 MiB");
}

TEST_CASE("10 MB of nested arrays, and 1 MB of them, cost a message")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", std::string(10'000'000, '['));
    CHECK(refused(required(scratch)).allowed == "at most 1 MiB");
    scratch.write("fwd-guard.json", std::string(1'000'000, '['));
    CHECK_THAT(refused(required(scratch)).allowed, containing("32 levels"));
}

TEST_CASE("a main file that has been read is required at the reload")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    const Loaded first = loaded(replaceable(scratch));
    std::filesystem::remove(scratch.main());
    CHECK_THAT(
        refused(reloadSource(replaceable(scratch), first)).found, containing("No such file"));

    const Loaded fallback = loaded(replaceable(scratch));
    scratch.write("fwd-guard.json", fileWith({"one"}));
    CHECK(idsOf(loaded(reloadSource(replaceable(scratch), fallback))) == "one");
}

TEST_CASE("every example is accepted")
{
    std::size_t count = 0;
    const Scratch scratch;
    for (const auto& entry :
         std::filesystem::directory_iterator{scratch.copyOf(FWDGUARD_CONFIG_FILES "/examples")}) {
        INFO(entry.path());
        const Loaded example = loaded({.file = entry.path(), .required = true});
        CHECK(
            example.declaration.rules.size() + example.declaration.policies.size() +
                example.flows.size() >
            0);
        ++count;
    }
    CHECK(count >= 7);
}
