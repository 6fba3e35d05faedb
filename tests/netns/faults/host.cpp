// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/host.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include <sys/stat.h>

namespace fwdguard::faults {

namespace {

std::string ruleOf(const std::string& id, const std::string& match)
{
    return "-A FORWARD " + match + " -m comment --comment \"fwd-guard:" + id + "\" -j ACCEPT\n";
}

std::string contentOf(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Of a flow with two ways, without what nft's versions say differently.
constexpr const char* listMarks =
    "nft list chain ip fwd-guard mark-forward 2>&1 | sed -n "
    R"('s/^[[:space:]]*\(iifname .* oifname "[^"]*"\) .*0x0*1000 comment \(.*\)$/mark \1 \2/p')";

std::string markOf(const std::string& from, const std::string& to, const std::string& id)
{
    return "mark iifname \"" + from + "\" oifname \"" + to + "\" \"" + id + "\"\n";
}

} // namespace

Host::Host(const Scenario& scenario, const Surroundings& around)
    : scenario_(scenario), around_(around)
{
    std::filesystem::create_directory(scratch_.path() / "state");
    declare(interface_);
    if (!scenario.outside) {
        netns_.emplace();
        return;
    }
    static int count = 0;
    name_ = "fwd-guard-fault-" + std::to_string(getpid()) + "-" + std::to_string(count++);
    if (test::run("ip netns add " + name_).status != 0)
        throw std::runtime_error("ip netns add");
}

Host::~Host()
{
    if (!name_.empty())
        static_cast<void>(test::run("ip netns delete " + name_));
}

test::Output Host::run(const std::string& command) const
{
    if (name_.empty())
        return test::run(command);
    return test::run("exec ip netns exec " + name_ + " sh -c '" + command + "'");
}

void Host::must(const std::string& command) const
{
    const test::Output output = run(command);
    if (output.status != 0)
        throw std::runtime_error(command + "\n" + output.text);
}

std::string Host::iptables() const
{
    return "XTABLES_LOCKFILE=" + (scratch_.path() / "lock").string() + " " + scenario_.iptables +
           " -w";
}

void Host::prepare()
{
    foreign_ = "-A FORWARD -i foreign0 -j ACCEPT\n";
    must(iptables() + " -P FORWARD DROP; " + iptables() + " -A FORWARD -i foreign0 -j ACCEPT");
    if (!scenario_.marked)
        return;
    scratch_.write("etc/daemon.json", R"({"bridge-accept-fwmark":"0x1000/0x1000"})");
    letDockerCome();
}

void Host::flush()
{
    foreign_.clear();
    must(iptables() + " -F FORWARD");
}

void Host::displace()
{
    const std::string rule = " FORWARD -o foreign1 -j DROP";
    // Once, also when it is done again.
    static_cast<void>(run(iptables() + " -D" + rule));
    foreign_ = "-A" + rule + "\n";
    must(iptables() + " -I" + rule);
}

void Host::recreateTable()
{
    foreign_.clear();
    must("nft delete table ip filter; " + iptables() + " -P FORWARD DROP");
}

void Host::letDockerGo()
{
    marks_ = false;
    must("nft 'add table ip docker-bridges; delete table ip docker-bridges'");
}

void Host::letDockerCome()
{
    marks_ = true;
    must("nft 'add table ip docker-bridges; add chain ip docker-bridges filter-FORWARD'");
}

void Host::declare(const std::string& interface)
{
    interface_ = interface;
    const std::string flow = R"(,"flows":[{"id":"f","from":")" + interface +
                             R"(","to":"docker0"}],"docker_config":")" +
                             (scratch_.path() / "etc/daemon.json").string() + '"';
    // The folder above the configuration is watched as well: not where others write.
    scratch_.write(
        "etc/c.json",
        R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":")" +
            interface +
            R"("},"verdict":"accept"},{"id":"t","family":"ip","table":"filter","chain":"FORWARD","position":"tail","match":{"in_interface":")" +
            interface + R"("},"verdict":"accept"}])" + scenario_.more +
            (scenario_.marked ? flow : "") + "}");
}

std::string Host::rules() const
{
    const std::string rules = run(iptables() + " -S FORWARD").text;
    return scenario_.marked ? rules + run(listMarks).text : rules;
}

std::string Host::wanted() const
{
    std::string text = "-P FORWARD DROP\n" + ruleOf("r", "-o " + interface_);
    if (scenario_.marked)
        text += ruleOf("f-there-1", "-i " + interface_ + " -o docker0") +
                ruleOf("f-back-1", "-i docker0 -o " + interface_);
    text += foreign_ + ruleOf("t", "-i " + interface_);
    if (marks_)
        text +=
            markOf(interface_, "docker0", "f-there-1") + markOf("docker0", interface_, "f-back-1");
    return text;
}

std::vector<std::string> Host::arguments() const
{
    std::vector<std::string> words{"--config", scratch_.path() / "etc/c.json"};
    if (scenario_.outside)
        words.insert(words.end(), {"--netns", "/run/netns/" + name_});
    return words;
}

Environment Host::environment(const std::string& order) const
{
    Environment all{
        {"RUNTIME_DIRECTORY", scratch_.path()},
        {"STATE_DIRECTORY", scratch_.path() / "state"},
        {"XTABLES_LOCKFILE", scratch_.path() / "lock"},
        {"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent"},
        {"FWDGUARD_FAULT", order},
        {"FWDGUARD_FAULT_SOCKETS", scenario_.socketNames},
        {"FWDGUARD_FAULT_LOG", scratch_.path() / "calls"}};
    for (const auto& [name, value] : around_.environment)
        all[name] = value;
    if (scenario_.toJournal) {
        std::ofstream(logFile(), std::ios::app).flush();
        struct stat info {};
        ::stat(logFile().c_str(), &info);
        all["JOURNAL_STREAM"] = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    }
    return all;
}

std::string Host::read(const std::string& name) const
{
    return contentOf(scratch_.path() / name);
}

std::string Host::told() const
{
    return around_.journal.empty() ? "" : contentOf(around_.journal);
}

} // namespace fwdguard::faults
