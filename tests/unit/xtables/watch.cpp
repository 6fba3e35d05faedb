// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "xtables/stream_proof.hpp"
#include "xtables/watch_status.hpp"

using namespace fwdguard;
using namespace fwdguard::xtables;
using namespace std::chrono_literals;

namespace {

using State = StreamProof::State;
const TableId filter{Family::ip, "filter"};
const TableId nat{Family::ip, "nat"};
const Committer self{100, "fwd-guard"};
constexpr Instant start{};

// What the kernel says to whether its audit is on.
std::optional<bool> unknown()
{
    return std::nullopt;
}
std::optional<bool> on()
{
    return true;
}
std::optional<bool> off()
{
    return false;
}

TableAnnounced replacedBy(const Committer& committer, const TableId& table = filter)
{
    return {TableAnnounced::Operation::replaced, table, committer};
}

} // namespace

TEST_CASE("the audit stream is unproven until an announcement arrives")
{
    StreamProof proof{self};
    proof.check(start + 1h, unknown);
    CHECK(proof.state() == State::unproven);
    CHECK_FALSE(proof.deadline());
    CHECK_FALSE(proof.announced(replacedBy({7, "iptables-legacy"})));
    CHECK(proof.state() == State::proven);
}

TEST_CASE("our own commit that is announced proves the stream")
{
    StreamProof proof{self};
    proof.committed(filter, start);
    CHECK(proof.deadline() == start + StreamProof::patience);
    CHECK(proof.announced(replacedBy(self)));
    CHECK_FALSE(proof.deadline());
    proof.check(start + 1h, unknown);
    CHECK(proof.state() == State::proven);
}

TEST_CASE("our own commit that is not announced in time disproves it, even after a proof")
{
    StreamProof proof{self};
    (void)proof.announced(replacedBy({7, "iptables-legacy"}));
    proof.committed(filter, start);
    proof.check(start + StreamProof::patience - 1ms, unknown);
    CHECK(proof.state() == State::proven);
    proof.check(start + StreamProof::patience, unknown);
    CHECK(proof.state() == State::disproved);
    (void)proof.announced(replacedBy({7, "iptables-legacy"}));
    CHECK(proof.state() == State::proven);
}

TEST_CASE("an announcement of another's commit does not stand for ours")
{
    StreamProof proof{self};
    proof.committed(filter, start);
    CHECK_FALSE(proof.announced(replacedBy({7, "iptables-legacy"})));
    CHECK_FALSE(proof.announced(replacedBy(self, nat)) == false);
    proof.check(start + StreamProof::patience, unknown);
    CHECK(proof.state() == State::disproved);
}

TEST_CASE("in a pid namespace our number is learnt from the first announcement due")
{
    StreamProof proof{{1, "fwd-guard"}};
    const Committer outside{31415, "fwd-guard"};
    CHECK_FALSE(proof.announced(replacedBy(outside)));
    proof.committed(filter, start);
    CHECK(proof.announced(replacedBy(outside)));
    CHECK(proof.announced(replacedBy(outside)));
    CHECK_FALSE(proof.announced(replacedBy({31416, "fwd-guard"})));
}

TEST_CASE("a second guard of the same name is told apart by its pid")
{
    StreamProof proof{self};
    proof.committed(filter, start);
    CHECK(proof.announced(replacedBy(self)));
    proof.committed(filter, start);
    CHECK_FALSE(proof.announced(replacedBy({200, "fwd-guard"})));
    CHECK(proof.announced(replacedBy(self)));
}

TEST_CASE("a table that is registered while we commit is not ours")
{
    StreamProof proof{self};
    proof.committed(filter, start);
    CHECK_FALSE(proof.announced({TableAnnounced::Operation::registered, filter, {7, "x"}}));
    CHECK(proof.deadline());
}

