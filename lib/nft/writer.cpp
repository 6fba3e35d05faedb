// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/writer.hpp"

#include "nft/messages.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fwdguard::nft {

namespace {

/// An acknowledgement that does not repeat the message is 36 bytes long, one that does as long as
/// that.
constexpr std::size_t bufferSize = 8'192;

/// A batch that fails in each of its steps is answered by as many messages.
constexpr int receiveBuffer = 8 * 1024 * 1024;

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

} // namespace

Writer::Writer() : inbox_{bufferSize}
{
    socket_.shortenAcknowledgements();
    socket_.setReceiveBuffer(receiveBuffer);
}

CommitResult Writer::commit(const Plan& plan, std::optional<Generation> generation)
{
    if (plan.empty())
        return Committed{};
    for (std::size_t i = 0; i < plan.size(); ++i)
        if (!namesFit(plan[i]))
            return CommitFailed{.error = errorOf(ENAMETOOLONG), .step = i};
    batch_.build(plan, generation, sequence_);
    const Answers answers{std::exchange(sequence_, batch_.nextSequence()), plan.size()};
    return exchange(batch_.bytes(), answers);
}

std::optional<ReadyBatch> Writer::ready(const Plan& plan)
{
    if (!std::ranges::all_of(plan, namesFit))
        return std::nullopt;
    batch_.build(plan, Generation{}, sequence_);
    const Bytes bytes = batch_.bytes();
    return ReadyBatch{
        .bytes = {bytes.begin(), bytes.end()},
        .sequence = std::exchange(sequence_, batch_.nextSequence()),
        .steps = plan.size(),
        .counters = batch_.counters()};
}

CommitResult Writer::commit(ReadyBatch& batch, Generation generation)
{
    BatchBuffer::setGeneration(batch.bytes, generation);
    return exchange(batch.bytes, Answers{batch.sequence, batch.steps});
}

void Writer::rehearse()
{
    batch_.build({}, std::nullopt, sequence_);
    sequence_ = batch_.nextSequence();
    static_cast<void>(socket_.send(batch_.bytes()));
}

CommitResult Writer::exchange(Bytes batch, Answers answers)
{
    if (const auto error = socket_.send(batch))
        return CommitFailed{.error = error, .step = std::nullopt};
    while (!answers.complete()) {
        const auto received = inbox_.next(socket_);
        if (received.kind == Received::Kind::nothing)
            break;
        if (received.kind == Received::Kind::overrun)
            answers.lost(errorOf(ENOBUFS));
        else if (received.kind == Received::Kind::failed)
            return CommitFailed{.error = received.error, .step = std::nullopt};
        else if (received.sender == 0)
            answers.add(received.bytes);
    }
    return answers.result();
}

void Answers::add(Bytes datagram)
{
    MessageReader messages{datagram};
    while (const auto message = messages.next()) {
        const auto error = parseError(*message);
        const std::uint32_t number = message->sequence - sequence_; // 0 is the batch's beginning
        if (!error || number > steps_)
            continue;
        if (*error == 0) {
            acknowledged_ = acknowledged_ || number == steps_;
        } else if (!error_) {
            error_ = errorOf(*error);
            if (number > 0)
                step_ = number - 1;
        }
    }
}

void Answers::lost(std::error_code error)
{
    if (!error_)
        error_ = error;
}

CommitResult Answers::result() const
{
    if (error_ == errorOf(ERESTART))
        return Stale{};
    if (error_)
        return CommitFailed{.error = error_, .step = step_};
    if (!acknowledged_)
        return CommitFailed{.error = errorOf(ENODATA), .step = std::nullopt};
    return Committed{};
}

} // namespace fwdguard::nft
