// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/sd_bus_handles.hpp"

#include <functional>
#include <list>
#include <string>

namespace fwdguard::bus {

/// Decides who may change things: root, and the user that the guard itself runs as. The bus policy
/// says the same; this holds where that policy is missing or wider.
class Authority {
  public:
    /// Gets an empty text when the caller may, else why not. Must not throw.
    using Answer = std::function<void(const std::string& refusal)>;

    /// Asks the bus daemon on `bus`, which must outlive this.
    explicit Authority(sd_bus* bus) : bus_(bus) {}
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    /// Answers that are still missing never come.
    ~Authority() = default;

    /// Does not wait: libsystemd's own sender credentials are fetched synchronously, and a bus
    /// daemon that hangs would hang the guard. `caller` is a unique bus name.
    void ask(const std::string& caller, Answer answer);

  private:
    struct Question {
        Authority* authority = nullptr;
        Answer answer;
        SlotPtr call;
        std::list<Question>::iterator self;
    };

    static int onUid(sd_bus_message* reply, void* question, sd_bus_error* error) noexcept;

    sd_bus* bus_;
    std::list<Question> questions_;
};

} // namespace fwdguard::bus
