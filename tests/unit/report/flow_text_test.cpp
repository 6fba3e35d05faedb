// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/daemon_messages.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace fwdguard;
using namespace fwdguard::report;

namespace {

std::string valueOf(const Message& message, const std::string& field)
{
    const auto found = std::ranges::find(message.fields, field, &Field::name);
    return found == message.fields.end() ? "(none)" : found->value;
}

} // namespace

TEST_CASE("what a flow lacks is a message that programs can find by the flow")
{
    const Message waiting =
        flowChanged("pods", {.state = FlowState::waiting, .detail = "no interface flannel.1"});
    CHECK(waiting.kind == MessageKind::flowWaiting);
    CHECK(waiting.text == "flow pods: waiting: no interface flannel.1");
    CHECK(valueOf(waiting, "MESSAGE_ID") == typeOf(MessageKind::flowWaiting).id);
    CHECK(valueOf(waiting, "FWDGUARD_FLOW") == "pods");
    CHECK(valueOf(waiting, "FWDGUARD_STATE") == "waiting");
    CHECK(valueOf(waiting, "FWDGUARD_DETAIL") == "no interface flannel.1");

    const Message degraded =
        flowChanged("pods", {.state = FlowState::degraded, .detail = "add this"});
    CHECK(degraded.kind == MessageKind::flowDegraded);
    CHECK(degraded.text == "flow pods: degraded: add this");

    const Message whole = flowChanged("pods", {});
    CHECK(whole.kind == MessageKind::flowWhole);
    CHECK(whole.text == "flow pods: lacks nothing any more");
    CHECK(valueOf(whole, "FWDGUARD_DETAIL") == "(none)");
}
