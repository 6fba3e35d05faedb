// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/sd_bus_handles.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>

namespace fwdguard::bus {

/// Who called a method, as far as the call says.
struct Caller {
    std::string name{};       ///< unique bus name
    bool interactive = false; ///< a person is there who may be asked for a password
};

/// Why a call is not carried out.
struct Denial {
    const char* error = ""; ///< D-Bus name
    std::string text{};
};

/// Decides who may change things: root, the user that the guard itself runs as, and whom polkit
/// lets do it. Without polkit nobody else.
class Authority {
  public:
    /// Gets nullopt when the caller may, else why not. Must not throw.
    using Answer = std::function<void(const std::optional<Denial>& denial)>;

    /// Asks the bus daemon and polkit on `bus`, which must outlive this.
    explicit Authority(sd_bus* bus) : bus_(bus) {}
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    /// Answers that are still missing never come.
    ~Authority() = default;

    /// Does not wait: libsystemd's own sender credentials are fetched synchronously, and a bus
    /// daemon that hangs would hang the guard. Who asks faster than there are answers is denied, so
    /// that a flood neither takes memory nor keeps others from asking.
    void ask(const Caller& caller, Answer answer);

  private:
    struct Question {
        Authority* authority = nullptr;
        Caller caller{};
        std::optional<std::uint32_t> uid{}; ///< once known: polkit is being asked
        Answer answer;
        SlotPtr call;
        std::list<Question>::iterator self;
    };

    static int onUid(sd_bus_message* reply, void* question, sd_bus_error* error) noexcept;
    static int onVerdict(sd_bus_message* reply, void* question, sd_bus_error* error) noexcept;

    [[nodiscard]] bool tooMany(const Caller& caller) const;
    [[nodiscard]] bool tooManyOf(std::uint32_t uid) const;
    void askUid(Question& question);
    void knowUid(Question& question, sd_bus_message* reply);
    void finish(Question& question, const std::optional<Denial>& denial);

    sd_bus* bus_;
    std::list<Question> questions_;
};

} // namespace fwdguard::bus
