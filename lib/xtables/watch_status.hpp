// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/stream_proof.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace fwdguard::xtables {

/// What the administrator wants. `automatic` takes events where they come and polls where not, and
/// so does `audit`, for which it is a fault when they are known not to come.
enum class WatchChoice : std::uint8_t { automatic, audit, poll };

/// How changes are noticed now.
enum class WatchMode : std::uint8_t { audit, polling };

/// "audit", "polling".
[[nodiscard]] std::string_view toString(WatchMode mode);

struct WatchStatus {
    WatchMode mode = WatchMode::polling;
    std::string reason{}; ///< why it is polling; else empty
    std::string remedy{}; ///< what would switch events on; else empty
    bool fault = false;   ///< the administrator wants audit, and it is known not to come
    bool operator==(const WatchStatus&) const = default;
};

/// `streamError`: why there is no audit socket; no error: there is one.
[[nodiscard]] WatchStatus
watchStatus(WatchChoice choice, StreamProof::State proof, std::error_code streamError);

} // namespace fwdguard::xtables
