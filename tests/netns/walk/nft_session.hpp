// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include <nftables/libnftables.h>

namespace fwdguard::test {

/// nft without a process of its own: libnftables in the network namespace that it was opened in.
class NftSession {
  public:
    NftSession();

    /// Throws std::runtime_error with the command and what nft says of it.
    void run(const std::string& command);

    /// What `nft -j -a -s` prints.
    [[nodiscard]] std::string json(const std::string& command);

  private:
    struct Free {
        void operator()(nft_ctx* context) const noexcept { nft_ctx_free(context); }
    };
    std::unique_ptr<nft_ctx, Free> context_;
};

} // namespace fwdguard::test
