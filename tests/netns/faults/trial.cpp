// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/trial.hpp"

#include "netns/faults/host.hpp"

#include <csignal>
#include <functional>
#include <sstream>
#include <thread>

namespace fwdguard::faults {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// For what comes by itself: shorter than the sweep, longer than a fault and a retry after it.
constexpr auto patience = 10s;

class Trial {
  public:
    Trial(const Scenario& scenario, const Surroundings& around, const std::string& order)
        : scenario_(scenario), around_(around), host_(scenario, around), order_(order)
    {
    }

    /// Empty when all went as it should.
    std::string run();

    [[nodiscard]] bool restarted() const { return restarted_; }
    [[nodiscard]] bool leftAlone() const { return leftAlone_; }
    /// What came back with the next change only; empty: nothing.
    [[nodiscard]] const std::string& late() const { return late_; }
    [[nodiscard]] const Ended& first() const { return first_; }
    [[nodiscard]] std::string calls() const { return host_.read("calls"); }
    [[nodiscard]] std::string log() const { return host_.read("log") + host_.told(); }

  private:
    using Change = std::function<void()>;

    void start(bool faulted)
    {
        daemon_.emplace(
            host_.arguments(), host_.environment(faulted ? order_ : ""), host_.logFile());
    }
    [[nodiscard]] bool stands();
    void holds(const std::string& step, const Change& again);
    void ended(const std::string& step);
    void stop();
    void onBus(const std::string& step);
    void fail(const std::string& what);

