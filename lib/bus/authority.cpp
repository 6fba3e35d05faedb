// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/authority.hpp"

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace fwdguard::bus {

namespace {

/// Empty when the bus daemon's answer names a user who may change things.
std::string refusalOf(sd_bus_message* reply)
{
    if (const sd_bus_error* error = sd_bus_message_get_error(reply))
        return std::string{"cannot tell who is asking: "} +
               (error->message != nullptr ? error->message : error->name);
    std::uint32_t uid = 0;
    if (sd_bus_message_read(reply, "u", &uid) < 0)
        return "cannot tell who is asking: the bus daemon's answer makes no sense";
    if (uid == 0 || uid == geteuid())
        return {};
    return "only root may change what fwd-guard does, and this comes from uid " +
           std::to_string(uid);
}

} // namespace

void Authority::ask(const std::string& caller, Answer answer)
{
    auto& question = questions_.emplace_back();
    question.authority = this;
    question.answer = std::move(answer);
    question.self = std::prev(questions_.end());
    sd_bus_slot* call = nullptr;
    const int r = sd_bus_call_method_async(
        bus_,
        &call,
        "org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "GetConnectionUnixUser",
        &Authority::onUid,
        &question,
        "s",
        caller.c_str());
    question.call.reset(call);
    if (r < 0) {
        const Answer refused = std::move(question.answer);
        questions_.pop_back();
        refused("cannot tell who is asking: " + std::generic_category().message(-r));
    }
}

int Authority::onUid(sd_bus_message* reply, void* question, sd_bus_error*) noexcept
{
    auto& asked = *static_cast<Question*>(question);
    const Answer answer = std::move(asked.answer);
    asked.authority->questions_.erase(asked.self);
    answer(refusalOf(reply));
    return 0;
}

} // namespace fwdguard::bus
