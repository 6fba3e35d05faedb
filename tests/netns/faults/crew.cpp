// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/crew.hpp"

#include "netns/faults/surroundings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <system_error>
#include <thread>

#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

namespace fwdguard::faults {

namespace {

using Clock = std::chrono::steady_clock;

std::string environment(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): one thread
    return value != nullptr ? value : "";
}

/// The trials spend half their time waiting for other processes.
std::size_t crewSize()
{
    return std::clamp<std::size_t>(2 * std::thread::hardware_concurrency(), 2, 16);
}

/// Nobody asked for anything else.
constexpr std::string_view byDefault = "few";

std::string which()
{
    const std::string given = environment("FWDGUARD_FAULTS");
    return given.empty() ? std::string{byDefault} : given;
}

/// A number from the environment, or one that is printed to be used again. A sample that is drawn
/// anew each time finds something now and then: whether it does is not to depend on who happens to
/// run all tests.
unsigned int seedOf()
{
    if (which() == byDefault)
        return 1;
    const std::string given = environment("FWDGUARD_SEED");
    return given.empty() ? std::random_device{}() : static_cast<unsigned int>(std::stoul(given));
}

/// One line to the parent, which is one write, so that lines do not mix.
void tell(int pipe, Outcome outcome, const Fault& fault)
{
    std::string text = static_cast<char>(outcome.kind) + describe(fault) + ": " + outcome.text;
    text.resize(std::min<std::size_t>(text.size(), 4000));
    text += '\0';
    static_cast<void>(!write(pipe, text.data(), text.size()));
}

Outcome carefully(
    const Scenario& scenario, const Surroundings& around, const Fault& fault, const Cost& usual)
{
    try {
        return attempt(scenario, around, fault, usual);
    } catch (const std::exception& error) {
        return {Outcome::Kind::broken, error.what()};
    }
}

struct Work {
    std::vector<Fault> faults;
    Cost usual;
    Clock::time_point end;
};

[[noreturn]] void workAt(int pipe, const Scenario& scenario, const Work& work, std::size_t from)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    {
        const Place place(scenario);
        for (std::size_t i = from; i < work.faults.size(); i += crewSize()) {
            if (Clock::now() > work.end)
                break;
            tell(
                pipe,
                carefully(scenario, place.around(), work.faults[i], work.usual),
                work.faults[i]);
        }
    }
    _exit(0);
}

void add(Tally& tally, const std::string& line)
{
    ++tally.tried;
    switch (static_cast<Outcome::Kind>(line.front())) {
    case Outcome::Kind::lived:
        ++tally.lived;
        break;
    case Outcome::Kind::restarted:
        ++tally.restarted;
        break;
    case Outcome::Kind::leftAlone:
        ++tally.leftAlone;
        break;
    case Outcome::Kind::unreached:
        ++tally.unreached;
        break;
    case Outcome::Kind::late:
        tally.late.push_back(line.substr(1));
        break;
    case Outcome::Kind::broken:
        tally.broken.push_back(line.substr(1));
    }
    if (which() != "some" && which() != byDefault)
        std::cout << line.substr(0, line.find('\n')) << std::endl;
}

void collect(int pipe, Tally& tally)
{
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t size = 0; (size = read(pipe, chunk.data(), chunk.size())) != 0;) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            throw std::system_error(errno, std::generic_category(), "reading what workers found");
        text.append(chunk.data(), static_cast<std::size_t>(size));
        for (auto end = text.find('\0'); end != std::string::npos; end = text.find('\0')) {
            add(tally, text.substr(0, end));
            text.erase(0, end + 1);
        }
    }
}

void runAll(const Scenario& scenario, const Work& work, Tally& tally)
{
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    std::cout.flush();
    std::vector<pid_t> crew;
    for (std::size_t i = 0; i < crewSize(); ++i) {
        crew.push_back(fork());
        if (crew.back() == 0) {
            close(ends[0]);
            workAt(ends[1], scenario, work, i);
        }
    }
    close(ends[1]);
    collect(ends[0], tally);
    close(ends[0]);
    for (const pid_t worker : crew) {
        int status = 0;
        waitpid(worker, &status, 0);
        if (status != 0)
            tally.broken.push_back("a worker ended with " + std::to_string(status));
    }
}

Census censusOf(const Scenario& scenario)
{
    const Place place(scenario);
    return count(scenario, place.around());
}

/// Which of all faults, and until when.
Work workFor(const Scenario& scenario, const Census& census, unsigned int seed)
{
    Work work{.faults = {}, .usual = census.cost, .end = Clock::time_point::max()};
    if (!scenario.orders.empty()) {
        for (const std::string& order : scenario.orders)
            work.faults.push_back(faultOf(order));
    } else if (which() == "some" || which() == byDefault) {
        work.faults = someFaults(census.calls, seed);
        work.end = Clock::now() + scenario.budget / (which() == "some" ? 1 : 2);
    } else if (which() == "all") {
        work.faults = allFaults(census.calls);
    } else {
        work.faults = {faultOf(which())};
    }
    return work;
}

} // namespace

Tally tryFaults(const Scenario& scenario)
{
    Tally tally;
    const Census census = censusOf(scenario);
    if (!census.problem.empty()) {
        tally.broken.push_back("without a fault: " + census.problem);
        return tally;
    }
    const unsigned int seed = seedOf();
    tally.faults = allFaults(census.calls).size();
    runAll(scenario, workFor(scenario, census, seed), tally);
    std::cout << scenario.name << ": " << census.calls.size() << " functions by object, "
              << tally.faults << " faults; " << tally.tried << " tried (FWDGUARD_SEED=" << seed
              << "): " << tally.lived << " lived through, " << tally.restarted
              << " ended with a reason and put right by the next start, " << tally.leftAlone
              << " not permitted to start, " << tally.unreached << " not reached, "
              << tally.late.size() << " late, " << tally.broken.size()
              << " broken; CPU without faults " << census.cost.cpu.count() << " ms" << std::endl;
    return tally;
}

} // namespace fwdguard::faults
