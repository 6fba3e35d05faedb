// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real audit stream: outside, where the stream comes, with --netns.
#include "netns/daemon/daemon_process.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <sched.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace fwdguard;
using namespace fwdguard::legacy;

namespace {

/// In a directory that is not sticky, as /run is not: in one that is, root may not open what
/// another user has made (fs.protected_regular).
std::string lockFileIn(const test::Scratch& scratch)
{
    const auto directory = scratch.path() / "run";
    std::filesystem::create_directory(directory);
    std::filesystem::permissions(directory, std::filesystem::perms::all);
    return directory / "lock";
}

/// A network namespace that has a name, while this lives; the test itself stays outside.
class NamedNetns {
  public:
    NamedNetns() { sh("ip netns add " + name_); }
    NamedNetns(const NamedNetns&) = delete;
    NamedNetns& operator=(const NamedNetns&) = delete;
    ~NamedNetns() { static_cast<void>(run("ip netns delete " + name_)); }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string path() const { return "/run/netns/" + name_; }
    [[nodiscard]] std::string legacy(const test::Scratch& scratch, const std::string& words) const
    {
        return sh(
            "XTABLES_LOCKFILE=" + lockFileIn(scratch) + " ip netns exec " + name_ +
            " iptables-legacy " + words);
    }

  private:
    std::string name_ = "fwd-guard-audit-" + std::to_string(::getpid());
};

const std::string rule = "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";

std::string configuration(const std::string& legacy)
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":"eth7"},"verdict":"accept"}],"legacy":{)" +
           legacy + "}}";
}

test::DaemonProcess::Environment lockIn(const test::Scratch& scratch)
{
    return {{"XTABLES_LOCKFILE", lockFileIn(scratch)}};
}

/// Stands where journald listens, in a mount namespace of its own, which the test stays in.
class Journal {
  public:
    Journal() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        std::filesystem::create_directories("/run/systemd");
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", "/run/systemd", "tmpfs", 0, nullptr) != 0)
            throw std::runtime_error("no mount namespace");
        std::filesystem::create_directories("/run/systemd/journal");
        const sockaddr_un address{AF_UNIX, "/run/systemd/journal/socket"};
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal() { ::close(fd_); }

    /// What makes the daemon take this for its stderr.
    [[nodiscard]] static std::string streamOf(const test::Scratch& scratch)
    {
        const auto log = scratch.path() / "log";
        std::ofstream(log, std::ios::app).flush();
        struct stat info {};
        REQUIRE(::stat(log.c_str(), &info) == 0);
        return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    }

    /// The first record that contains this text; empty after 10 s without.
    [[nodiscard]] std::string record(const std::string& text) const
    {
        std::string found;
        static_cast<void>(test::eventually([&] {
            std::string datagram(65'536, '\0');
            const ssize_t size = ::recv(fd_, datagram.data(), datagram.size(), 0);
            datagram.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
            if (datagram.find(text) != std::string::npos)
                found = std::move(datagram);
            return !found.empty();
        }));
        return found;
    }

  private:
    int fd_;
};

/// All values of a setting, in one.
std::string settingOf(const std::string& unit, const std::string& key)
{
    std::ifstream file(unit);
    std::string all;
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + "="))
            all += " " + line.substr(key.size() + 1);
    return all;
}

/// The daemon as another user, with the group and the capabilities that the unit gives it.
std::vector<std::string> underUnit(const test::Scratch& scratch, const std::string& unit)
{
    // The checkout may lie where this user may not look.
    const auto program = scratch.path() / "fwd-guard";
    std::filesystem::copy_file(FWDGUARD_DAEMON, program);
    std::string capabilities = "-all";
    std::istringstream names(settingOf(unit, "AmbientCapabilities"));
    for (std::string name; names >> name;) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        capabilities += ",+" + name.substr(std::string_view("cap_").size());
    }
    std::string group;
    std::istringstream(settingOf(unit, "Group")) >> group;
    return {
        "setpriv",
        "--reuid=nobody",
        "--regid=" + group,
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=" + capabilities,
        "--ambient-caps=" + capabilities,
        "--bounding-set=" + capabilities,
        program};
}

