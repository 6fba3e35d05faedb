// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/text.hpp"

#include <cstdint>
#include <iostream>

namespace fwdguard::ctl {

ExitStatus hold(const std::string& rule, std::chrono::seconds duration)
{
    changeManager([&](Manager& manager) {
        manager.Hold(rule, static_cast<std::uint64_t>(duration.count()));
    });
    const auto name = printable(rule);
    std::cout << "held: " << name << ", not repaired ";
    if (duration.count() > 0)
        std::cout << "for " << duration.count() << " s or ";
    std::cout << "until: fwd-guardctl release " << name << '\n';
    return ExitStatus::done;
}

} // namespace fwdguard::ctl
