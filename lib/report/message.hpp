// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/reporter.hpp"
#include "report/message_kind.hpp"

#include <string>
#include <vector>

namespace fwdguard::report {

/// One journal field (systemd.journal-fields(7)). The value may hold any bytes.
struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
};

/// What is logged once.
struct Message {
    MessageKind kind{};
    std::string text;          ///< one line, printable, for people
    std::vector<Field> fields; ///< for programs: MESSAGE_ID and FWDGUARD_*
};

[[nodiscard]] MessageKind kindOf(const Report& report);

/// One line for an administrator: what changed, who changed it, what we did.
[[nodiscard]] std::string textOf(const Report& report);

/// MESSAGE_ID and the FWDGUARD_* fields of what is known; a field of something unknown is left out.
[[nodiscard]] std::vector<Field> fieldsOf(const Report& report);

[[nodiscard]] Message messageOf(const Report& report);

} // namespace fwdguard::report
