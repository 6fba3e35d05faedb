// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/incident.hpp"

#include "core/words.hpp"

#include <algorithm>

namespace fwdguard {

namespace {

constexpr std::array<std::string_view, 6> damageWords{
    "deleted", "displaced", "altered", "duplicated", "chain-gone", "table-gone"};

template <class T>
void keepIfEqual(std::optional<T>& kept, const std::optional<T>& other)
{
    if (kept != other)
        kept.reset();
}

} // namespace

void Committers::add(const Committer& committer)
{
    if (std::ranges::find(each_, committer) != each_.end())
        return;
    if (each_.size() < most)
        each_.push_back(committer);
    else
        tooMany_ = true;
}

std::string_view toString(Damage damage)
{
    return wordOf(damageWords, damage);
}

Cause commonCause(const std::vector<Cause>& causes)
{
    if (causes.empty())
        return {};
    Cause common = causes.front();
    for (const Cause& other : causes) {
        keepIfEqual(common.pid, other.pid);
        keepIfEqual(common.comm, other.comm);
        keepIfEqual(common.exe, other.exe);
        keepIfEqual(common.cmdline, other.cmdline);
        keepIfEqual(common.parent, other.parent);
        keepIfEqual(common.unit, other.unit);
        keepIfEqual(common.uid, other.uid);
        keepIfEqual(common.loginUid, other.loginUid);
    }
    return common;
}

} // namespace fwdguard
