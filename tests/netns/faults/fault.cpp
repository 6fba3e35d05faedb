// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <sstream>
#include <string_view>

namespace fwdguard::faults {

namespace {

constexpr int notForUsers = 85; // ERESTART

constexpr std::array everyError{
    ENOBUFS, EINTR, EAGAIN, ENOMEM, EPERM, ENOENT, EEXIST, notForUsers, EMFILE};

/// So long that a loop that does not wait shows in the time it takes.
constexpr int longMilliseconds = 1000;

bool isOneOf(std::string_view word, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, word) != words.end();
}

bool isNetfilter(const std::string& what)
{
    return isOneOf(
        what, {"reader", "writer", "watch", "events", "docker", "marks", "search", "survey"});
}

/// What cannot go on: the kernel interrupts once, and an overrun is told once.
bool mayLast(const Site& site, int number)
{
    const bool receives = site.function.starts_with("recv");
    return number != EINTR && !(receives && number == ENOBUFS);
}

void addReceived(std::vector<Fault>& kinds, const Site& site)
{
    const bool datagrams = site.what != "bus";
    if (site.function == "recvmsg" && !datagrams)
        kinds.push_back({.effect = "cut"});
    if (!isOneOf(site.function, {"recv", "recvfrom", "recvmmsg"}) || !datagrams)
        return;
    kinds.push_back({.effect = "lost", .number = ENOBUFS});
    for (const char* effect : {"truncated", "cut", "empty"})
        kinds.push_back({.effect = effect});
    if (site.function != "recv")
        kinds.push_back({.effect = "stranger"});
}

/// Everything that one call may meet; the site and the call are not filled in.
std::vector<Fault> kindsOf(const Site& site)
{
    std::vector<Fault> kinds;
    // The kernel has no reason to refuse it, and sdbus-c++ ends the program when it does.
    if (site == Site{"write", "eventfd"})
        return {};
    for (const int number : everyError)
        kinds.push_back({.effect = "error", .number = number});
    addReceived(kinds, site);
    if (site.function == "sendto" && isNetfilter(site.what))
        for (const int number : everyError)
            kinds.push_back({.effect = "answer", .number = number});
    if (site.function == "sendmsg")
        kinds.push_back({.effect = "cut"});
    if (site.function == "sendmsg" && site.what == "datagram")
        kinds.push_back({.effect = "error", .number = EMSGSIZE});
    if (site.function == "setsockopt" && site.what == "raw")
        for (const int number : {EAGAIN, ENOMEM})
            kinds.push_back({.effect = "lost", .number = number});
    return kinds;
}

Fault at(const Site& site, int call, Fault kind)
{
    kind.function = site.function;
    kind.what = site.what;
    kind.call = call;
    return kind;
}

bool lasts(const Site& site, const Fault& kind)
{
    return kind.effect == "error" && mayLast(site, kind.number);
}

Fault lasting(Fault fault)
{
    fault.lasting = longMilliseconds;
    return fault;
}

} // namespace

std::string orderOf(const Fault& fault)
{
    std::ostringstream text;
    text << fault.function << ' ' << fault.what << ' ' << fault.call << ' ' << fault.effect << ' '
         << fault.number << ' ' << fault.lasting;
    return text.str();
}

Fault faultOf(const std::string& order)
{
    Fault fault;
    std::istringstream{order} >> fault.function >> fault.what >> fault.call >> fault.effect >>
        fault.number >> fault.lasting;
    return fault;
}

std::string describe(const Fault& fault)
{
    std::string text = fault.function + " on " + fault.what + ", call " +
                       std::to_string(fault.call) + ": " + fault.effect;
    if (const char* name = strerrorname_np(fault.number); fault.number != 0)
        text += std::string{" "} + (name != nullptr ? name : "?");
    if (fault.lasting != 0)
        text += " for " + std::to_string(fault.lasting) + " ms";
    return text + " (" + orderOf(fault) + ")";
}

Calls callsIn(const std::string& log)
{
    Calls calls;
    std::istringstream text{log};
    for (Site site; text >> site.function >> site.what;)
        ++calls[site];
    return calls;
}

std::vector<Fault> allFaults(const Calls& calls)
{
    std::vector<Fault> faults;
    for (const auto& [site, count] : calls)
        for (const Fault& kind : kindsOf(site)) {
            for (int call = 1; call <= count; ++call)
                faults.push_back(at(site, call, kind));
            if (lasts(site, kind))
                faults.push_back(lasting(at(site, (count + 1) / 2, kind)));
        }
    return faults;
}

std::vector<Fault> someFaults(const Calls& calls, unsigned int seed)
{
    std::mt19937 lot{seed};
    std::vector<Fault> faults;
    for (const auto& [site, count] : calls) {
        std::uniform_int_distribution<int> call{1, count};
        for (const Fault& kind : kindsOf(site)) {
            faults.push_back(at(site, call(lot), kind));
            if (lasts(site, kind) && call(lot) % 4 == 1)
                faults.push_back(lasting(at(site, call(lot), kind)));
        }
    }
    std::ranges::shuffle(faults, lot);
    return faults;
}

} // namespace fwdguard::faults
