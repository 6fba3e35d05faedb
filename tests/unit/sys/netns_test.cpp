// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/netns.hpp"
#include "unit/sys/child.hpp"
#include "unit/sys/scratch.hpp"

#include <cerrno>
#include <string>
#include <system_error>

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
