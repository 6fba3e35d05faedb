// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as datagrams of the audit stream, as they come one after the other: each starts with
// its length in two bytes.
#include "fuzz/require.hpp"
#include "xtables/audit_causes.hpp"
#include "xtables/audit_record.hpp"
#include "xtables/stream_proof.hpp"

#include <algorithm>
#include <variant>

using namespace fwdguard;
using namespace fwdguard::xtables;
using fuzz::require;

namespace {

class Listener {
  public:
    void take(const AuditRecord& record)
    {
        serial_ = record.serial;
        std::visit([this](const auto& content) { take(content); }, record.content);
    }

  private:
    void take(const TableAnnounced& announcement)
    {
        require(!announcement.table.table.empty());
        require(
            announcement.table.family == Family::ip || announcement.table.family == Family::ip6);
        causes_.open(serial_, announcement.committer);
        require(causes_.find(announcement.committer).has_value());
        static_cast<void>(proof_.announced(announcement));
    }
    void take(const SyscallDetails& details)
    {
        require(details.uid != 0xffffffffU && details.loginUid != 0xffffffffU);
        causes_.add(serial_, details);
    }
    void take(const CommandLine& line)
    {
        require(line.text.find('\0') == std::string::npos);
        causes_.add(serial_, line);
    }
    void take(const AuditSwitched& switched) { proof_.switched(switched.on); }

    std::uint64_t serial_ = 0;
    AuditCauses causes_;
    StreamProof proof_{{1, "fwd-guard"}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Listener listener;
    auto text = fuzz::textOf(data, size);
    while (text.size() >= 2) {
        const auto low = static_cast<std::uint8_t>(text[0]);
        const auto high = static_cast<std::uint8_t>(text[1]);
        text.remove_prefix(2);
        const auto length = std::min<std::size_t>(low + 256U * high, text.size());
        if (const auto record = parseAuditDatagram(text.substr(0, length)))
            listener.take(*record);
        text.remove_prefix(length);
    }
    return 0;
}