TEST_CASE("audit switched off means polling until something is heard again")
{
    StreamProof proof{self};
    (void)proof.announced(replacedBy(self));
    proof.switched(false);
    CHECK(proof.state() == State::switchedOff);
    proof.committed(filter, start);
    proof.check(start + 1h, unknown);
    CHECK(proof.state() == State::switchedOff);
    proof.switched(true);
    CHECK(proof.state() == State::unproven);
}

TEST_CASE("audit switched on where the stream does not come is found out by our next commit")
{
    StreamProof proof{self};
    proof.switched(false);
    proof.auditIsOn();
    CHECK(proof.state() == State::unproven);
    proof.committed(filter, start);
    proof.check(start + StreamProof::patience, on);
    CHECK(proof.state() == State::disproved);
    proof.auditIsOn();
    CHECK(proof.state() == State::disproved);
}

TEST_CASE(
    "when our commit is not announced, the kernel is asked whether audit is on, and only then")
{
    StreamProof proof{self};
    proof.switched(false);
    const auto overdue = [&proof](const StreamProof::AuditQuery& answer) {
        proof.committed(filter, start);
        proof.check(start + StreamProof::patience, answer);
        return proof.state();
    };
    CHECK(overdue(off) == State::switchedOff);
    CHECK(overdue(on) == State::disproved); // somebody switched it on, and nobody said so
    CHECK(overdue(unknown) == State::disproved);
    CHECK(overdue(off) == State::switchedOff);
    CHECK(overdue(unknown) == State::switchedOff);

    int asked = 0;
    proof.check(start + 1h, [&asked] { return ++asked > 0; });
    CHECK(asked == 0);
}

TEST_CASE("that audit is on does not undo a proof")
{
    StreamProof proof{self};
    (void)proof.announced(replacedBy(self));
    proof.switched(true);
    CHECK(proof.state() == State::proven);
}

TEST_CASE("the watch polls wherever the stream is not proven, and says why and what would help")
{
    const auto automatic = [](State state) {
        return watchStatus(WatchChoice::automatic, state, {});
    };
    CHECK(automatic(State::proven) == WatchStatus{.mode = WatchMode::audit});
    for (const State state : {State::unproven, State::disproved, State::switchedOff}) {
        CHECK(automatic(state).mode == WatchMode::polling);
        CHECK_FALSE(automatic(state).reason.empty());
        CHECK_FALSE(automatic(state).remedy.empty());
        CHECK_FALSE(automatic(state).fault);
    }
    const auto denied = watchStatus(
        WatchChoice::automatic,
        State::unproven,
        std::make_error_code(std::errc::operation_not_permitted));
    CHECK(denied.mode == WatchMode::polling);
    CHECK(denied.remedy.find("CAP_AUDIT_READ") != std::string::npos);
}

TEST_CASE("the configuration can insist on polling")
{
    const auto status = watchStatus(WatchChoice::poll, State::proven, {});
    CHECK(status.mode == WatchMode::polling);
    CHECK_FALSE(status.fault);
}

TEST_CASE(
    "where the configuration insists on audit, the watch polls without it and calls it a fault")
{
    const auto insisted = [](State state, std::error_code streamError = {}) {
        return watchStatus(WatchChoice::audit, state, streamError);
    };
    const auto denied = std::make_error_code(std::errc::operation_not_permitted);
    for (const WatchStatus& status :
         {insisted(State::disproved),
          insisted(State::switchedOff),
          insisted(State::unproven, denied)}) {
        CHECK(status.mode == WatchMode::polling);
        CHECK(status.fault);
        CHECK_FALSE(status.reason.empty());
    }
    CHECK(insisted(State::proven) == WatchStatus{.mode = WatchMode::audit});
}

TEST_CASE("before any announcement was due it is no fault that none has come")
{
    const auto status = watchStatus(WatchChoice::audit, State::unproven, {});
    CHECK(status.mode == WatchMode::polling);
    CHECK_FALSE(status.fault);
}
