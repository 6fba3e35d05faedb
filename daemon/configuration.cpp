// SPDX-License-Identifier: GPL-2.0-or-later
#include "configuration.hpp"

#include "nft/express.hpp"

#include <utility>

namespace fwdguard::daemon {

namespace {

void requireExpressible(const DeclaredRule& rule)
{
    if (rule.backend == BackendChoice::legacy)
        return;
    if (const std::optional<std::string> reason = nft::cannotExpress(rule))
        throw ConfigurationError(
            "rule \"" + rule.key.id + "\" in " + toString(rule.chain) + ": " + *reason);
}

} // namespace

Configuration::Configuration(const std::optional<std::filesystem::path>& named)
    : source_(config::sourceOf(named))
{
    loaded_ = read();
    source_ = config::reloadSource(source_, loaded_);
    loadedAt_ = std::chrono::system_clock::now();
}

config::Loaded Configuration::read()
{
    // Before reading: a change in between then shows as a difference, and is read again.
    fingerprint_ = config::fingerprint(source_.file);
    config::Result result = config::load(source_);
    if (const auto* problem = std::get_if<config::Problem>(&result))
        throw ConfigurationError(toString(*problem));
    auto& loaded = std::get<config::Loaded>(result);
    for (const DeclaredRule& rule : loaded.declaration.rules)
        requireExpressible(rule);
    for (const Flow& flow : loaded.flows)
        for (const DeclaredRule& rule : expand(flow, {}).rules)
            requireExpressible(rule);
    return std::move(loaded);
}

void Configuration::reload()
{
    loaded_ = read();
    source_ = config::reloadSource(source_, loaded_);
    loadedAt_ = std::chrono::system_clock::now();
}

bool Configuration::filesChanged() const
{
    return config::fingerprint(source_.file) != fingerprint_;
}

std::vector<std::filesystem::path> Configuration::directoriesToWatch() const
{
    return config::directoriesToWatch(source_.file);
}

std::size_t Configuration::ruleCount() const
{
    return loaded_.declaration.rules.size() + loaded_.declaration.policies.size();
}

std::string Configuration::path() const
{
    return loaded_.builtIn ? std::string{} : source_.file.string();
}

} // namespace fwdguard::daemon
