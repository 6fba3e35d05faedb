// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/catch.hpp"
#include "sys/owned_fd.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace fwdguard::test {

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        readEnd.reset(ends[0]);
        writeEnd.reset(ends[1]);
    }
    void fill() const { REQUIRE(::write(writeEnd.value(), "x", 1) == 1); }

    void drain() const
    {
        char byte = 0;
        REQUIRE(::read(readEnd.value(), &byte, 1) == 1);
    }

    sys::OwnedFd readEnd;
    sys::OwnedFd writeEnd;
};

} // namespace fwdguard::test
