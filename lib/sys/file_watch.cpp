// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/file_watch.hpp"

#include "sys/inotify_events.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/inotify.h>

namespace fwdguard::sys {

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

/// "/etc/fwd-guard" for "/etc/fwd-guard/": so that filename() and parent_path() mean something.
std::filesystem::path plain(const std::filesystem::path& directory)
{
    auto path = std::filesystem::absolute(directory).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

} // namespace

FileWatch::FileWatch(
    EventLoop& loop, std::function<void()> onChange, std::chrono::milliseconds settle)
    : onChange_(std::move(onChange)), settle_(settle),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
    if (!inotify_)
        throw std::system_error(errno, std::system_category(), "cannot watch files");
    settled_ = loop.addTimer([this] { settled(); });
    readable_ = loop.addIo(inotify_.value(), [this](std::uint32_t) { read(); });
}

void FileWatch::setDirectories(const std::vector<std::filesystem::path>& directories)
{
    directories_.clear();
    for (const auto& directory : directories)
        directories_.push_back(plain(directory));
    watchAgain();
}

void FileWatch::settled()
{
    waiting_ = false;
    watchAgain();
    onChange_();
}

/// What a path leads to may have changed: each is looked up anew. A watch descriptor stands for the
/// directory itself, so one that is watched already keeps its number.
void FileWatch::watchAgain()
{
    std::map<int, Interest> before = std::exchange(interests_, {});
    for (const auto& directory : directories_) {
        if (const int id = watch(directory); id >= 0)
            interests_[id].everything = true;
        if (const int id = watch(directory.parent_path()); id >= 0)
            interests_[id].names.insert(directory.filename());
    }
    for (const auto& [id, interest] : before)
        if (!interests_.contains(id))
            ::inotify_rm_watch(inotify_.value(), id); // fails when the directory is gone: good
}

int FileWatch::watch(const std::filesystem::path& directory)
{
    const int id = ::inotify_add_watch(inotify_.value(), directory.c_str(), changes | IN_ONLYDIR);
    if (id < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ELOOP)
        throw std::system_error(
            errno, std::system_category(), directory.string() + ": cannot watch this directory");
    return id;
}

void FileWatch::read()
{
    bool changed = false;
    readInotify(inotify_.value(), [&](const inotify_event& event, const char* name) {
        changed |= matters(event.wd, event.mask, name);
    });
    // Not put off by further changes, so that a file that is written all the time is seen, too.
    if (changed && !std::exchange(waiting_, true))
        settled_.arm(std::chrono::steady_clock::now() + settle_);
}

bool FileWatch::matters(int watchId, std::uint32_t mask, const std::string& name) const
{
    if ((mask & IN_Q_OVERFLOW) != 0)
        return true;
    const auto found = interests_.find(watchId);
    if (found == interests_.end() || (mask & IN_IGNORED) != 0)
        return false;
    return found->second.everything || found->second.names.contains(name);
}

} // namespace fwdguard::sys
