// SPDX-License-Identifier: GPL-2.0-or-later
// Other users and groups, as whom only root can look and to whom only root can give files.
#pragma once

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace fwdguard::config::test {

inline constexpr uid_t nobody = 65534;

/// Only root gives files away.
inline void needRoot()
{
    if (::geteuid() != 0)
        fwdguard::test::skip("only root can give files to others");
}

inline void give(const std::filesystem::path& path, uid_t owner, gid_t group)
{
    REQUIRE(::chown(path.c_str(), owner, group) == 0);
}

/// root reads everything: for a file's permissions to count, look with another user's eyes.
class AsNobody {
  public:
    AsNobody() : changed_{::geteuid() == 0 && ::seteuid(nobody) == 0} {}
    ~AsNobody()
    {
        if (changed_ && ::seteuid(0) != 0)
            std::abort();
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

  private:
    bool changed_;
};

/// With this effective group.
class AsGroup {
  public:
    explicit AsGroup(gid_t group) : before_{::getegid()} { REQUIRE(::setegid(group) == 0); }
    ~AsGroup()
    {
        if (::setegid(before_) != 0)
            std::abort();
    }
    AsGroup(const AsGroup&) = delete;
    AsGroup& operator=(const AsGroup&) = delete;

  private:
    gid_t before_;
};

} // namespace fwdguard::config::test
