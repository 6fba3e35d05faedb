// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"

#include <iostream>

namespace fwdguard::ctl {

ExitStatus reload()
{
    changeManager([](Manager& manager) { manager.Reload(); });
    std::cout << "configuration reloaded\n";
    return ExitStatus::done;
}

} // namespace fwdguard::ctl
