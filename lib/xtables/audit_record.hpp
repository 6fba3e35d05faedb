// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "xtables/table_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace fwdguard::xtables {

/// Record types of interest (linux/audit.h).
inline constexpr std::uint16_t auditSyscall = 1300;
inline constexpr std::uint16_t auditConfigChange = 1305;
inline constexpr std::uint16_t auditNetfilterConfig = 1325;
inline constexpr std::uint16_t auditProctitle = 1327;

/// NETFILTER_CFG: a legacy table came, went or was replaced, in some network namespace: the record
/// does not say in which.
struct TableAnnounced {
    enum class Operation : std::uint8_t { replaced, registered, unregistered };

    Operation operation = Operation::replaced;
    TableId table;
    Committer committer;
    bool operator==(const TableAnnounced&) const = default;
};

/// SYSCALL: who made the system call of the same serial.
struct SyscallDetails {
    std::optional<std::uint32_t> parentPid;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> loginUid;
    std::optional<std::string> exe;
    bool operator==(const SyscallDetails&) const = default;
};

/// PROCTITLE: the command line, arguments joined by spaces. The kernel keeps its first 128 bytes.
struct CommandLine {
    std::string text;
    bool operator==(const CommandLine&) const = default;
};

/// CONFIG_CHANGE: the kernel's audit was switched on or off.
struct AuditSwitched {
    bool on = false;
    bool operator==(const AuditSwitched&) const = default;
};

using AuditContent = std::variant<TableAnnounced, SyscallDetails, CommandLine, AuditSwitched>;

/// One record. Those that one system call caused have one serial.
struct AuditRecord {
    std::uint64_t serial = 0;
    AuditContent content;
    bool operator==(const AuditRecord&) const = default;
};

/// Reads a record's text, "audit(SECONDS.MILLIS:SERIAL): key=value …"; nullopt for any that is not
/// of interest here (nf_tables' own NETFILTER_CFG among them) and for any that is not well formed.
[[nodiscard]] std::optional<AuditRecord>
parseAuditRecord(std::uint16_t type, std::string_view text);

/// The same from a whole datagram of the stream: a netlink header, whose length the kernel leaves
/// wrong (kernel/audit.c, kauditd_send_multicast_skb), then the text.
[[nodiscard]] std::optional<AuditRecord> parseAuditDatagram(std::string_view datagram);

} // namespace fwdguard::xtables
