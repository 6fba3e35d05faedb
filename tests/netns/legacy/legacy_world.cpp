// SPDX-License-Identifier: GPL-2.0-or-later
#include "legacy_world.hpp"

#include "support.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace fwdguard::legacy {

namespace {

void ipt(const ChainId& chain, const std::string& command)
{
    sh(iptables(chain.family) + " -t " + chain.table + " " + command);
}

std::string verb(model::World::End end)
{
    return end == model::World::End::head ? "-I " : "-A ";
}

std::string matching(const std::string& name)
{
    return " -o " + name + " -j ACCEPT";
}

std::string tagged(const std::string& id, const std::string& like)
{
    return " -m comment --comment " + std::string(tagPrefix) + id + matching(like);
}

/// The word behind an option of a rule as iptables-save writes it; empty: there is none.
std::string wordBehind(const std::string& rule, const std::string& option)
{
    const std::size_t at = rule.find(" " + option + " ");
    if (at == std::string::npos)
        return {};
    std::istringstream rest(rule.substr(at + option.size() + 2));
    std::string word;
    rest >> word;
    std::erase(word, '"');
    return word;
}

std::string nameOf(const std::string& rule)
{
    if (const std::string comment = wordBehind(rule, "--comment"); !comment.empty())
        return std::string(ruleIdOfComment(comment));
    const std::string out = wordBehind(rule, "-o");
    return out.empty() ? "->" + wordBehind(rule, "-j") : out;
}

/// What iptables-legacy-save says of a table; nullopt when the table is not there, which asking
/// would create.
std::optional<std::vector<std::string>> linesOf(const ChainId& chain)
{
    const std::string six = chain.family == Family::ip6 ? "6" : "";
    if (run("grep -qx " + chain.table + " /proc/self/net/ip" + six + "_tables_names").status != 0)
        return std::nullopt;
    std::istringstream text(sh("ip" + six + "tables-legacy-save -t " + chain.table));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        lines.push_back(line);
    return lines;
}

/// The line ":FORWARD DROP [0:0]" without its colon.
std::optional<std::string> headOf(const ChainId& chain)
{
    const std::vector<std::string> lines = linesOf(chain).value_or(std::vector<std::string>{});
    for (const std::string& line : lines)
        if (line.starts_with(":" + chain.chain + " "))
            return line.substr(1);
    return std::nullopt;
}

} // namespace

ListeningKernel::ListeningKernel(
    xtables::BackendOptions options,
    xtables::AuditStream stream,
    std::optional<AuditBarrier> barrier)
    : BackendKernel(std::move(options), std::move(stream)), barrier_(std::move(barrier))
{
}

bool ListeningKernel::hear()
{
    if (barrier_)
        barrier_->pass();
    const Changes changes = BackendKernel::changes();
    std::ranges::copy(changes.transactions, std::back_inserter(heard_.transactions));
    heard_.overrun |= changes.overrun;
    if (changes.latest != Generation{})
        heard_.latest = changes.latest;
    return heard_.foreign();
}

Changes ListeningKernel::changes()
{
    static_cast<void>(hear());
    return std::exchange(heard_, {});
}

LegacyWorld::LegacyWorld() : kernel_({}, {}, std::nullopt) {}

LegacyWorld::LegacyWorld(xtables::AuditStream stream, AuditBarrier barrier)
    : kernel_({}, std::move(stream), std::move(barrier))
{
    // It polls until the stream has brought something, of whatever network namespace.
    sh("unshare -n iptables-legacy -L -n");
    static_cast<void>(kernel_.hear());
}

void LegacyWorld::addTable(Family family, const std::string& table)
{
    sh(iptables(family) + " -t " + table + " -L -n");
}

void LegacyWorld::deleteTable(Family, const std::string&)
{
    throw std::logic_error("a legacy table goes with its module only");
}

void LegacyWorld::addChain(const ChainId& chain, std::optional<Policy> policy)
{
    if (policy)
        setPolicy(chain, *policy);
    else
        ipt(chain, "-N " + chain.chain);
}

void LegacyWorld::deleteChain(const ChainId& chain)
{
    flush(chain);
    ipt(chain, "-X " + chain.chain);
}

void LegacyWorld::flush(const ChainId& chain)
{
    ipt(chain, "-F " + chain.chain);
}

void LegacyWorld::setPolicy(const ChainId& chain, Policy policy)
{
    ipt(chain, "-P " + chain.chain + (policy == Policy::drop ? " DROP" : " ACCEPT"));
}

void LegacyWorld::addForeign(const ChainId& chain, End end, const std::string& name)
{
    ipt(chain, verb(end) + chain.chain + matching(name));
}

void LegacyWorld::addJump(const ChainId& chain, End end, const std::string& target)
{
    ipt(chain, verb(end) + chain.chain + " -j " + target);
}

void LegacyWorld::addTagged(
    const ChainId& chain, End end, const std::string& id, const std::string& like)
{
    ipt(chain, verb(end) + chain.chain + tagged(id, like));
}

std::size_t LegacyWorld::numberOf(const ChainId& chain, const std::string& name)
{
    const std::vector<std::string> names = list(chain).value();
    const auto rule = std::ranges::find(names, name);
    if (rule == names.end())
        throw std::runtime_error("no rule " + name + " in " + toString(chain));
    return static_cast<std::size_t>(rule - names.begin()) + 1;
}

void LegacyWorld::erase(const ChainId& chain, const std::string& name)
{
    ipt(chain, "-D " + chain.chain + " " + std::to_string(numberOf(chain, name)));
}

void LegacyWorld::alter(const ChainId& chain, const std::string& id, const std::string& like)
{
    ipt(chain, "-R " + chain.chain + " " + std::to_string(numberOf(chain, id)) + tagged(id, like));
}

std::optional<std::vector<std::string>> LegacyWorld::list(const ChainId& chain)
{
    if (!headOf(chain))
        return std::nullopt;
    const std::vector<std::string> lines = linesOf(chain).value();
    std::vector<std::string> names;
    for (const std::string& line : lines)
        if (line.starts_with("-A " + chain.chain + " "))
            names.push_back(nameOf(line));
    return names;
}

std::optional<Policy> LegacyWorld::policy(const ChainId& chain)
{
    const auto head = headOf(chain);
    if (!head || head->find(" - ") != std::string::npos)
        return std::nullopt;
    return head->find(" DROP ") != std::string::npos ? Policy::drop : Policy::accept;
}

} // namespace fwdguard::legacy
