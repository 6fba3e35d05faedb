// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon.hpp"

#include "clocks.hpp"
#include "exit_status.hpp"
#include "nft/library.hpp"
#include "report/daemon_messages.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

namespace fwdguard::daemon {

namespace {

/// The others cannot be shadowed by what a survey of nf_tables sees.
std::vector<DeclaredRule> rulesOfNftables(const Declaration& declaration)
{
    std::vector<DeclaredRule> rules = declaration.rules;
    std::erase_if(rules, [](const auto& rule) { return rule.backend == BackendChoice::legacy; });
    return rules;
}

bool legacyHeld(const Status& status)
{
    return std::ranges::any_of(status.rules, [](const RuleStatus& rule) {
        return rule.key.backend == BackendKind::legacy && rule.state != RuleState::waiting;
    });
}

} // namespace

Daemon::Daemon(const Options& options, report::Log& log, xtables::AuditStream audit)
    : log_(log), configuration_(options.config), kernel_(std::move(audit)),
      flows_(
          loop_,
          kernel_,
          [this] { flowsChanged(); },
          [this](const Flow& flow, const FlowLack& lack) { tellFlow(flow, lack); }),
      holds_(log_), guard_(flows_.declare(configuration_)),
      bus_(
          loop_.get(),
          *this,
          {.version = FWDGUARD_VERSION,
           .incidentText = report::lastIncidentJson,
           .urgent = [this] { return loop_.isUrgent(); },
           .onChange =
               [this](bool connected, const std::string& why) { busChanged(connected, why); }}),
      manager_(loop_), reporter_(
                           loop_,
                           log_,
                           bus_,
                           manager_,
                           [this] { return statusContext(); },
                           [this](Status& status) { flows_.addTo(status); }),
      driver_(guard_, kernel_, reporter_, readClocks),
      surveyor_(loop_, log_, [this](const ShadowsFound& found) { surveyed(found); }),
      legacy_(
          loop_,
          log_,
          kernel_,
          [this] { legacyChanged(); },
          [this](const std::string& text) {
              bus_.stateChanged("", toString(guard_.status().state), text);
          }),
      wake_(loop_.addTimer([this] { feed(Woke{}); })),
      checks_(loop_.addTimer([this] { answerChecks(); })),
      search_(loop_.addTimer([this] { searchOn(); }, sys::Priority::last)),
      files_(loop_, [this] { filesChanged(); }),
      commands_(
          loop_, nft::libraryFile(), [this] { kernel_.rehearse(); }, [this] { return glance(); })
{
    if (!kernel_.filtered())
        log_.write(report::filterFallback("the self-test at start did not pass it"));
    if (!kernel_.seesAnnouncedPids())
        log_.text().info("in a pid namespace of our own: causes are known by pid and name only");
}

int Daemon::run()
{
    tellConfiguration();
    addSources();
    legacy_.declare(wantsLegacy(flows_.declaration()), configuration_.legacy());
    feed(Started{.holds = holds_.restore(readClocks())});
    flows_.tellLacks();
    reporter_.show(guard_.status());
    const Declaration declaration = flows_.declaration();
    surveyor_.declare(rulesOfNftables(declaration));
    log_.write(report::started(
        FWDGUARD_VERSION,
        declaration.rules.size() + declaration.policies.size(),
        configuration_.flows().size(),
        legacyHeld(guard_.status()) ? "nf_tables, legacy" : "nf_tables"));
    manager_.ready(reporter_.summary());
    return loop_.run();
}

void Daemon::addSources()
{
    loop_.addUrgent(kernel_.watchFd(), [this] { return announced(); });
    for (const int signo : {SIGTERM, SIGINT})
        sources_.push_back(loop_.addSignal(signo, [this](int received) { stop(received); }));
    sources_.push_back(loop_.addSignal(SIGHUP, [this](int) { tryReload(); }));
    files_.setDirectories(configuration_.directoriesToWatch());
    manager_.feedWatchdog([this] {
        legacy_.seek();
        surveyor_.seek();
    });
}

bool Daemon::announced()
{
    const std::uint64_t before = kernel_.taken();
    driver_.announced();
    attend();
    return kernel_.taken() != before;
}

/// What can wait until a repair is made.
void Daemon::attend()
{
    kernel_.suspect(false);
    rearm();
    changed();
    // What is announced meanwhile comes first; the loop calls again at once.
    while (reporter_.tellNext() && !loop_.isUrgent())
        ;
    commands_.committed();
}

/// Whether there is no more to expect. What is urgent is looked at here before the loop does: here
/// the path to the repair is warm.
bool Daemon::glance()
{
    const bool urgent = loop_.isUrgent() || !kernel_.prepared();
    if (!driver_.glance())
        return urgent;
    attend();
    return true;
}

/// Not only what the guard looks after.
void Daemon::changed()
{
    surveyor_.changed();
    flows_.suspect();
}

void Daemon::feed(const Fact& fact)
{
    const std::uint64_t before = kernel_.taken();
    kernel_.suspect(true);
    driver_.handle(fact);
    kernel_.suspect(false);
    if (kernel_.taken() != before) // nobody calls announced() for that any more
        changed();
    while (reporter_.tellNext())
        ;
    rearm();
    legacy_.tell(guard_.status());
}

void Daemon::legacyChanged()
{
    feed(Announced{});
    flows_.suspect();
}

/// The ruleset has come to rest; who just wrote to nf_tables may have brought legacy tables along.
void Daemon::surveyed(const ShadowsFound& found)
{
    feed(found);
    legacy_.seek();
}

/// The guard holds something else from now on.
void Daemon::declare(const Declaration& declaration)
{
    legacy_.declare(wantsLegacy(declaration), configuration_.legacy());
    feed(Reloaded{declaration});
    std::vector<ChainId> legacy;
    for (const ChainRecord& chain : guard_.chains())
        if (chain.chain().backend == BackendKind::legacy)
            legacy.push_back(chain.chain());
    kernel_.retain(legacy);
    flows_.tellLacks();
    surveyor_.declare(rulesOfNftables(declaration));
    reporter_.show(guard_.status());
}

void Daemon::rearm()
{
    if (const std::optional<Instant> at = driver_.wakeAt())
        wake_.arm(*at);
    else
        wake_.disarm();
    if (kernel_.searching())
        search_.arm({}); // at once, when there is nothing else to do
}

/// What a former configuration has left may be in any of many chains: it can wait, the rest cannot.
void Daemon::searchOn()
{
    try {
        if (auto chains = kernel_.continueSearch())
            feed(TaggedFound{*std::move(chains)});
    } catch (const std::system_error& error) {
        log_.text().warn(
            std::string("what is declared no more stays until the next start: ") + error.what());
    }
    rearm();
}

void Daemon::stop(int signo)
{
    manager_.stopping();
    feed(StopRequested{});
    const Declaration& declaration = configuration_.declaration();
    auto rules = report::RulesAtStop::kept;
    if (declaration.onStop == OnStop::remove && declaration.mode == Mode::guard)
        rules = removeRest() ? report::RulesAtStop::removed : report::RulesAtStop::left;
    log_.write(report::stopping(signo == SIGINT ? "interrupted" : "asked to", rules));
    reporter_.show(guard_.status());
    loop_.exit(done);
}

/// Another process may hold the lock of legacy tables. Returns whether all is removed.
bool Daemon::removeRest()
{
    constexpr std::chrono::seconds patience{5}; // the unit's TimeoutStopSec is twice that
    const Instant end = std::chrono::steady_clock::now() + patience;
    while (!guard_.chains().empty()) {
        const std::optional<Instant> next = driver_.wakeAt();
        if (!next || *next > end)
            return false;
        std::this_thread::sleep_until(*next);
        feed(Woke{});
    }
    return true;
}

// ---- Configuration

void Daemon::reload()
{
    manager_.reloading();
    try {
        configuration_.reload();
        configError_.reset();
    } catch (const ConfigurationError& error) {
        configError_ = error.what();
        log_.write(report::configurationRefused(configuration_.path(), error.what()));
        reporter_.show(guard_.status());
        manager_.ready(reporter_.summary());
        throw bus::CommandError(bus::CommandError::Kind::configInvalid, error.what());
    }
    files_.setDirectories(configuration_.directoriesToWatch());
    tellConfiguration();
    declare(flows_.declare(configuration_));
    manager_.ready(reporter_.summary());
}

void Daemon::tryReload()
{
    try {
        reload();
    } catch (const bus::CommandError&) {
        return; // told already; there is no caller to tell
    }
}

void Daemon::filesChanged()
{
    files_.setDirectories(configuration_.directoriesToWatch());
    if (configuration_.filesChanged())
        tryReload();
}

void Daemon::tellConfiguration()
{
    log_.write(report::configurationLoaded(
        configuration_.path(), configuration_.ruleCount(), configuration_.flows().size()));
    for (const std::string& warning : configuration_.warnings())
        log_.write(report::configurationWarning(warning));
}

/// The host changed, and with it what the flows need.
void Daemon::flowsChanged()
{
    declare(flows_.declaration());
}

void Daemon::tellFlow(const Flow& flow, const FlowLack& lack)
{
    const report::Message message = report::flowChanged(flow.id, lack);
    log_.write(message);
    Status status = guard_.status();
    flows_.addTo(status);
    bus_.stateChanged("", toString(status.state), message.text);
}

void Daemon::busChanged(bool connected, const std::string& why)
{
    if (!connected)
        log_.write(report::busLost(why));
    else if (std::exchange(busSeen_, true))
        log_.write(report::busBack());
}

report::StatusContext Daemon::statusContext() const
{
    report::StatusContext context{
        .version = FWDGUARD_VERSION,
        .backends = {"nf_tables"},
        .configLoaded = configuration_.loadedAt(),
        .configError = configError_,
        .watch = legacy_.watch(),
    };
    if (legacyHeld(guard_.status()))
        context.backends.emplace_back("legacy");
    if (const std::string path = configuration_.path(); !path.empty())
        context.configPath = path;
    return context;
}

} // namespace fwdguard::daemon