    const Scenario& scenario_;
    const Surroundings& around_;
    Host host_;
    std::string order_;
    std::optional<FaultedDaemon> daemon_;
    Ended first_;
    bool stood_ = false;
    bool restarted_ = false;
    bool leftAlone_ = false;
    std::string late_;
    std::string problem_;
};

void Trial::fail(const std::string& what)
{
    if (problem_.empty())
        problem_ = what;
}

bool Trial::stands()
{
    const auto deadline = Clock::now() + patience;
    while (!daemon_->ended() && Clock::now() < deadline) {
        if (host_.asWanted())
            return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

/// After a change: the rules stand, without another change; or the daemon has ended as it may, and
/// the next one does it.
void Trial::holds(const std::string& step, const Change& again)
{
    if (!problem_.empty())
        return;
    if (stands()) {
        stood_ = true;
        return;
    }
    if (!daemon_->ended()) {
        // A failure either way; whether another change helps tells which.
        const std::string before = host_.rules();
        again();
        if (stands()) {
            late_ += step + ": until the next change\n" + before;
            return;
        }
    }
    if (!daemon_->ended())
        return fail(step + ": found\n" + host_.rules() + "wanted\n" + host_.wanted());
    ended(step);
}

/// As systemd does.
void Trial::ended(const std::string& step)
{
    const Ended end = *daemon_->ended();
    if (restarted_)
        return fail(step + ": ended again");
    restarted_ = true;
    first_ = end;
    if (!end.status)
        return fail(step + ": ended by signal " + std::to_string(end.signal));
    // RestartPreventExitStatus= of the unit; what was not permitted at once is left alone.
    leftAlone_ = *end.status == 77 && !stood_;
    if (*end.status != 1 && !leftAlone_)
        return fail(step + ": ended with status " + std::to_string(*end.status));
    if (!scenario_.toJournal && log().find("fwd-guard: error: ") == std::string::npos)
        return fail(step + ": ended without a reason");
    start(false);
    // The rules that the first one left prove nothing about the next: it has to put some back.
    if (stands())
        host_.flush();
    if (!stands())
        fail(step + ", started anew: found\n" + host_.rules() + "wanted\n" + host_.wanted());
}

void Trial::onBus(const std::string& step)
{
    if (around_.checkBus.empty() || !problem_.empty())
        return;
    const auto deadline = Clock::now() + patience;
    while (host_.run(around_.checkBus).status != 0) {
        if (daemon_->ended() && !restarted_)
            return ended(step);
        if (Clock::now() > deadline)
            return fail(step + ": not on the bus");
        std::this_thread::sleep_for(20ms);
    }
}

void Trial::stop()
{
    if (!problem_.empty())
        return;
    daemon_->signal(SIGTERM);
    const auto deadline = Clock::now() + patience;
    while (!daemon_->ended() && Clock::now() < deadline)
        std::this_thread::sleep_for(2ms);
    if (!daemon_->ended())
        return fail("SIGTERM does not end it");
    const Ended end = *daemon_->ended();
    if (!restarted_)
        first_ = end;
    // A fault at the end is as good as one before.
    if (!end.status || (*end.status != 0 && (restarted_ || *end.status != 1)))
        fail(
            "SIGTERM: ended with status " + std::to_string(end.status.value_or(-1)) + ", signal " +
            std::to_string(end.signal));
    host_.expectNoMarks();
    if (!host_.asWanted())
        fail("after the end: found\n" + host_.rules() + "wanted\n" + host_.wanted());
}

std::string Trial::run()
{
    host_.prepare();
    start(true);
    holds("at start", [&] { host_.flush(); });
    onBus("at start");
    if (scenario_.surveyed)
        std::this_thread::sleep_for(2s);
    const auto step = [&](const std::string& name, const Change& change) {
        if (!problem_.empty())
            return;
        change();
        holds(name, change);
    };
    step("flushed", [&] { host_.flush(); });
    step("displaced", [&] { host_.displace(); });
    if (scenario_.tableGoes)
        step("table gone", [&] { host_.recreateTable(); });
    // Twice: the second time before what went wrong the first time is tried again.
    for (int times = 0; scenario_.marked && times < 2; ++times) {
        step("Docker's table gone", [&] { host_.letDockerGo(); });
        step("Docker's table back", [&] { host_.letDockerCome(); });
    }
    step("reloaded", [&] {
        host_.declare("eth8");
        daemon_->signal(SIGHUP);
    });
    onBus("reloaded");
    step("flushed at last", [&] { host_.flush(); });
    onBus("flushed at last");
    stop();
    return problem_;
}

/// A loop that does not wait takes all there is.
std::string excess(const Ended& end, const Cost& usual)
{
    const auto most = 3 * usual.cpu + end.wall / 4 + 200ms;
    if (end.cpu <= most)
        return {};
    std::ostringstream text;
    text << "used " << end.cpu.count() << " ms of the CPU in " << end.wall.count()
         << " ms; without faults " << usual.cpu.count() << " ms";
    return text.str();
}

} // namespace

Outcome
attempt(const Scenario& scenario, const Surroundings& around, const Fault& fault, const Cost& usual)
{
    Trial trial(scenario, around, orderOf(fault));
    std::string problem = trial.run();
    if (problem.empty())
        problem = excess(trial.first(), usual);
    if (!problem.empty())
        return {Outcome::Kind::broken, problem + "\n" + trial.log()};
    if (!trial.late().empty())
        return {Outcome::Kind::late, trial.late() + trial.log()};
    if (trial.calls().empty())
        return {Outcome::Kind::unreached};
    if (trial.leftAlone())
        return {Outcome::Kind::leftAlone};
    return {trial.restarted() ? Outcome::Kind::restarted : Outcome::Kind::lived};
}

Census count(const Scenario& scenario, const Surroundings& around)
{
    Trial trial(scenario, around, "");
    Census census;
    census.problem = trial.run() + trial.late();
    if (trial.restarted())
        census.problem += "ended without a fault";
    if (!census.problem.empty())
        census.problem += "\n" + trial.log();
    census.calls = callsIn(trial.calls());
    std::erase_if(census.calls, [&](const auto& call) {
        return !scenario.subjects.contains(call.first.what);
    });
    census.cost.cpu = trial.first().cpu;
    return census;
}

} // namespace fwdguard::faults
