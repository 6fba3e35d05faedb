// SPDX-License-Identifier: GPL-2.0-or-later
// Rules with matches that we do not know stand around ours, and stay as they are.
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <string>
#include <vector>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;

namespace {

std::string saved()
{
    return sh("iptables-legacy-save -c | grep -v '^#'");
}

void commit(xtables::Backend& backend, const Plan& plan, Generation generation)
{
    REQUIRE(std::holds_alternative<Committed>(backend.commit(plan, generation)));
}

InsertRule insertion(const std::string& id, const std::string& interface, Placement place)
{
    return insertRule(forward, {id, Family::ip}, acceptFrom(interface), {}, place);
}

void checkForeign(const std::vector<std::string>& before)
{
    const auto now = bytesOfRules(forward, Which::foreign);
    REQUIRE(now.size() == before.size());
    for (std::size_t i = 0; i < now.size(); ++i)
        CHECK(now[i] == before[i]);
}

/// Fills FORWARD with these, then lets rules of ours come before, between and behind them, and go.
void checkUntouched(const std::vector<std::string>& rules)
{
    for (const std::string& rule : rules)
        sh("iptables-legacy " + rule);
    const std::string savedBefore = saved();
    const auto before = bytesOfRules(forward, Which::foreign);
    REQUIRE(before.size() == rules.size());

    auto backend = pollingBackend();
    auto snapshot = look(backend, forward);
    const Handle middle = snapshot.rules.at(rules.size() / 2).handle;
    commit(
        backend,
        {insertion("h", "a", AtHead{}),
         insertion("m", "b", Before{middle}),
         insertion("t", "c", AtTail{})},
        snapshot.generation);
    CHECK(saved() != savedBefore);
    checkForeign(before);

    snapshot = look(backend, forward);
    Plan undo;
    for (const TaggedRule& rule : snapshot.tagged)
        undo.push_back(
            DeleteRule{forward, {rule.id, Family::ip}, snapshot.rules[rule.index].handle});
    REQUIRE(undo.size() == 3);
    commit(backend, undo, snapshot.generation);
    CHECK(saved() == savedBefore);
    checkForeign(before);
}

} // namespace

TEST_CASE("rules with matches that we do not know stay the same, byte for byte")
{
    const Namespace inside;
    sh("iptables-legacy -N DOCKER");
    checkUntouched(
        {"-A FORWARD -m string --string \"evil\" --algo bm --to 65535 -j DROP",
         "-A FORWARD -m recent --set --name seen --mask 255.255.255.255 --rsource",
         "-A FORWARD -m physdev --physdev-in eth0 --physdev-is-bridged -j ACCEPT",
         "-A FORWARD -m limit --limit 3/min --limit-burst 7 -j LOG --log-prefix \"a b \" "
         "--log-level 7",
         "-A FORWARD -p tcp -m multiport --dports 1,2,3 -m time --timestart 01:00 -j REJECT",
         "-A FORWARD -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 2 --hashlimit-name h "
         "-j DROP",
         "-A FORWARD -m u32 --u32 \"0x0&0xff=0x1\" -j ACCEPT",
         "-A FORWARD -m statistic --mode nth --every 3 --packet 0 -j ACCEPT",
         "-A FORWARD -g DOCKER"});
}

TEST_CASE("rules that match a set stay the same, byte for byte, and the set stays in use")
{
    const Namespace inside;
    if (run("command -v ipset").status != 0)
        skip("ipset is not installed");
    if (const auto made = run("ipset create s hash:ip"); made.status != 0)
        skip("the kernel has no sets: " + made.text);
    sh("ipset add s 192.0.2.7; ipset create t hash:net");
    // A rule names its set by a number that the kernel gave it, and holds a reference to it.
    checkUntouched(
        {"-A FORWARD -m set --match-set s src -j DROP",
         "-A FORWARD -m set ! --match-set t src,dst --packets-gt 3 -j ACCEPT",
         "-A FORWARD -m set --match-set s dst -j SET --add-set t src --exist --timeout 7"});
    CHECK(sh("ipset list -t s").find("References: 2\n") != std::string::npos);
    CHECK(sh("ipset list -t t").find("References: 2\n") != std::string::npos);
}
