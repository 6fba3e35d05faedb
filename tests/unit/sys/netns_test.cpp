// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/netns.hpp"
#include "unit/sys/child.hpp"
#include "unit/sys/scratch.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include <sys/stat.h>

using namespace fwdguard;

namespace {

std::system_error refusal(const std::filesystem::path& file)
{
    try {
        sys::enterNetns(file);
    } catch (const std::system_error& error) {
        return error;
    }
    FAIL("entered " << file);
    return {std::error_code{}};
}

bool says(const std::system_error& error, const std::string& part)
{
    return std::string(error.what()).find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a network namespace is entered by its file")
{
    const auto home = sys::currentNetns();
    const std::string parent = "/proc/" + std::to_string(::getpid()) + "/ns/net";
    const auto seen = test::inChild(CLONE_NEWNET, [&] {
        const auto own = sys::currentNetns();
        if (own == home)
            return std::string("the child has no namespace of its own");
        sys::enterNetns(parent);
        return std::string(sys::currentNetns() == home ? "home" : "elsewhere");
    });
    if (seen)
        CHECK(*seen == "home");
}

TEST_CASE("a network namespace keeps its lasting name, and no later one has it")
{
    const auto seen = test::inChild(CLONE_NEWNET, [] {
        std::map<ino_t, std::string> names;
        const auto giveUp = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < giveUp) {
            const auto name = sys::lastingNetnsName();
            if (!name)
                return std::string("no name");
            if (name != sys::lastingNetnsName())
                return *name + " has another name already";
            const auto [had, isNew] = names.emplace(sys::currentNetns().inode, *name);
            // The kernel gives the inode number of a namespace away again when it is taken down,
            // which happens behind our back and, on a busy machine, not at once.
            if (!isNew)
                return std::string(had->second == *name ? "one name for two" : "two names");
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (::unshare(CLONE_NEWNET) != 0)
                return std::string("no further namespace");
        }
        return std::string("no inode number was given twice");
    });
    if (seen)
        CHECK(*seen == "two names");
}

TEST_CASE("the host's own network namespace has the lasting name \"host\", and no other one has it")
{
    const auto agree = [] {
        // A setting of the whole machine, which the kernel shows in its first network namespace
        // only.
        const bool host = std::filesystem::exists("/proc/sys/net/core/netdev_budget");
        return (sys::lastingNetnsName() == "host") == host;
    };
    CHECK(agree());
    const auto seen =
        test::inChild(CLONE_NEWNET, [&] { return std::string(agree() ? "agree" : "differ"); });
    if (seen)
        CHECK(*seen == "agree");
}

TEST_CASE("what is no network namespace is refused with what it is and what is wanted")
{
    const test::Scratch scratch;
    scratch.write("file", "");
    REQUIRE(::mkfifo((scratch.path() / "pipe").c_str(), 0600) == 0);

    const auto missing = refusal(scratch.path() / "none");
    CHECK(missing.code().value() == ENOENT);
    CHECK(says(missing, "/none: it cannot be opened"));
    CHECK(says(missing, "/run/netns/NAME"));
    CHECK(says(missing, "No such file"));

    CHECK(says(refusal(scratch.path() / "file"), "found a regular file"));
    CHECK(says(refusal(scratch.path()), "found a directory"));
    CHECK(says(refusal(scratch.path() / "pipe"), "found a pipe"));
    CHECK(says(refusal("/dev/null"), "found a device"));
    CHECK(says(refusal("/proc/self/ns/mnt"), "a namespace of another type"));
}
