// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/properties.hpp"

#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <set>

#include <systemd/sd-bus.h>

namespace fwdguard::bus {

namespace {

/// D-Bus has no "none"; -1 stands for it, and an index beyond 2^31 does not happen.
std::int32_t indexOf(const std::optional<std::size_t>& index)
{
    constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
    return index && *index <= largest ? static_cast<std::int32_t>(*index) : -1;
}

struct FreeText {
    void operator()(char* text) const noexcept { std::free(text); }
};

std::string encodedPath(const std::string& prefix, const std::string& label)
{
    char* text = nullptr;
    const int r = sd_bus_path_encode(prefix.c_str(), label.c_str(), &text);
    const std::unique_ptr<char, FreeText> owned{text};
    if (r < 0)
        throw std::bad_alloc{}; // the only failure that a valid prefix leaves
    return owned.get();
}

template <class Properties>
class Comparison {
  public:
    Comparison(const Properties& before, const Properties& after) : before_(before), after_(after)
    {
    }

    template <class Value>
    Comparison& of(Value Properties::*member, const char* name)
    {
        if (before_.*member != after_.*member)
            names_.emplace_back(name);
        return *this;
    }

    [[nodiscard]] std::vector<std::string> names() { return std::move(names_); }

  private:
    const Properties& before_;
    const Properties& after_;
    std::vector<std::string> names_;
};

} // namespace

RuleProperties propertiesOf(const RuleStatus& rule)
{
    const auto counters = rule.counters.value_or(Counters{});
    return {
        .id = rule.key.id,
        .family = std::string{toString(rule.key.family)},
        .table = rule.chain.table,
        .chain = rule.chain.chain,
        .backend = std::string{toString(rule.key.backend)},
        .position = rule.position ? toString(*rule.position) : std::string{},
        .state = std::string{toString(rule.state)},
        .detail = rule.detail,
        .handle = rule.handle.value_or(Handle{}).value,
        .index = indexOf(rule.index),
        .packets = counters.packets,
        .bytes = counters.bytes,
        .repairs = rule.repairs,
        .lastIncident = stampOf(rule),
    };
}

ManagerProperties propertiesOf(const Status& status, const std::string& configError)
{
    return {
        .state = std::string{toString(status.state)},
        .generation = status.generation.value,
        .repairs = status.repairs,
        .overruns = status.overruns,
        .missed = status.missed,
        .configError = configError,
    };
}

std::vector<std::string>
changedProperties(const ManagerProperties& before, const ManagerProperties& after)
{
    using P = ManagerProperties;
    return Comparison<P>{before, after}
        .of(&P::state, "State")
        .of(&P::generation, "Generation")
        .of(&P::repairs, "Repairs")
        .of(&P::overruns, "Overruns")
        .of(&P::missed, "Missed")
        .of(&P::configError, "ConfigError")
        .names();
}

std::vector<std::string>
changedProperties(const RuleProperties& before, const RuleProperties& after)
{
    using P = RuleProperties;
    return Comparison<P>{before, after}
        .of(&P::table, "Table")
        .of(&P::chain, "Chain")
        .of(&P::backend, "Backend")
        .of(&P::position, "Position")
        .of(&P::state, "State")
        .of(&P::detail, "Detail")
        .of(&P::handle, "Handle")
        .of(&P::index, "Index")
        .of(&P::packets, "Packets")
        .of(&P::bytes, "Bytes")
        .of(&P::repairs, "Repairs")
        .of(&P::lastIncident, "LastIncident")
        .names();
}

IncidentStamp stampOf(const RuleStatus& rule)
{
    if (!rule.lastIncident)
        return std::nullopt;
    const auto& incident = *rule.lastIncident;
    return std::tuple{incident.at, incident.generation, incident.damage, incident.exposure};
}

std::vector<std::string> objectPaths(const std::vector<RuleStatus>& rules)
{
    std::map<std::string, std::set<Family>> families;
    std::set<RuleKey> inNftables;
    for (const auto& rule : rules) {
        families[rule.key.id].insert(rule.key.family);
        if (rule.key.backend == BackendKind::nfTables)
            inNftables.insert(rule.key);
    }
    std::vector<std::string> paths;
    paths.reserve(rules.size());
    for (const auto& rule : rules) {
        auto path = encodedPath("/org/fwdguard1/rule", rule.key.id);
        if (families[rule.key.id].size() > 1)
            path = encodedPath(path, std::string{toString(rule.key.family)});
        if (rule.key.backend == BackendKind::legacy &&
            inNftables.contains({.id = rule.key.id, .family = rule.key.family}))
            path = encodedPath(path, std::string{toString(rule.key.backend)});
        paths.push_back(std::move(path));
    }
    return paths;
}

} // namespace fwdguard::bus
