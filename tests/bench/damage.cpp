// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/damage.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using namespace std::chrono_literals;

/// While it lives, nobody takes the processor from this process; children are scheduled as usual.
/// Otherwise a restorer that is due, or has a priority, is done before the flusher reads its clock.
class Undisturbed {
  public:
    Undisturbed()
    {
        const sched_param parameter{.sched_priority = 1};
        if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) < 0)
            throw std::system_error(errno, std::generic_category(), "real-time scheduling");
    }
    Undisturbed(const Undisturbed&) = delete;
    Undisturbed& operator=(const Undisturbed&) = delete;
    ~Undisturbed()
    {
        const sched_param parameter{};
        sched_setscheduler(0, SCHED_OTHER, &parameter);
    }
};

/// Commits `damage` and waits until somebody else has committed so often: how long that took.
std::chrono::nanoseconds commitAndTime(
    Committer& committer,
    Listener& listener,
    const Batch& damage,
    const std::set<std::uint32_t>& bystanders = {},
    int commits = 1)
{
    while (listener.next(0ms)) {
        // what is left of earlier transactions
    }
    committer.commit(damage);
    const Clock::time_point begin = Clock::now();
    const Clock::time_point giveUp = begin + patience;
    while (Clock::now() < giveUp)
        if (const auto port = listener.next(1s);
            port && *port != committer.port() && !bystanders.contains(*port) && --commits == 0)
            return Clock::now() - begin;
    throw std::runtime_error("the rules were not put back in time");
}

} // namespace

void must(const std::string& command)
{
    if (std::system(command.c_str()) != 0) // NOLINT(concurrency-mt-unsafe): one thread
        throw std::runtime_error("failed: " + command);
}

void flushRepeatedly(
    int times,
    std::chrono::microseconds rest,
    Samples& samples,
    const std::set<std::uint32_t>& bystanders,
    int commits)
{
    Committer flusher;
    Listener listener;
    const Undisturbed measuring;
    const Batch flush = flushBatch();
    flusher.commit(insertBatch()); // the flush of an empty chain is not announced
    usleep(50'000);
    for (int i = 0; i < times; ++i) {
        samples.add(commitAndTime(flusher, listener, flush, bystanders, commits));
        usleep(static_cast<useconds_t>(rest.count()));
    }
}

void flushAllRepeatedly(int times, std::size_t rules, TaggedRules& tagged, Samples& samples)
{
    Committer flusher;
    Listener listener;
    const Undisturbed measuring;
    const Batch flush = flushBatch();
    usleep(50'000);
    if (tagged.now().empty()) // the floor does nothing unless there is something to hear
        flusher.commit(foreignBatch(forward, 1));
    for (int i = 0; i < times; ++i) {
        static_cast<void>(tagged.await(rules));
        usleep(20'000); // telling of so many takes longer than bringing them back
        samples.add(commitAndTime(flusher, listener, flush, {}));
        if (const std::size_t back = tagged.after(flusher.port()).size(); back != rules)
            throw std::runtime_error(
                "the first repair brought " + std::to_string(back) + " rules of " +
                std::to_string(rules));
    }
}

void deleteOursRepeatedly(int times, TaggedRules& tagged, Samples& samples)
{
    constexpr std::size_t ours = 2;
    Committer committer;
    Listener listener;
    const Undisturbed measuring;
    usleep(50'000);
    if (tagged.now().empty()) // the floor does nothing unless there is something to hear
        committer.commit(foreignBatch(forward, 1));
    std::chrono::nanoseconds took{};
    for (int i = 0; i < times; ++i) {
        const std::set<std::uint64_t>& handles = tagged.await(ours);
        // Behind a repair there is another look, which reads all of a long chain once more.
        std::this_thread::sleep_for(std::max<std::chrono::nanoseconds>(rested, 3 * took));
        took = commitAndTime(committer, listener, deletionBatch({handles.begin(), handles.end()}));
        samples.add(took);
    }
}

void Turns::take(
    int rounds,
    const Make& makeFloor,
    const Make& makeGuard,
    const std::function<void(Samples&)>& measure)
{
    for (int round = 0; round < rounds; ++round) {
        {
            const Restorer blind = makeFloor();
            measure(floor);
        }
        const Restorer daemon = makeGuard();
        measure(guard);
    }
}

} // namespace fwdguard::bench
