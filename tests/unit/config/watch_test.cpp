// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/watch.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace fwdguard::config;
using namespace fwdguard::config::test;
namespace fs = std::filesystem;

namespace {

using Paths = std::vector<fs::path>;

/// A volume as Kubernetes mounts a ConfigMap: files link through ..data, which is swapped.
void mountConfigMap(const Scratch& scratch)
{
    scratch.write("..2024_1/fwd-guard.json", fileWith({"old"}));
    scratch.write("..2024_2/fwd-guard.json", fileWith({"new"}));
    fs::create_directory_symlink("..2024_1", scratch.path() / "..data");
    fs::create_symlink("..data/fwd-guard.json", scratch.main());
}

void swapConfigMap(const Scratch& scratch)
{
    fs::create_directory_symlink("..2024_2", scratch.path() / "..data_tmp");
    fs::rename(scratch.path() / "..data_tmp", scratch.path() / "..data");
}

} // namespace

TEST_CASE("watched: the directory of the file, and conf.d when there is one")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", "{}");
    CHECK(directoriesToWatch(scratch.main()) == Paths{scratch.path()});
    fs::create_directory(scratch.path() / "conf.d");
    CHECK(directoriesToWatch(scratch.main()) == Paths{scratch.path(), scratch.path() / "conf.d"});
}

TEST_CASE("watched: the last directory that exists on the way to a missing file")
{
    const Scratch scratch;
    CHECK(directoriesToWatch(scratch.path() / "not/yet/fwd-guard.json") == Paths{scratch.path()});
}

TEST_CASE("watched: where each link lies and where it leads")
{
    const Scratch scratch;
    mountConfigMap(scratch);
    CHECK(directoriesToWatch(scratch.main()) == Paths{scratch.path(), scratch.path() / "..2024_1"});
}

TEST_CASE("watched: the directory that holds a link to the configuration's directory")
{
    const Scratch scratch;
    scratch.write("releases/1/etc/fwd-guard.json", "{}");
    fs::create_directory_symlink("releases/1", scratch.path() / "current");
    CHECK(
        directoriesToWatch(scratch.path() / "current/etc/fwd-guard.json") ==
        Paths{scratch.path(), scratch.path() / "releases/1/etc"});
}

TEST_CASE("watched: where linked drop-ins are kept")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", "{}");
    const fs::path target = scratch.write("elsewhere/x.json", "{}");
    fs::create_directory(scratch.path() / "conf.d");
    fs::create_symlink(target, scratch.path() / "conf.d/x.json");
    const Paths watched = directoriesToWatch(scratch.main());
    CHECK(
        watched == Paths{scratch.path(), scratch.path() / "conf.d", scratch.path() / "elsewhere"});
}

TEST_CASE("a circle of links is walked a bounded number of times")
{
    const Scratch scratch;
    fs::create_symlink("b", scratch.path() / "a");
    fs::create_symlink("a", scratch.path() / "b");
    CHECK(directoriesToWatch(scratch.path() / "a/fwd-guard.json") == Paths{scratch.path()});
}

TEST_CASE("the fingerprint changes with what load() would read, and with nothing else")
{
    const Scratch scratch;
    scratch.write("fwd-guard.json", fileWith({"one"}));
    scratch.write("conf.d/x.json", fileWith({"two"}));
    const Fingerprint before = fingerprint(scratch.main());
    CHECK(fingerprint(scratch.main()) == before);

    SECTION("not by other files")
    {
        scratch.write("notes.txt", "");
        scratch.write("conf.d/.x.json.swp", "");
        CHECK(fingerprint(scratch.main()) == before);
    }
    SECTION("by the same text in a new file")
    {
        scratch.write("new", fileWith({"one"}));
        fs::rename(scratch.path() / "new", scratch.main());
        CHECK(fingerprint(scratch.main()) != before);
    }
    SECTION("by text of the same length whose time of writing was set back")
    {
        const auto written = fs::last_write_time(scratch.main());
        std::string text = fileWith({"one"});
        text.replace(text.find("one"), 3, "two");
        scratch.write("fwd-guard.json", text);
        fs::last_write_time(scratch.main(), written);
        CHECK(fingerprint(scratch.main()) != before);
    }
    SECTION("by permissions")
    {
        fs::permissions(scratch.main(), fs::perms::none);
        CHECK(fingerprint(scratch.main()) != before);
    }
    SECTION("by the loss of the file")
    {
        fs::remove(scratch.main());
        CHECK(fingerprint(scratch.main()) != before);
    }
    SECTION("by a new drop-in")
    {
        scratch.write("conf.d/y.json", "{}");
        CHECK(fingerprint(scratch.main()) != before);
    }
    SECTION("by the loss of a drop-in")
    {
        fs::remove(scratch.path() / "conf.d/x.json");
        CHECK(fingerprint(scratch.main()) != before);
    }
}

TEST_CASE("a swapped directory link shows in the fingerprint and in what is read")
{
    const Scratch scratch;
    mountConfigMap(scratch);
    const Fingerprint before = fingerprint(scratch.main());
    CHECK(idsOf(loaded({.file = scratch.main()})) == "old");
    swapConfigMap(scratch);
    CHECK(fingerprint(scratch.main()) != before);
    CHECK(idsOf(loaded({.file = scratch.main()})) == "new");
}
