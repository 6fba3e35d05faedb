// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/stream_proof.hpp"

#include <algorithm>

namespace fwdguard::xtables {

void StreamProof::committed(const TableId& table, Instant now)
{
    due_.push_back({table, now + patience});
}

bool StreamProof::announced(const TableAnnounced& announcement)
{
    state_ = State::proven;
    const auto due = std::find_if(due_.begin(), due_.end(), [&announcement](const Due& candidate) {
        return candidate.table == announcement.table;
    });
    if (announcement.operation != TableAnnounced::Operation::replaced ||
        !isOurs(announcement, due != due_.end()))
        return false;
    if (due != due_.end())
        due_.erase(due);
    return true;
}

bool StreamProof::isOurs(const TableAnnounced& announcement, bool due)
{
    const Committer& committer = announcement.committer;
    if (committer.comm != self_.comm)
        return false;
    const bool learnt = !pidKnown_ && due;
    if (committer.pid == self_.pid || learnt) {
        pid_ = committer.pid;
        pidKnown_ = true;
    }
    return committer.pid == pid_;
}

void StreamProof::switched(bool on)
{
    if (on && state_ == State::proven)
        return;
    state_ = on ? State::unproven : State::switchedOff;
    due_.clear();
}

void StreamProof::auditIsOn()
{
    if (state_ == State::switchedOff)
        switched(true);
}

void StreamProof::check(Instant now, const AuditQuery& auditOn)
{
    if (due_.empty() || now < due_.front().deadline)
        return;
    due_.clear();
    const bool wasOff = state_ == State::switchedOff;
    state_ = auditOn().value_or(!wasOff) ? State::disproved : State::switchedOff;
}

std::optional<Instant> StreamProof::deadline() const
{
    if (due_.empty())
        return std::nullopt;
    return due_.front().deadline;
}

} // namespace fwdguard::xtables
