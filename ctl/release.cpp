// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/text.hpp"

#include <iostream>

namespace fwdguard::ctl {

ExitStatus release(const std::string& rule)
{
    changeManager([&](Manager& manager) { manager.Release(rule); });
    std::cout << "released: " << printable(rule) << '\n';
    return ExitStatus::done;
}

} // namespace fwdguard::ctl
