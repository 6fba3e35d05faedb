// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/authority.hpp"

#include "bus/polkit.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace fwdguard::bus {

namespace {

/// Questions under way: of one connection, of one user to polkit, and of all. The bus daemon
/// answers at once, polkit perhaps after somebody has typed a password.
constexpr std::ptrdiff_t mostOfConnection = 16;
constexpr std::ptrdiff_t mostOfUser = 8;
constexpr std::size_t mostOfAll = 1'024;

Denial denied(const std::string& text)
{
    return {.error = "org.freedesktop.DBus.Error.AccessDenied", .text = text};
}

Denial overrun()
{
    return {
        .error = "org.freedesktop.DBus.Error.LimitsExceeded",
        .text = "too many calls at once: wait for the answers to those before"};
}

Denial unknownCaller(const std::string& why)
{
    return denied("cannot tell who is asking: " + why);
}

} // namespace

bool Authority::tooMany(const Caller& caller) const
{
    const auto same = [&](const Question& other) { return other.caller.name == caller.name; };
    return questions_.size() >= mostOfAll ||
           std::ranges::count_if(questions_, same) >= mostOfConnection;
}

bool Authority::tooManyOf(std::uint32_t uid) const
{
    return std::ranges::count(questions_, std::optional{uid}, &Question::uid) >= mostOfUser;
}

void Authority::ask(const Caller& caller, Answer answer)
{
    if (tooMany(caller)) {
        answer(overrun());
        return;
    }
    auto& question = questions_.emplace_back();
    question.authority = this;
    question.caller = caller;
    question.answer = std::move(answer);
    question.self = std::prev(questions_.end());
    askUid(question);
}

void Authority::askUid(Question& question)
{
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
        question.caller.name.c_str());
    question.call.reset(call);
    if (r < 0)
        finish(question, unknownCaller(std::generic_category().message(-r)));
}

int Authority::onUid(sd_bus_message* reply, void* question, sd_bus_error*) noexcept
{
    auto& asked = *static_cast<Question*>(question);
    asked.authority->knowUid(asked, reply);
    return 0;
}

void Authority::knowUid(Question& question, sd_bus_message* reply)
{
    std::uint32_t uid = 0;
    if (const sd_bus_error* error = sd_bus_message_get_error(reply)) {
        finish(question, unknownCaller(error->message != nullptr ? error->message : error->name));
    } else if (sd_bus_message_read(reply, "u", &uid) < 0) {
        finish(question, unknownCaller("the bus daemon's answer makes no sense"));
    } else if (uid == 0 || uid == geteuid()) {
        finish(question, std::nullopt);
    } else if (tooManyOf(uid)) {
        finish(question, overrun());
    } else {
        question.uid = uid;
        const int r =
            askPolkit(bus_, question.caller, &Authority::onVerdict, &question, question.call);
        if (r < 0)
            finish(
                question,
                denied(refusalOf(PolkitFailed{std::generic_category().message(-r)}, uid)));
    }
}

int Authority::onVerdict(sd_bus_message* reply, void* question, sd_bus_error*) noexcept
{
    auto& asked = *static_cast<Question*>(question);
    const std::string refusal = refusalOf(readVerdict(reply), asked.uid.value_or(0));
    asked.authority->finish(asked, refusal.empty() ? std::nullopt : std::optional{denied(refusal)});
    return 0;
}

void Authority::finish(Question& question, const std::optional<Denial>& denial)
{
    const Answer answer = std::move(question.answer);
    questions_.erase(question.self);
    answer(denial);
}

} // namespace fwdguard::bus
