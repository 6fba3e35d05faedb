// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/manager_object.hpp"

#include "bus/arguments.hpp"
#include "bus/text.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace fwdguard::bus {

namespace {

const char* errorName(CommandError::Kind kind)
{
    switch (kind) {
    case CommandError::Kind::noSuchRule:
        return "org.fwdguard1.Error.NoSuchRule";
    case CommandError::Kind::configInvalid:
        return "org.fwdguard1.Error.ConfigInvalid";
    case CommandError::Kind::failed:
        break;
    }
    return "org.fwdguard1.Error.Failed";
}

/// Throws the error reply, if there is one.
void require(const std::optional<ArgumentError>& error)
{
    if (error)
        throw shim::error(error->name, error->text);
}

/// A method handler is called from C: all that may leave is the one exception that sdbus-c++ 1
/// stops.
template <class Function>
auto asBusError(Commands& commands, const Function& function)
{
    try {
        return function();
    } catch (const sdbus::Error&) {
        throw;
    } catch (const CommandError& e) {
        throw shim::error(errorName(e.kind()), e.what());
    } catch (const std::exception& e) {
        commands.failed(std::current_exception());
        throw shim::error(errorName(CommandError::Kind::failed), e.what());
    }
}

} // namespace

ManagerObject::ManagerObject(
    const shim::Opened& opened,
    Commands& commands,
    const ManagerView& view,
    Undeliverable undeliverable)
    : AdaptorInterfaces(*opened.connection, shim::Path{"/org/fwdguard1"}), commands_(commands),
      view_(view), undeliverable_(std::move(undeliverable)), announced_(view.properties),
      authority_(opened.bus)
{
    registerAdaptor();
    getObject().addObjectManager();
}

ManagerObject::~ManagerObject()
{
    unregisterAdaptor();
}

void ManagerObject::announceChanges()
{
    const auto names = changedProperties(announced_, view_.properties);
    if (names.empty())
        return;
    shim::emitPropertiesChanged(getObject(), INTERFACE_NAME, names);
    announced_ = view_.properties;
}

template <class... Results, class Command>
void ManagerObject::replyTo(
    const sdbus::Result<Results...>& result, const Command& command) noexcept
{
    try {
        try {
            if constexpr (sizeof...(Results) == 0) {
                asBusError(commands_, command);
                result.returnResults();
            } else {
                result.returnResults(asBusError(commands_, command));
            }
        } catch (const sdbus::Error& e) {
            result.returnError(e);
        }
    } catch (const std::exception& e) {
        undeliverable_(e.what());
    }
}

void ManagerObject::GetStatus(sdbus::Result<std::string>&& result)
{
    replyTo(result, [this] {
        commands_.refresh();
        return busText(commands_.statusText());
    });
}

void ManagerObject::Check(sdbus::Result<bool>&& result)
{
    checks_.push_back(std::move(result));
    try {
        commands_.check();
    } catch (const std::exception&) {
        const std::exception_ptr failure = std::current_exception();
        for (const sdbus::Result<bool>& asked : std::exchange(checks_, {}))
            replyTo(asked, [&failure]() -> bool { std::rethrow_exception(failure); });
    }
}

void ManagerObject::checked(bool allInPlace) noexcept
{
    for (sdbus::Result<bool>& result : std::exchange(checks_, {}))
        answers_.push_back({.result = std::move(result), .allInPlace = allInPlace});
}

bool ManagerObject::answerNext() noexcept
{
    if (answers_.empty())
        return false;
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    replyTo(answer.result, [&answer] { return answer.allInPlace; });
    return true;
}

void ManagerObject::Reload(sdbus::Result<>&& result)
{
    authorized(std::move(result), [this] { commands_.reload(); });
}

void ManagerObject::Hold(sdbus::Result<>&& result, std::string rule, std::uint64_t seconds)
{
    authorized(std::move(result), [this, rule = std::move(rule), seconds] {
        require(refuseRule(rule, view_.ruleIds));
        require(refuseDuration(seconds));
        commands_.hold(rule, std::chrono::seconds{seconds});
    });
}

void ManagerObject::Release(sdbus::Result<>&& result, std::string rule)
{
    authorized(std::move(result), [this, rule = std::move(rule)] {
        require(refuseRule(rule, view_.ruleIds));
        commands_.release(rule);
    });
}

void ManagerObject::authorized(sdbus::Result<>&& result, std::function<void()> command)
{
    // std::function wants copies, a Result has none.
    auto shared = std::make_shared<sdbus::Result<>>(std::move(result));
    authority_.ask(
        {.name = shim::callerOf(getObject()), .interactive = shim::mayInteract(getObject())},
        [this, shared, command = std::move(command)](const std::optional<Denial>& denial) {
            replyTo(*shared, [&] {
                if (denial)
                    throw shim::error(denial->error, denial->text);
                command();
            });
        });
}

} // namespace fwdguard::bus
