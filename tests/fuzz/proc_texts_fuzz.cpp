// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a file of /proc: processes choose their names and command lines themselves.
#include "fuzz/require.hpp"
#include "sys/process_text.hpp"
#include "xtables/live_tables.hpp"
#include "xtables/lock.hpp"

#include <algorithm>

using namespace fwdguard;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    if (const auto unit = sys::unitOfCgroups(text))
        require(unit->ends_with(".service") || unit->ends_with(".scope"));
    require(sys::parentPidOfStat(text) != 0U);
    require(sys::processIdOfStatus(text) != 0U);
    if (const auto line = sys::commandLineOf(text)) {
        require(!line->empty() && line->size() <= sys::maxCommandLine);
        require(std::none_of(line->begin(), line->end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        }));
    }
    for (const std::string& name : xtables::parseTableNames(text))
        require(!name.empty() && name.find('\n') == std::string::npos);
    require(xtables::lockHolderIn(text, 0, 0x1a, 1173) != 0U);
    return 0;
}
