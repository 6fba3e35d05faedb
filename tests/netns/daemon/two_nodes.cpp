// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/daemon/two_nodes.hpp"

#include "support/netns.hpp"

#include <unistd.h>

namespace fwdguard::test {

namespace {

/// A namespace with one interface, which is `link` on our side.
void join(const std::string& name, const std::string& link, const std::string& subnet)
{
    must("ip netns add " + name);
    must("ip link add " + link + " type veth peer name eth0 netns " + name);
    must("ip address add " + subnet + ".1/24 dev " + link);
    must("ip link set " + link + " up");
    must("ip -n " + name + " address add " + subnet + ".2/24 dev eth0");
    must("ip -n " + name + " link set eth0 up");
    must("ip -n " + name + " route add default via " + subnet + ".1");
}

bool reaches(const std::string& from, const std::string& address)
{
    return run("ip netns exec " + from + " ping -c 1 -W 1 " + address).status == 0;
}

} // namespace

TwoNodes::TwoNodes()
    : other_("fwd-guard-other-" + std::to_string(getpid())),
      ours_("fwd-guard-ours-" + std::to_string(getpid()))
{
    must("sysctl -qw net.ipv4.ip_forward=1");
    join(other_, "flannel.1", "10.244.2");
    join(ours_, "docker0", "10.244.1");
}

TwoNodes::~TwoNodes()
{
    for (const std::string& name : {other_, ours_})
        static_cast<void>(run("ip netns delete " + name));
}

bool TwoNodes::otherReachesOurs() const
{
    return reaches(other_, "10.244.1.2");
}

bool TwoNodes::otherReaches(const std::string& address) const
{
    return reaches(other_, address);
}

bool TwoNodes::oursReachesOther() const
{
    return reaches(ours_, "10.244.2.2");
}

} // namespace fwdguard::test
