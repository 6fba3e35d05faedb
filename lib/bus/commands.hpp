// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

namespace fwdguard::bus {

/// A command that could not be carried out; becomes a D-Bus error of the same name.
class CommandError : public std::runtime_error {
  public:
    enum class Kind : std::uint8_t { noSuchRule, configInvalid, failed };

    CommandError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}

    [[nodiscard]] Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

/// What D-Bus callers may ask of the guard. Called from the event loop, after the caller was found
/// to be allowed to; may call back into the Service. CommandError is the refusal. Any other
/// std::exception is told the caller as well, and failed().
class Commands {
  public:
    Commands() = default;
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;
    virtual ~Commands() = default;

    /// Somebody asks for the status: publishes it anew if it may be out of date.
    virtual void refresh() = 0;
    /// The status as JSON.
    virtual std::string statusText() = 0;
    /// Looks as soon as that is due. Service::checked() then answers all who have asked meanwhile.
    virtual void check() = 0;
    virtual void reload() = 0;
    /// `rule` is a declared id or "all"; 0 seconds: until released.
    virtual void hold(const std::string& rule, std::chrono::seconds duration) = 0;
    virtual void release(const std::string& rule) = 0;

    /// One of these has thrown what is no refusal, and may be half done.
    virtual void failed(std::exception_ptr failure) noexcept = 0;
};

} // namespace fwdguard::bus
