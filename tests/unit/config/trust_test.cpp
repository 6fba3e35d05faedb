// SPDX-License-Identifier: GPL-2.0-or-later
// Whose configuration is believed: nobody's but root's and our own.
#include "config/load.hpp"
#include "others.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

using namespace fwdguard::config;
using namespace fwdguard::config::test;
using fwdguard::test::containing;

TEST_CASE("what every user may write is refused")
{
    const Scratch scratch;
    const auto main = scratch.write("fwd-guard.json", fileWith({"one"}));
    const auto dropIn = scratch.write("conf.d/x.json", fileWith({"two"}));
    REQUIRE(idsOf(loaded(required(scratch))) == "one two");
    const auto mark = [](const std::filesystem::path& path, std::filesystem::perm_options how) {
        std::filesystem::permissions(path, std::filesystem::perms::others_write, how);
    };
    for (const std::filesystem::path& path : {main, dropIn, dropIn.parent_path(), scratch.path()}) {
        mark(path, std::filesystem::perm_options::add);
        const Problem problem = refused(required(scratch));
        CHECK(problem.file == path);
        CHECK_THAT(problem.found, containing("that every user may write"));
        CHECK_THAT(problem.allowed, containing("chmod o-w"));
        mark(path, std::filesystem::perm_options::remove);
    }
    CHECK(idsOf(loaded(required(scratch))) == "one two");
}

TEST_CASE("what belongs to another user is refused, and what belongs to root or to us is not")
{
    needRoot();
    const Scratch scratch;
    const auto main = scratch.write("fwd-guard.json", fileWith({"one"}));
    const auto dropIn = scratch.write("conf.d/x.json", fileWith({"two"}));
    std::filesystem::permissions(scratch.path(), std::filesystem::perms{0755});
    for (const std::filesystem::path& path : {main, dropIn, dropIn.parent_path(), scratch.path()}) {
        give(path, nobody, 0);
        const Problem problem = refused(required(scratch));
        CHECK(problem.file == path);
        CHECK_THAT(problem.found, containing("that belongs to user 65534"));
        CHECK_THAT(problem.allowed, containing("that belongs to root (chown root)"));
        {
            const AsNobody eyes;
            CHECK(idsOf(loaded(required(scratch))) == "one two");
        }
        give(path, nobody - 1, 0);
        {
            const AsNobody eyes;
            CHECK_THAT(
                refused(required(scratch)).allowed,
                containing("root or to user 65534, as which fwd-guard runs (chown root)"));
        }
        give(path, 0, 0);
    }
}

TEST_CASE("what a group may write is refused, but for root's and our own")
{
    needRoot();
    const Scratch scratch;
    const auto main = scratch.write("fwd-guard.json", fileWith({"one"}));
    const auto dropIn = scratch.write("conf.d/x.json", fileWith({"two"}));
    for (const std::filesystem::path& path : {main, dropIn, dropIn.parent_path(), scratch.path()}) {
        std::filesystem::permissions(
            path, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
        CHECK(idsOf(loaded(required(scratch))) == "one two");
        give(path, 0, nobody);
        const Problem problem = refused(required(scratch));
        CHECK(problem.file == path);
        CHECK_THAT(problem.found, containing("that group 65534 may write"));
        CHECK_THAT(problem.allowed, containing("chmod g-w"));
        {
            const AsGroup own{nobody};
            CHECK(idsOf(loaded(required(scratch))) == "one two");
        }
        give(path, 0, 0);
    }
}

TEST_CASE("in a sticky directory, as /tmp is, nobody else can replace a file")
{
    const auto sticky = std::filesystem::perms::all | std::filesystem::perms::sticky_bit;
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    const auto dropIn = scratch.write("conf.d/x.json", fileWith({"two"}));
    std::filesystem::permissions(scratch.path(), sticky);
    CHECK(idsOf(loaded(required(scratch))) == "one two");
    SECTION("but everybody can add a drop-in")
    {
        std::filesystem::permissions(dropIn.parent_path(), sticky);
        CHECK(refused(required(scratch)).file == dropIn.parent_path());
    }
    SECTION("but its owner can")
    {
        needRoot();
        give(scratch.path(), nobody, 0);
        CHECK(refused(required(scratch)).file == scratch.path());
    }
}

TEST_CASE("the directory counts that a file really lies in")
{
    const Scratch scratch;
    SECTION("a ConfigMap is mounted with all rights, read-only")
    {
        scratch.write("..1/fwd-guard.json", fileWith({"one"}));
        std::filesystem::create_directory_symlink("..1", scratch.path() / "..data");
        std::filesystem::create_symlink("..data/fwd-guard.json", scratch.main());
        std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
        CHECK(idsOf(loaded(required(scratch))) == "one");
    }
    SECTION("a link that leads to where everybody may write")
    {
        const auto target = scratch.write("open/one.json", fileWith({"one"}));
        std::filesystem::create_symlink(target, scratch.main());
        std::filesystem::permissions(target.parent_path(), std::filesystem::perms::all);
        CHECK(refused(required(scratch)).file == target.parent_path());
    }
    SECTION("where there is no file yet")
    {
        std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
        CHECK(refused(replaceable(scratch)).file == scratch.path());
    }
}
