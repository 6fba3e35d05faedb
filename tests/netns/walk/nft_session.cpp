// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/walk/nft_session.hpp"

#include <new>
#include <stdexcept>

namespace fwdguard::test {

NftSession::NftSession() : context_(nft_ctx_new(NFT_CTX_DEFAULT))
{
    if (!context_)
        throw std::bad_alloc{};
    nft_ctx_buffer_output(context_.get());
    nft_ctx_buffer_error(context_.get());
}

void NftSession::run(const std::string& command)
{
    if (nft_run_cmd_from_buffer(context_.get(), command.c_str()) != 0)
        throw std::runtime_error(
            "nft: " + command + ": " + nft_ctx_get_error_buffer(context_.get()));
}

std::string NftSession::json(const std::string& command)
{
    nft_ctx_output_set_flags(
        context_.get(), NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS);
    run(command);
    nft_ctx_output_set_flags(context_.get(), 0);
    return nft_ctx_get_output_buffer(context_.get());
}

} // namespace fwdguard::test
