// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

namespace fwdguard::busTest {

namespace {

/// As a distribution's system bus: nothing is allowed that no policy names.
std::string configuration(const std::string& address, Policy policy)
{
    std::string text =
        R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <auth>EXTERNAL</auth>
  <listen>)" +
        address + R"(</listen>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user=")" +
        std::to_string(geteuid()) + R"(">
    <allow own="org.freedesktop.PolicyKit1"/>
  </policy>
  <include>)" BUS_POLICY "</include>\n";
    if (geteuid() != 0)
        text += "  <policy user=\"" + std::to_string(geteuid()) +
                "\"><allow own=\"org.fwdguard1\"/>"
                "<allow send_destination=\"org.fwdguard1\"/></policy>\n";
    if (policy == Policy::everything)
        text += "  <policy context=\"mandatory\"><allow send_destination=\"*\"/></policy>\n";
    return text + "</busconfig>\n";
}

} // namespace

PrivateBus::PrivateBus(Policy policy)
{
    need({"dbus-daemon", "busctl"});
    auto name = (std::filesystem::temp_directory_path() / "fwdguard-bus-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms{0755});
    address_ = "unix:path=" + (folder_ / "socket").string();
    std::ofstream{folder_ / "bus.conf"} << configuration(address_, policy);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
}

PrivateBus::~PrivateBus()
{
    daemon_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PrivateBus::start()
{
    daemon_ = std::make_unique<Process>(Arguments{
        "dbus-daemon",
        "--nofork",
        "--nopidfile",
        "--nosyslog",
        "--print-address",
        "--config-file=" + (folder_ / "bus.conf").string()});
    REQUIRE(daemon_->says("unix:"));
}

void PrivateBus::stop()
{
    daemon_->signal(SIGTERM);
    daemon_->wait();
    daemon_.reset();
}

void PrivateBus::freeze() const
{
    daemon_->signal(SIGSTOP);
}

void PrivateBus::thaw() const
{
    daemon_->signal(SIGCONT);
}

Arguments PrivateBus::busctl(const Arguments& arguments) const
{
    Arguments command = {"busctl", "--address=" + address_, "--no-pager"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

Host::Host() : process({BUS_HOST}) {}

Polkit::Polkit() : process({BUS_POLKIT})
{
    REQUIRE(process.says("ready"));
}

void Polkit::answers(const std::string& answer)
{
    process.tell(answer);
    REQUIRE(process.says("will answer " + answer));
}

void Host::appear()
{
    process.tell("publish calm");
    REQUIRE(process.says("connected"));
}

bool Host::turns()
{
    const auto number = std::to_string(++pings_);
    process.tell("ping " + number);
    return process.says("pong " + number, std::chrono::milliseconds{500});
}

Finished ctl(const Arguments& arguments)
{
    Arguments command = {BUS_CTL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
}

} // namespace fwdguard::busTest
