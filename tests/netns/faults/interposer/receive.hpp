// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "injection.hpp"

#include <cstddef>
#include <span>

#include <sys/socket.h>
#include <sys/types.h>

namespace fwdguard::faults {

/// One message as it came; what is changed in it is what the caller gets.
struct Arrived {
    std::size_t size = 0;
    int flags = 0;
    sockaddr* sender = nullptr;
};

/// Damages what a receive brought.
void damage(Arrived& message, Effect effect);

/// Takes what would be sent to the kernel, whose answers() on that socket are refusals then.
void refuse(int fd, std::span<const unsigned char> datagram, int number);

/// The refusals that wait for being received; 0: none.
std::size_t takeRefusals(int fd, std::span<unsigned char> buffer);

} // namespace fwdguard::faults
