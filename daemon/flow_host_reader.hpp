// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow_status.hpp"
#include "core/kernel.hpp"
#include "nft/reader.hpp"

#include <filesystem>
#include <optional>
#include <span>

namespace fwdguard::daemon {

/// Looks at what flows depend on in the current network namespace, and at Docker's configuration.
class FlowHostReader {
  public:
    /// The kernel must outlive this.
    explicit FlowHostReader(Kernel& kernel) : kernel_(kernel) {}

    /// As it is now for these flows; what cannot be read is as it was before. Throws
    /// std::system_error when there is no socket to be had.
    [[nodiscard]] FlowHost read(
        std::span<const ExpandedFlow> flows,
        const std::filesystem::path& dockerFile,
        const FlowHost& before);

  private:
    [[nodiscard]] FlowHost::Ruleset
    rulesetOf(Family family, std::span<const ExpandedFlow> flows, const FlowHost::Ruleset& before);
    [[nodiscard]] bool chainExists(const ChainId& chain, bool before) const;
    void readDocker(
        Family family,
        std::span<const ExpandedFlow> flows,
        FlowHost::Ruleset& ruleset,
        const FlowHost::Ruleset& before);
    void readBridge(
        const ChainId& chain,
        const std::string& bridge,
        FlowHost::Ruleset& ruleset,
        const FlowHost::Ruleset& before);

    Kernel& kernel_;
    std::optional<nft::Reader> reader_; ///< none before Docker's tables are there
};

} // namespace fwdguard::daemon
