// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/audit_record.hpp"
#include "xtables/unique_fd.hpp"

#include <cstddef>
#include <optional>
#include <system_error>
#include <vector>

namespace fwdguard::xtables {

/// A place in the audit stream's multicast group, or the reason why there is none.
struct AuditStream {
    UniqueFd socket;       ///< non-blocking
    std::error_code error; ///< why there is no socket: EPERM lacks CAP_AUDIT_READ
    std::optional<bool>
        enabled; ///< the kernel's audit; nullopt: not allowed to ask (CAP_AUDIT_CONTROL)
};

/// Joins the stream. The kernel sends it in the initial network namespace only (kernel/audit.c,
/// kauditd_send_multicast_skb): call this there, before entering another one; the socket stays.
[[nodiscard]] AuditStream openAuditStream();

/// Whether the kernel's audit is on; EPERM without CAP_AUDIT_CONTROL.
[[nodiscard]] std::optional<bool> auditEnabled(std::error_code& error);

/// Switches the kernel's audit on or off for the whole host. For a daemon that was told to.
[[nodiscard]] std::error_code setAuditEnabled(bool enabled);

/// Records that were waiting, oldest first.
struct AuditBatch {
    std::vector<AuditRecord> records;
    bool overrun = false;     ///< the kernel dropped some
    std::size_t received = 0; ///< messages of any kind, and overruns
};

/// Takes all that waits on the socket; never blocks. Throws std::system_error when it cannot be
/// read.
[[nodiscard]] AuditBatch receiveAudit(int socket);

} // namespace fwdguard::xtables