bool has(const std::string& record, const std::string& field)
{
    return ("\n" + record).find("\n" + field + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("the journal's record of a legacy incident names the command line that flushed the chain")
{
    const AuditSetting on = switchAudit(true);
    const Journal journal;
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const auto file = scratch.write("c.json", configuration(R"("poll_interval":"1h")"));
    auto environment = lockIn(scratch);
    environment["JOURNAL_STREAM"] = Journal::streamOf(scratch);
    test::DaemonProcess daemon(scratch, {"--config", file, "--netns", netns.path()}, environment);
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE_FALSE(journal.record("legacy tables: audit").empty());

    static_cast<void>(netns.legacy(scratch, "-w -t filter -F FORWARD"));
    const std::string record = journal.record("FWDGUARD_DAMAGE=deleted");
    CAPTURE(record);
    CHECK(has(record, "FWDGUARD_BACKEND=legacy"));
    CHECK(has(record, "FWDGUARD_CAUSE_COMM=iptables-legacy"));
    CHECK(has(record, "FWDGUARD_CAUSE_EXE=/usr/sbin/xtables-legacy-multi"));
    CHECK(has(record, "FWDGUARD_CAUSE_CMDLINE=iptables-legacy -w -t filter -F FORWARD"));
    CHECK(has(record, "FWDGUARD_CAUSE_UID=0"));
}

TEST_CASE("with the kernel's audit on, a flushed legacy rule is back at once and the log names who")
{
    const AuditSetting on = switchAudit(true);
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const auto file = scratch.write("c.json", configuration(R"("poll_interval":"1h")"));
    test::DaemonProcess daemon(
        scratch, {"--config", file, "--netns", netns.path()}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE(daemon.logged("legacy tables: audit"));

    static_cast<void>(netns.legacy(scratch, "-F FORWARD"));
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy) by iptables-legacy (pid "));
    CHECK(test::eventually(
        [&] { return netns.legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE(
    "only where the configuration says so, the kernel's audit is switched on, and the log says it")
{
    const AuditSetting off = switchAudit(false);
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const bool allowed = GENERATE(false, true);
    const auto file = scratch.write(
        "c.json", configuration(allowed ? R"("enable_audit":true)" : R"("watch":"auto")"));
    test::DaemonProcess daemon(
        scratch, {"--config", file, "--netns", netns.path()}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    std::error_code error;
    CHECK(xtables::auditEnabled(error) == allowed);
    CHECK(daemon.logged(
        allowed ? "the kernel's audit switched on for the whole host"
                : "legacy tables: polling: the kernel's audit is off"));
}

TEST_CASE("where audit is switched on and does not come, it is not called off any more")
{
    const AuditSetting off(false);
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const auto file = scratch.write("c.json", configuration(R"("enable_audit":true)"));
    const test::DaemonProcess daemon(
        scratch,
        {"--config", file},
        lockIn(scratch),
        {"ip", "netns", "exec", netns.name(), FWDGUARD_DAEMON});
    CHECK(daemon.logged("legacy tables: polling: our own change of a table was not announced"));
    CHECK(daemon.log().find("the kernel's audit is off") == std::string::npos);
}

TEST_CASE("with no more than the unit's group and capabilities it hears the audit stream")
{
    const AuditSetting on = switchAudit(true);
    // It guards where the stream comes, in the namespace that we were started in, and only looks;
    // what is announced happens in another one.
    const NamedNetns netns;
    const test::Scratch scratch;
    const auto file = scratch.write(
        "etc/c.json", R"({"mode":"observe","rules":[],"legacy":{"watch":"auto"},"policies":[
            {"family":"ip","table":"filter","chain":"FORWARD","policy":"accept"}]})");
    test::DaemonProcess daemon(
        scratch, {"--config", file}, lockIn(scratch), underUnit(scratch, FWDGUARD_UNIT));
    REQUIRE(daemon.notified("READY=1"));
    const std::string status = sh("cat /proc/" + std::to_string(daemon.pid()) + "/status");
    CHECK(status.find("CapEff:\t0000002000003000\nCapBnd:\t0000002000003000") != status.npos);
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    CHECK(daemon.logged("legacy tables: audit"));
}
