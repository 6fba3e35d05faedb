// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/library.hpp"

#include <dlfcn.h>

#include <libnftnl/rule.h>

namespace fwdguard::nft {

std::filesystem::path libraryFile()
{
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&nftnl_rule_alloc), &info) == 0)
        return {};
    return info.dli_fname;
}

} // namespace fwdguard::nft
