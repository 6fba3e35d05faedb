// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/reporter.hpp"

#include <string>

/// The sentences. Each takes everything from its argument and says nothing that is not known.
namespace fwdguard::report {

/// "iptables (pid 4242, child of dockerd, docker.service)", "processes of docker.service", "an
/// unknown process": what stands behind "by".
[[nodiscard]] std::string wordsOf(const Cause& cause);

/// "deleted from ip filter FORWARD by nft (pid 77); back at head after 41 us": wordsOf() without
/// the rule's id in front.
[[nodiscard]] std::string newsOf(const Incident& incident);

[[nodiscard]] std::string wordsOf(const Incident& incident);
[[nodiscard]] std::string wordsOf(const RuleStateChanged& change);
[[nodiscard]] std::string wordsOf(const Overrun& overrun);
[[nodiscard]] std::string wordsOf(const RetiredRemoved& removed);
[[nodiscard]] std::string wordsOf(const RetiredLeft& left);
[[nodiscard]] std::string wordsOf(const RetiredRefused& refused);
[[nodiscard]] std::string wordsOf(const ReadFailed& failed);

} // namespace fwdguard::report
