// SPDX-License-Identifier: GPL-2.0-or-later
// Flows as they are read, and what is read of Docker's configuration for them.
#include "config/docker.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace fwdguard;
using namespace fwdguard::config;
using namespace fwdguard::config::test;

namespace {

Loaded loadedText(const std::string& text)
{
    const Scratch scratch;
    return loaded({.file = scratch.write("fwd-guard.json", text), .required = true});
}

} // namespace

TEST_CASE("a flow: one interface or a list of them, a destination, an anchor, direct access")
{
    const Loaded config = loadedText(R"({ "flows": [
        { "id": "pods", "from": ["flannel.1", "wg+"], "to": "docker0",
          "destination": "10.244.0.0/16", "anchor": "docker-user", "direct_access": true },
        { "id": "plain", "from": "eth0", "to": "br-+" } ] })");
    CHECK(config.declaration.rules.empty());
    REQUIRE(config.flows.size() == 2);
    const Flow pods{
        .id = "pods",
        .from = {{.name = "flannel.1"}, {.name = "wg", .prefix = true}},
        .to = {{.name = "docker0"}},
        .destination = AddressMatch{.address = {10, 244}, .prefixLength = 16},
        .anchor = Flow::Anchor::dockerUser,
        .directAccess = true};
    const Flow plain{
        .id = "plain", .from = {{.name = "eth0"}}, .to = {{.name = "br-", .prefix = true}}};
    CHECK(config.flows[0] == pods);
    CHECK(config.flows[1] == plain);
    CHECK(config.warnings.empty());
}

TEST_CASE("drop-ins append flows, and Docker's configuration is where the last one says")
{
    const Scratch scratch;
    const auto main = scratch.write(
        "fwd-guard.json", R"({ "flows": [ { "id": "a", "from": "x", "to": "y" } ] })");
    CHECK(loaded({.file = main, .required = true}).dockerConfig == "/etc/docker/daemon.json");
    scratch.write(
        "conf.d/1.json",
        R"({ "flows": [ { "id": "b", "from": "x", "to": "z" } ], "docker_config": "/d.json" })");
    const Loaded both = loaded({.file = main, .required = true});
    REQUIRE(both.flows.size() == 2);
    CHECK(both.flows[1].id == "b");
    CHECK(both.dockerConfig == "/d.json");
}

TEST_CASE("of Docker's configuration three options are read, and the rest is Docker's own business")
{
    const DockerOptions options = dockerOptionsOf(R"({
        "bip": "10.244.1.1/24", "log-opts": { "max-size": "10m" }, "insecure-registries": [],
        "firewall-backend": "nftables", "bridge-accept-fwmark": "0x10/0xf0",
        "allow-direct-routing": true })");
    CHECK(options.nftables);
    CHECK(options.acceptMark == MarkMatch{.value = 0x10, .mask = 0xf0});
    CHECK(options.directRouting);
    CHECK(options.trouble.empty());
    CHECK(dockerOptionsOf("{}") == DockerOptions{});
}

TEST_CASE("values that Docker would refuse count as not given")
{
    const DockerOptions options = dockerOptionsOf(R"({
        "firewall-backend": true, "bridge-accept-fwmark": 16, "allow-direct-routing": "true" })");
    CHECK(options == DockerOptions{});
    CHECK_FALSE(dockerOptionsOf(R"({ "firewall-backend": "iptables" })").nftables);
    CHECK_FALSE(dockerOptionsOf(R"({ "bridge-accept-fwmark": "!1" })").acceptMark);
    CHECK_FALSE(dockerOptionsOf(R"([ "bridge-accept-fwmark" ])").acceptMark);
}

TEST_CASE("no file of Docker's is no trouble; one that cannot be read is")
{
    const Scratch scratch;
    CHECK(readDockerOptions(scratch.path() / "none.json") == DockerOptions{});
    CHECK(readDockerOptions(scratch.path()).trouble == "a directory");
    CHECK_FALSE(readDockerOptions(scratch.write("bad.json", "{ \"a\": ")).trouble.empty());
    CHECK(readDockerOptions(scratch.write("d.json", R"({"allow-direct-routing":true})"))
              .directRouting);
}
