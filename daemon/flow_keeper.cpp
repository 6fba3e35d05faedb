// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fwdguard::daemon {

namespace {

using std::chrono::milliseconds;

/// Docker's start is dozens of transactions and several interfaces: one look for all of them.
constexpr milliseconds settle{100};

/// For an error that may pass: our own table could not be written.
constexpr milliseconds retryDelay{5'000};

} // namespace

FlowKeeper::FlowKeeper(
    sys::EventLoop& loop,
    Kernel& kernel,
    std::function<void()> onChange,
    std::function<void(const Flow& flow, const FlowLack& lack)> tell)
    : loop_(loop), hostReader_(kernel), onChange_(std::move(onChange)), tell_(std::move(tell)),
      due_(loop.addTimer([this] { look(); }, sys::Priority::last)),
      retry_(loop.addTimer([this] { look(); }, sys::Priority::last))
{
}

Declaration FlowKeeper::declare(const Configuration& configuration)
{
    declared_ = configuration.declaration();
    dockerFile_ = configuration.dockerConfig();
    backend_ = configuration.backend();
    flows_.clear();
    for (const Flow& flow : configuration.flows())
        flows_.push_back({.flow = flow});
    if (flows_.empty())
        links_.reset();
    else if (!links_)
        links_.emplace(loop_, [this] { suspect(); });
    static_cast<void>(expandAll());
    return declaration();
}

Declaration FlowKeeper::declaration() const
{
    Declaration declaration = declared_;
    for (const ExpandedFlow& flow : flows_)
        for (DeclaredRule rule : flow.expansion.rules) {
            rule.backend = backend_;
            declaration.rules.push_back(std::move(rule));
        }
    return declaration;
}

void FlowKeeper::suspect()
{
    if (!flows_.empty() && !std::exchange(suspected_, true))
        due_.arm(std::chrono::steady_clock::now() + settle);
}

void FlowKeeper::look()
{
    suspected_ = false;
    if (expandAll())
        onChange_();
}

bool FlowKeeper::expandAll()
{
    host_ = flows_.empty() ? FlowHost{} : hostReader_.read(flows_, dockerFile_, host_);
    std::vector<ExpandedFlow> before = flows_;
    for (ExpandedFlow& flow : flows_) {
        flow.expansion = expand(flow.flow, host_);
        flow.dockerFile = dockerFile_;
        flow.dockerTrouble = host_.docker.trouble;
    }
    writeMarks();
    return flows_ != before;
}

void FlowKeeper::writeMarks()
{
    std::vector<MarkRule> marks;
    for (const ExpandedFlow& flow : flows_)
        marks.insert(marks.end(), flow.expansion.marks.begin(), flow.expansion.marks.end());
    const bool observed = declared_.mode == Mode::observe;
    const bool unwritten = marks != marks_ || markError_;
    if (unwritten && !observed) {
        if (!table_)
            table_.emplace();
        const std::error_code error = table_->hold(marks);
        markError_.reset();
        if (error) {
            markError_ = error.message();
            retry_.arm(std::chrono::steady_clock::now() + retryDelay);
        } else {
            marks_ = std::move(marks);
        }
    }
    for (ExpandedFlow& flow : flows_)
        if (flow.expansion.marks.empty())
            flow.markError.reset();
        else
            flow.markError = unwritten && observed ? "only observed" : markError_;
}

void FlowKeeper::tellLacks()
{
    std::map<std::string, FlowLack> told;
    for (const ExpandedFlow& flow : flows_) {
        const FlowLack lack = lackOf(flow);
        const auto before = told_.find(flow.flow.id);
        const FlowLack last = before != told_.end() ? before->second : FlowLack{};
        if (lack != last)
            tell_(flow.flow, lack);
        told.emplace(flow.flow.id, lack);
    }
    told_ = std::move(told);
}

std::optional<std::vector<std::string>> FlowKeeper::ruleIdsOf(const std::string& flow) const
{
    for (const ExpandedFlow& expanded : flows_) {
        if (expanded.flow.id != flow)
            continue;
        std::vector<std::string> ids;
        for (const DeclaredRule& rule : expanded.expansion.rules)
            ids.push_back(rule.key.id);
        return ids;
    }
    return std::nullopt;
}

std::vector<std::string> FlowKeeper::rulesThatMayWait() const
{
    std::vector<std::string> ids;
    for (const ExpandedFlow& flow : flows_)
        for (const DeclaredRule& rule : flow.expansion.rules)
            if (mayWaitFor(rule.chain))
                ids.push_back(rule.key.id);
    return ids;
}

bool FlowKeeper::allInPlace() const
{
    return std::ranges::all_of(
        flows_, [](const ExpandedFlow& flow) { return lackOf(flow).state == FlowState::inPlace; });
}

} // namespace fwdguard::daemon
