// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_keeper.hpp"

#include "config/holds.hpp"
#include "report/daemon_messages.hpp"
#include "report/printable.hpp"
#include "sys/netns.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fwdguard::daemon {

namespace {

/// systemd.exec(5): several directories are separated by colons.
std::filesystem::path stateDirectory()
{
    const char* given = std::getenv("STATE_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)
    const std::string_view list = given != nullptr ? given : "";
    if (list.empty())
        return "/var/lib/fwd-guard";
    return list.substr(0, list.find(':'));
}

/// By the inode number, and not by the name inside, so that what a namespace leaves is written
/// over.
std::string fileName(const std::optional<std::string>& netns)
{
    return netns == "host" ? "holds-host.json"
                           : "holds-netns-" + std::to_string(sys::currentNetns().inode) + ".json";
}

std::string words(const std::filesystem::path& file, const config::Refusal& refusal)
{
    return report::printable(
        file.string() + ": found " + refusal.found + "; allowed is " + refusal.allowed);
}

} // namespace

HoldKeeper::HoldKeeper(report::Log& log)
    : log_(log), netns_(sys::lastingNetnsName()), file_(stateDirectory() / fileName(netns_))
{
}

std::vector<HoldRequested> HoldKeeper::restore(const Now& now)
{
    auto read = config::readHolds(file_);
    if (const auto* refusal = std::get_if<config::Refusal>(&read)) {
        log_.write(report::holdsNotKept("nothing is held any more: " + words(file_, *refusal)));
        return {};
    }
    const auto& kept = std::get<config::SavedHolds>(read);
    if (kept.netns != netns_)
        return {};
    std::vector<HoldRequested> holds;
    for (const config::SavedHold& saved : kept.holds) {
        const auto left = config::remaining(saved, now.wall);
        if (!left)
            continue;
        HoldRequested hold{.id = saved.rule};
        if (saved.until)
            hold.until = now.instant + *left;
        holds.push_back(std::move(hold));
    }
    return holds;
}

void HoldKeeper::save(const std::vector<HoldRequested>& holds, const Now& now)
{
    using std::chrono::round;
    using std::chrono::seconds;
    if (!netns_) {
        if (!holds.empty())
            log_.write(report::holdsNotKept(
                "a restart will end what is held: nothing tells this network namespace from a "
                "later one; that takes Linux 5.14 and /proc/sys/kernel/random/boot_id"));
        return;
    }
    config::SavedHolds saved{.netns = *netns_};
    for (const HoldRequested& hold : holds) {
        config::SavedHold& one = saved.holds.emplace_back();
        one = {.rule = hold.id, .written = round<seconds>(now.wall)};
        if (hold.until)
            one.until = round<seconds>(now.wall + (*hold.until - now.instant));
    }
    if (const auto refusal = config::writeHolds(file_, saved))
        log_.write(
            report::holdsNotKept("a restart will end what is held: " + words(file_, *refusal)));
}

} // namespace fwdguard::daemon
