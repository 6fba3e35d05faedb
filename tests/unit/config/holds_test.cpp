// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/holds.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::config;
using namespace fwdguard::config::test;
using namespace std::chrono_literals;
using fwdguard::test::containing;

namespace {

const WallTime noon{1'795'435'200s};
const SavedHold hour{.rule = "to-docker0", .written = noon, .until = noon + 1h};
const SavedHold forEver{.rule = "policy-ip-filter-FORWARD", .written = noon, .until = {}};

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
    CHECK(std::get<0>(readHolds(file)).empty());
    REQUIRE_FALSE(writeHolds(file, {hour, forEver}));
    CHECK(std::get<0>(readHolds(file)) == std::vector{hour, forEver});
    REQUIRE_FALSE(writeHolds(file, {hour}));
    CHECK(std::get<0>(readHolds(file)) == std::vector{hour});
    REQUIRE_FALSE(writeHolds(file, {}));
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK_FALSE(writeHolds(file, {}));
}

TEST_CASE("a hold ends at its time, whatever happened to the clock")
{
    CHECK(remaining(hour, noon + 59min) == 60s);
    CHECK(remaining(hour, noon + 1h) == std::nullopt);
    CHECK(remaining(hour, noon + 24h) == std::nullopt);
    CHECK(remaining(hour, noon - 10'000h) == 3600s);
    CHECK(remaining({.rule = "x", .written = noon, .until = noon - 1h}, noon - 2h) == std::nullopt);
}

TEST_CASE("a file of holds that every user may write is refused, and so is its directory")
{
    const Scratch scratch;
    const auto file = scratch.path() / "holds.json";
    REQUIRE_FALSE(writeHolds(file, {hour}));
    CHECK(
        (std::filesystem::status(file).permissions() & std::filesystem::perms{0077}) ==
        std::filesystem::perms::none);
    const auto both = {file, scratch.path()};
    for (const auto& path : both) {
        const auto before = std::filesystem::status(path).permissions();
        std::filesystem::permissions(path, before | std::filesystem::perms::others_write);
        CHECK_THAT(refusalOf(file).found, containing("that every user may write"));
        std::filesystem::permissions(path, before);
    }
    CHECK(std::get<0>(readHolds(file)).size() == 1);
}

TEST_CASE("a file of holds that says anything else is refused whole")
{
    const Scratch scratch;
    const std::string text = GENERATE(
        as<std::string>{},
        "",
        "[]",
        "{",
        R"({"holds":{}})",
        R"({"holds":[{}]})",
        R"({"holds":[{"rule":1,"written":1,"until":2}]})",
        R"({"holds":[{"rule":"x","written":1}]})",
        R"({"holds":[{"rule":"x","written":1,"until":"2"}]})",
        R"({"holds":[{"rule":"x","written":-1,"until":2}]})",
        R"({"holds":[{"rule":"x","written":1,"until":9223372036854775807}]})",
        R"({"holds":[{"rule":"x","written":1,"until":18446744073709551615}]})");
    CHECK(refusalOf(scratch.write("holds.json", text)).found == "something else");
}

TEST_CASE("where holds cannot be written, that is said")
{
    const Scratch scratch;
    const auto refusal = writeHolds(scratch.path() / "no/such/directory/holds.json", {hour});
    REQUIRE(refusal);
    CHECK_THAT(refusal->found, containing("No such file"));
}
