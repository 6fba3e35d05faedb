// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/load_watch.hpp"

#include "sys/inotify_events.hpp"

#include <chrono>
#include <utility>

namespace fwdguard::sys {

namespace {

constexpr std::uint32_t opened = IN_OPEN;
constexpr std::uint32_t beingRead = IN_ACCESS;
constexpr std::uint32_t unmapped = IN_CLOSE_NOWRITE;
constexpr std::uint32_t replaced = IN_ATTRIB; ///< or one of its names

constexpr std::chrono::microseconds soon{30};

} // namespace

LoadWatch::LoadWatch(
    EventLoop& loop, std::filesystem::path library, std::function<void(bool beside)> onLoad)
    : library_(std::move(library)), onLoad_(std::move(onLoad)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
    if (!inotify_)
        return;
    watch();
    readable_ = loop.addIo(inotify_.value(), [this](std::uint32_t) { told(); });
}

bool LoadWatch::ended()
{
    return (read() & unmapped) != 0;
}

void LoadWatch::pause()
{
    ::inotify_rm_watch(inotify_.value(), std::exchange(id_, -1));
    readable_.setEnabled(false);
}

void LoadWatch::resume()
{
    static_cast<void>(read());
    watch();
    readable_.setEnabled(true);
}

/// The file that is at the path now. After an upgrade it is another one; the old one stays with
/// those who have loaded it.
void LoadWatch::watch()
{
    if (id_ >= 0)
        ::inotify_rm_watch(inotify_.value(), id_);
    id_ = ::inotify_add_watch(
        inotify_.value(), library_.c_str(), opened | beingRead | unmapped | replaced);
}

std::uint32_t LoadWatch::read()
{
    std::uint32_t seen = 0;
    readInotify(inotify_.value(), [&](const inotify_event& event, const char*) {
        if (event.wd == id_)
            seen |= event.mask;
    });
    if ((seen & replaced) != 0)
        watch();
    return seen;
}

void LoadWatch::told()
{
    using Clock = std::chrono::steady_clock;
    std::uint32_t seen = read();
    const auto is = [&seen](std::uint32_t what) { return (seen & what) != 0; };
    // Who loads it reads it some microseconds later, and we may have been told within these.
    for (const auto until = Clock::now() + soon;
         is(opened) && !is(beingRead) && Clock::now() < until;)
        seen |= read();
    onLoad_(is(opened) && is(beingRead));
}

} // namespace fwdguard::sys
