// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/watch_status.hpp"

namespace fwdguard::xtables {

namespace {

WatchStatus withoutSocket(std::error_code error)
{
    WatchStatus status;
    status.reason = "the kernel's audit stream cannot be joined: " + error.message();
    status.remedy = error == std::errc::operation_not_permitted ? "the capability CAP_AUDIT_READ"
                                                                : "a kernel with CONFIG_AUDIT";
    return status;
}

WatchStatus withSocket(StreamProof::State proof)
{
    switch (proof) {
    case StreamProof::State::proven:
        return {.mode = WatchMode::audit};
    case StreamProof::State::unproven:
        return {
            WatchMode::polling,
            "no announcement has come over the audit stream yet",
            "nothing, if the kernel's audit is on: the first change or repair shows it"};
    case StreamProof::State::disproved:
        return {
            WatchMode::polling,
            "our own change of a table was not announced over the audit stream",
            "the kernel's audit switched on (auditctl -e 1, or legacy.enable_audit), no audit rule "
            "that excludes NETFILTER_CFG, and fwd-guard started in the initial network namespace"};
    case StreamProof::State::switchedOff:
        return {
            WatchMode::polling,
            "the kernel's audit is off",
            "auditctl -e 1, or legacy.enable_audit in the configuration"};
    }
    return {};
}

} // namespace

std::string_view toString(WatchMode mode)
{
    return mode == WatchMode::audit ? "audit" : "polling";
}

WatchStatus watchStatus(WatchChoice choice, StreamProof::State proof, std::error_code streamError)
{
    if (choice == WatchChoice::poll)
        return {WatchMode::polling, "the configuration asks for it", "legacy.watch: auto"};
    WatchStatus status = streamError ? withoutSocket(streamError) : withSocket(proof);
    const bool undecided = !streamError && proof == StreamProof::State::unproven;
    status.fault = choice == WatchChoice::audit && status.mode == WatchMode::polling && !undecided;
    return status;
}

} // namespace fwdguard::xtables
