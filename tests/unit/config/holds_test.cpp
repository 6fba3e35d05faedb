// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/holds.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <unistd.h>

using namespace fwdguard;
using namespace fwdguard::config;
using namespace fwdguard::config::test;
using namespace std::chrono_literals;
using fwdguard::test::containing;

namespace {

const WallTime noon{1'795'435'200s};
const SavedHold hour{.rule = "to-docker0", .written = noon, .until = noon + 1h};
const SavedHold forEver{.rule = "policy-ip-filter-FORWARD", .written = noon, .until = {}};
const SavedHolds onlyHour{.netns = "host", .holds = {hour}};

Refusal refusalOf(const std::filesystem::path& file)
{
    auto read = readHolds(file);
    REQUIRE(std::holds_alternative<Refusal>(read));
    return std::get<Refusal>(read);
}

} // namespace

TEST_CASE("holds are read as they were written, and none where there is no file")
{
    const Scratch scratch;
    const auto file = scratch.path() / "holds.json";
    const SavedHolds both{.netns = "host", .holds = {hour, forEver}};
    CHECK(std::get<0>(readHolds(file)).holds.empty());
    REQUIRE_FALSE(writeHolds(file, both));
    CHECK(std::get<0>(readHolds(file)) == both);
    REQUIRE_FALSE(writeHolds(file, onlyHour));
    CHECK(std::get<0>(readHolds(file)) == onlyHour);
    REQUIRE_FALSE(writeHolds(file, {.netns = "host"}));
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK_FALSE(writeHolds(file, {.netns = "host"}));
}

TEST_CASE("a hold ends at its time, whatever happened to the clock")
{
    CHECK(remaining(hour, noon + 59min) == 60s);
    CHECK(remaining(hour, noon + 1h) == std::nullopt);
    CHECK(remaining(hour, noon + 24h) == std::nullopt);
    CHECK(remaining(hour, noon - 10'000h) == 3600s);
    CHECK(remaining({.rule = "x", .written = noon, .until = noon - 1h}, noon - 2h) == std::nullopt);
}

TEST_CASE("a file of holds that others can change is refused, and so is its directory")
{
    const Scratch scratch;
    const auto file = scratch.path() / "holds.json";
    REQUIRE_FALSE(writeHolds(file, onlyHour));
    CHECK(
        (std::filesystem::status(file).permissions() & std::filesystem::perms{0077}) ==
        std::filesystem::perms::none);
    const auto both = {file, scratch.path()};
    for (const auto& path : both) {
        const auto before = std::filesystem::status(path).permissions();
        std::filesystem::permissions(
            path,
            before | std::filesystem::perms::others_write | std::filesystem::perms::sticky_bit);
        CHECK_THAT(refusalOf(file).found, containing("that every user may write"));
        std::filesystem::permissions(path, before);
        if (::geteuid() == 0) {
            REQUIRE(::chown(path.c_str(), 65534, 0) == 0);
            CHECK_THAT(refusalOf(file).found, containing("that belongs to user 65534"));
            REQUIRE(::chown(path.c_str(), 0, 0) == 0);
        }
    }
    CHECK(std::get<0>(readHolds(file)).holds.size() == 1);
    std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
    CHECK(
        refusalOf(file).found ==
        "a directory that every user may write, " + scratch.path().string());
}

TEST_CASE("a file of holds that says anything else is refused whole")
{
    const Scratch scratch;
    const std::string text = GENERATE(
        as<std::string>{},
        "",
        "[]",
        "{",
        R"({"holds":[]})",
        R"({"netns":1,"holds":[]})",
        R"({"netns":"host","holds":{}})",
        R"({"netns":"host","holds":[{}]})",
        R"({"netns":"host","holds":[{"rule":1,"written":1,"until":2}]})",
        R"({"netns":"host","holds":[{"rule":"x","written":1}]})",
        R"({"netns":"host","holds":[{"rule":"x","written":1,"until":"2"}]})",
        R"({"netns":"host","holds":[{"rule":"x","written":-1,"until":2}]})",
        R"({"netns":"host","holds":[{"rule":"x","written":1,"until":9223372036854775807}]})",
        R"({"netns":"host","holds":[{"rule":"x","written":1,"until":18446744073709551615}]})");
    CHECK(refusalOf(scratch.write("holds.json", text)).found == "something else");
}

TEST_CASE("where holds cannot be written, that is said")
{
    const Scratch scratch;
    const auto refusal = writeHolds(scratch.path() / "no/such/directory/holds.json", onlyHour);
    REQUIRE(refusal);
    CHECK_THAT(refusal->found, containing("No such file"));
}
