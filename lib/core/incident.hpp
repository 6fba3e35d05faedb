// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/types.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard {

/// Who committed a transaction, as the kernel's announcement names it.
struct Committer {
    std::uint32_t pid = 0; ///< thread id in the initial pid namespace
    std::string comm{};    ///< at most 15 characters
    auto operator<=>(const Committer&) const = default;
};

/// Some committers, each once. In a storm that grows with neither commits nor processes: of more
/// than `most` nobody can say any more who it was.
class Committers {
  public:
    static constexpr std::size_t most = 64;

    void add(const Committer& committer);

    [[nodiscard]] bool empty() const { return each_.empty(); }
    [[nodiscard]] bool tooMany() const { return tooMany_; }
    [[nodiscard]] const std::vector<Committer>& each() const { return each_; }

  private:
    std::vector<Committer> each_{};
    bool tooMany_ = false;
};

/// A commit of somebody else.
struct Transaction {
    Generation generation{}; ///< that it made
    Committer committer{};
    BackendKind backend = BackendKind::nfTables; ///< that counts the generation
};

/// What happened to a declared rule or policy.
enum class Damage : std::uint8_t { deleted, displaced, altered, duplicated, chainGone, tableGone };

/// "deleted", …, "chain-gone", "table-gone".
[[nodiscard]] std::string_view toString(Damage damage);

struct ParentProcess {
    std::uint32_t pid = 0;
    std::string comm{};
    bool operator==(const ParentProcess&) const = default;
};

/// The process that committed the change. What could not be read is absent, never guessed.
struct Cause {
    std::optional<std::uint32_t> pid{};
    std::optional<std::string> comm{};
    std::optional<std::string> exe{};
    std::optional<std::string> cmdline{}; ///< arguments joined by spaces
    std::optional<ParentProcess> parent{};
    std::optional<std::string> unit{}; ///< systemd unit, e.g. "docker.service"
    std::optional<std::uint32_t> uid{};
    std::optional<std::uint32_t> loginUid{}; ///< who logged in, whatever sudo made of them since
    bool operator==(const Cause&) const = default;
};

/// Keeps what all causes agree on: when several transactions came between two looks at a chain, no
/// single one can be blamed, but their common parent or unit can.
[[nodiscard]] Cause commonCause(const std::vector<Cause>& causes);

/// One damage of one rule and, once done, its repair.
struct Incident {
    RuleKey key{};
    ChainId chain{};
    Damage damage = Damage::deleted;
    Generation generation{}; ///< at which the damage was seen
    WallTime at{};           ///< when we heard of it
    Cause cause{};
    bool missed = false;   ///< found by a sweep or a check; no event had announced it
    bool observed = false; ///< open, and nobody is to repair it
    RuleState state = RuleState::repairing;              ///< of the rule, while this is open
    std::optional<std::chrono::microseconds> exposure{}; ///< absent until repaired
    std::string
        place{}; ///< in the position's words, "head", "after:DOCKER-USER"; empty for a policy
};

} // namespace fwdguard
