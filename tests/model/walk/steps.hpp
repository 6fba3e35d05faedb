// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fwdguard::walk {

/// One step of a walk. What it means follows from where the walk has come to and from the number,
/// so that any selection of the steps of a walk is a walk.
struct Step {
    enum class Kind : std::uint8_t {
        write,
        jump,
        erase,
        replace,
        tagged,
        eraseOurs,
        alterOurs,
        flush,
        batch,
        deleteChain,
        addChain,
        rename,
        recreateTable,
        policy,
        restore,
        restoreNoflush,
        saveAndRestore,
        element,
        hold,
        release,
        reload,
        restart,
        check,
        race,
        unreadable,
        lose,
        wait,
        hear,
    };
    Kind kind = Kind::hear;
    std::uint32_t number = 0;
};

/// "write 17; flush 3; …", for people.
[[nodiscard]] std::string toText(const std::vector<Step>& steps);

/// The same for the same seed, everywhere.
[[nodiscard]] std::vector<Step> randomSteps(std::uint32_t seed, std::size_t count);

} // namespace fwdguard::walk
