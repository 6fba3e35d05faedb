// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/instance_lock.hpp"
#include "unit/sys/child.hpp"
#include "unit/sys/scratch.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

#include <unistd.h>

#include <sys/stat.h>

using namespace fwdguard;
using namespace fwdguard::sys;

namespace {

constexpr NetnsId netns{.device = 4, .inode = 4026531840};
constexpr NetnsId otherNetns{.device = 4, .inode = 4026532001};
const char* const file = "netns-4026531840.lock";

std::string tryFromChild(const NetnsId& id, const std::filesystem::path& directory)
{
    return test::inChild(
               0,
               [&] {
                   const auto result = lockInstance(id, directory);
                   const auto* other = std::get_if<OtherInstance>(&result);
                   return other != nullptr ? other->describe() : std::string("locked");
               })
        .value_or("");
}

} // namespace

TEST_CASE("a second instance for the same network namespace is told who was first")
{
    const test::Scratch scratch;
    const auto first = lockInstance(netns, scratch.path());
    REQUIRE(std::holds_alternative<InstanceLock>(first));
    std::string comm;
    std::ifstream("/proc/self/comm") >> comm;
    CHECK(
        tryFromChild(netns, scratch.path()) ==
        comm + " (pid " + std::to_string(::getpid()) + ") already guards this network namespace");
    CHECK(tryFromChild(otherNetns, scratch.path()) == "locked");
}

TEST_CASE("a file that a dead instance left behind does not keep the next one out")
{
    const test::Scratch scratch;
    scratch.write(file, "1 a name that is much longer than the new one\n");
    const auto lock = lockInstance(netns, scratch.path());
    REQUIRE(std::holds_alternative<InstanceLock>(lock));
    std::string text;
    std::getline(std::ifstream(scratch.path() / file), text, '\0');
    CHECK(text.starts_with(std::to_string(::getpid()) + ' '));
    CHECK(text.find("longer") == std::string::npos);
}

TEST_CASE("the lock ends with its owner")
{
    const test::Scratch scratch;
    CHECK(tryFromChild(netns, scratch.path()) == "locked");
    CHECK(tryFromChild(netns, scratch.path()) == "locked");
}

TEST_CASE("an owner that has not said its name yet is not guessed at")
{
    const test::Scratch scratch;
    const auto lock = lockInstance(netns, scratch.path());
    for (const char* text : {"", "no number", "12", "12x y\n"}) {
        scratch.write(file, text);
        CHECK(
            tryFromChild(netns, scratch.path()) ==
            "another fwd-guard already guards this network namespace");
    }
}

TEST_CASE("something else in the lock file's place is left alone")
{
    const test::Scratch scratch;
    scratch.write("precious", "text");
    const auto path = scratch.path() / file;
    SECTION("a symbolic link")
    {
        std::filesystem::create_symlink("precious", path);
    }
    SECTION("a hard link")
    {
        std::filesystem::create_hard_link(scratch.path() / "precious", path);
    }
    SECTION("a pipe")
    {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    SECTION("a directory")
    {
        std::filesystem::create_directory(path);
    }
    CHECK_THROWS_AS(lockInstance(netns, scratch.path()), std::system_error);
    std::string text;
    std::ifstream(scratch.path() / "precious") >> text;
    CHECK(text == "text");
}

TEST_CASE("the lock's directory is made when it is missing, and others may not open the lock")
{
    const test::Scratch scratch;
    const auto directory = scratch.path() / "run";
    const auto lock = lockInstance(netns, directory);
    struct stat info {};
    REQUIRE(::stat(directory.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0755);
    REQUIRE(::stat((directory / file).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK_THROWS_AS(lockInstance(netns, scratch.path() / "no/such"), std::system_error);
}

TEST_CASE("locks are in the service's runtime directory")
{
    ::setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
    CHECK(lockDirectory() == "/run/one");
    ::unsetenv("RUNTIME_DIRECTORY");
    CHECK(lockDirectory() == "/run/fwd-guard");
}
