// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/message.hpp"
#include "report/wording.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"

using namespace fwdguard;
using namespace fwdguard::report;
using fwdguard::test::sampleIncident;

namespace {

std::string text(const Incident& incident)
{
    return textOf(Report{incident});
}

/// The sample with a short cause, so that the rest of the sentence stands out.
Incident byNft(Damage damage)
{
    Incident incident = sampleIncident();
    incident.damage = damage;
    incident.cause = {.pid = 77, .comm = "nft"};
    return incident;
}

} // namespace

TEST_CASE("one line says what happened to the rule, who did it, and when it was back")
{
    CHECK(
        text(sampleIncident()) ==
        "to-docker0: deleted from ip filter FORWARD by iptables (pid 4242, child of dockerd, "
        "docker.service); back at head after 41 us");
}

TEST_CASE("each damage has its own words")
{
    CHECK(
        text(byNft(Damage::displaced)) ==
        "to-docker0: displaced in ip filter FORWARD by nft (pid 77); back at head after 41 us");
    CHECK(
        text(byNft(Damage::altered)) ==
        "to-docker0: altered in ip filter FORWARD by nft (pid 77); restored at head after 41 us");
    CHECK(
        text(byNft(Damage::duplicated)) ==
        "to-docker0: duplicated in ip filter FORWARD by nft (pid 77); "
        "single again at head after 41 us");
    CHECK(
        text(byNft(Damage::chainGone)) ==
        "to-docker0: chain ip filter FORWARD deleted by nft (pid 77); back at head after 41 us");
    CHECK(
        text(byNft(Damage::tableGone)) ==
        "to-docker0: table ip filter deleted by nft (pid 77); back at head after 41 us");
}

TEST_CASE("the place is the declared one, in words")
{
    Incident incident = byNft(Damage::deleted);
    const std::string start = "to-docker0: deleted from ip filter FORWARD by nft (pid 77); ";
    incident.place = "tail";
    CHECK(text(incident) == start + "back at tail after 41 us");
    incident.place = "before:KUBE-FORWARD";
    CHECK(text(incident) == start + "back before KUBE-FORWARD after 41 us");
    incident.place = "after:DOCKER-USER";
    CHECK(text(incident) == start + "back after DOCKER-USER within 41 us");
    incident.place = "anywhere";
    CHECK(text(incident) == start + "back in place after 41 us");
    incident.damage = Damage::altered;
    CHECK(
        text(incident) ==
        "to-docker0: altered in ip filter FORWARD by nft (pid 77); restored after 41 us");
}

TEST_CASE("a policy is changed and set back; it has no place")
{
    Incident incident = byNft(Damage::altered);
    incident.key.id = "policy-ip-filter-FORWARD";
    incident.place = "";
    CHECK(
        text(incident) ==
        "policy-ip-filter-FORWARD: policy of ip filter FORWARD changed by nft (pid 77); "
        "set back after 41 us");
}

TEST_CASE("damage that cannot be repaired yet says what is waited for")
{
    Incident incident = byNft(Damage::chainGone);
    incident.exposure.reset();
    CHECK(
        text(incident) == "to-docker0: chain ip filter FORWARD deleted by nft (pid 77); waiting "
                          "for chain FORWARD");
    incident.damage = Damage::tableGone;
    CHECK(
        text(incident) ==
        "to-docker0: table ip filter deleted by nft (pid 77); waiting for chain FORWARD");
    incident.damage = Damage::displaced;
    CHECK(
        text(incident) ==
        "to-docker0: displaced in ip filter FORWARD by nft (pid 77); not repaired yet");
    incident.observed = true;
    CHECK(
        text(incident) ==
        "to-docker0: displaced in ip filter FORWARD by nft (pid 77); only observed, not repaired");
}

TEST_CASE("damage that no announcement told of is said to be found by a sweep or a check")
{
    Incident incident = byNft(Damage::deleted);
    incident.missed = true;
    CHECK(
        text(incident) == "to-docker0: deleted from ip filter FORWARD by nft (pid 77), found by a "
                          "sweep or a check; back at head after 41 us");
    incident.cause = {};
    CHECK(
        text(incident) == "to-docker0: deleted from ip filter FORWARD unannounced, found by a "
                          "sweep or a check; back at head after 41 us");
}

TEST_CASE("a cause is worded from what is known of it, and from nothing else")
{
    using P = ParentProcess;
    struct Example {
        Cause cause;
        const char* words;
    };
    const auto dockerd = P{.pid = 700, .comm = "dockerd"};
    const auto example = GENERATE_COPY(
        Example{{}, "an unknown process"},
        Example{{.pid = 7, .comm = "nft"}, "nft (pid 7)"},
        Example{{.comm = "nft"}, "nft"},
        Example{{.comm = "nft", .unit = "x.service"}, "nft (x.service)"},
        Example{{.pid = 7}, "process (pid 7)"},
        Example{{.pid = 7, .comm = "nft", .parent = dockerd}, "nft (pid 7, child of dockerd)"},
        Example{{.comm = "nft", .parent = dockerd}, "nft (child of dockerd)"},
        Example{{.parent = dockerd}, "children of dockerd"},
        Example{{.parent = dockerd, .unit = "x.service"}, "children of dockerd (x.service)"},
        Example{{.unit = "x.service"}, "processes of x.service"},
        Example{{.exe = "/usr/sbin/nft"}, "/usr/sbin/nft"},
        Example{{.exe = "/usr/sbin/nft", .unit = "x.service"}, "/usr/sbin/nft (x.service)"},
        Example{{.pid = 7, .comm = "nft", .parent = P{.pid = 9}}, "nft (pid 7, child of pid 9)"},
        // Everything is a child of PID 1 when its parent has gone.
        Example{
            {.pid = 7,
             .comm = "dockerd",
             .parent = P{.pid = 1, .comm = "systemd"},
             .unit = "d.service"},
            "dockerd (pid 7, d.service)"},
        Example{{.parent = P{.pid = 1, .comm = "systemd"}}, "an unknown process"},
        Example{{.cmdline = "nft -f x"}, "an unknown process"});
    CHECK(wordsOf(example.cause) == example.words);
    Incident incident = sampleIncident();
    incident.cause = example.cause;
    CHECK(
        text(incident) == "to-docker0: deleted from ip filter FORWARD by " +
                              std::string(example.words) + "; back at head after 41 us");
}

TEST_CASE("a process cannot write a line of its own, or steer the terminal, by its name")
{
    Incident incident = sampleIncident();
    incident.cause = {.pid = 7, .comm = "x\nfwd\x1b[2J\xff"};
    CHECK(
        text(incident) == "to-docker0: deleted from ip filter FORWARD by x\\x0afwd\\x1b[2J\\xff "
                          "(pid 7); back at head after 41 us");
}
