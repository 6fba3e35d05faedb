// SPDX-License-Identifier: GPL-2.0-or-later
#include "injection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace fwdguard::faults {

namespace {

using Clock = std::chrono::steady_clock;

/// From the environment: FWDGUARD_FAULT="FUNCTION WHAT CALL EFFECT NUMBER MILLISECONDS".
struct Order {
    std::string function;
    std::string what;
    int call = 0;
    Injected injected;
    std::chrono::milliseconds lasting{};
};

std::string environment(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): one thread
    return value != nullptr ? value : "";
}

Effect effectOf(std::string_view word)
{
    constexpr std::array<std::string_view, 8> words{
        "none", "error", "lost", "answer", "truncated", "cut", "empty", "stranger"};
    return static_cast<Effect>(std::ranges::find(words, word) - words.begin());
}

std::optional<Order> order()
{
    std::istringstream text{environment("FWDGUARD_FAULT")};
    Order read;
    std::string effect;
    long lasting = 0;
    if (!(text >> read.function >> read.what >> read.call >> effect >> read.injected.number >>
          lasting))
        return std::nullopt;
    read.injected.effect = effectOf(effect);
    read.lasting = std::chrono::milliseconds{lasting};
    return read;
}

class Injection {
  public:
    Injection() : order_(order())
    {
        std::istringstream names{environment("FWDGUARD_FAULT_SOCKETS")};
        for (std::string name; names >> name;)
            names_.push_back(name);
        const std::string log = environment("FWDGUARD_FAULT_LOG");
        // Past the numbers that the daemon's own descriptors get, which the tests compare.
        const auto fd = static_cast<int>(
            ::syscall(SYS_openat, AT_FDCWD, log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
        log_ = fd < 0 ? -1 : static_cast<int>(::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900));
        ::syscall(SYS_close, fd);
    }

    Injected at(const char* function, const std::string& what)
    {
        if (!order_) {
            tell(std::string{function} + ' ' + what + '\n');
            return {};
        }
        if (order_->function != function || order_->what != what)
            return {};
        ++calls_;
        if (calls_ < order_->call || (calls_ > order_->call && Clock::now() >= until_))
            return {};
        if (calls_ == order_->call) {
            tell("injected\n");
            until_ = Clock::now() + order_->lasting;
        }
        return order_->injected;
    }

    void opened(int fd)
    {
        if (static_cast<std::size_t>(fd) >= roles_.size() || next_ >= names_.size())
            return;
        roles_[static_cast<std::size_t>(fd)] = names_[next_++];
    }

    [[nodiscard]] std::string role(int fd) const
    {
        const auto at = static_cast<std::size_t>(fd);
        return at < roles_.size() && !roles_[at].empty() ? roles_[at] : "netfilter";
    }

    /// What the next netfilter socket is called.
    [[nodiscard]] std::string nextRole() const
    {
        return next_ < names_.size() ? names_[next_] : "netfilter";
    }

  private:
    void tell(const std::string& line) const
    {
        if (log_ >= 0)
            ::syscall(SYS_write, log_, line.data(), line.size());
    }

    std::optional<Order> order_;
    std::vector<std::string> names_;
    std::array<std::string, 64> roles_;
    std::size_t next_ = 0;
    int log_ = -1;
    int calls_ = 0;
    Clock::time_point until_;
};

/// Never destroyed: calls come until the very end of the process.
Injection& injection()
{
    static auto* const one = new Injection;
    return *one;
}

int option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    ::syscall(SYS_getsockopt, fd, SOL_SOCKET, name, &value, &size);
    return value;
}

std::string linkOf(int fd)
{
    std::array<char, 256> text{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const long length =
        ::syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), text.data(), text.size() - 1);
    return length < 0 ? "closed" : std::string(text.data(), static_cast<std::size_t>(length));
}

std::string nameOf(int domain, int type, int protocol, const std::string& netfilter)
{
    if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER)
        return netfilter;
    if (domain == AF_NETLINK)
        return protocol == NETLINK_AUDIT ? "audit" : "route";
    if (domain == AF_UNIX)
        return (type & SOCK_STREAM) != 0 ? "bus" : "datagram";
    return "raw";
}

} // namespace

Injected injected(const char* function, const std::string& what)
{
    const int before = errno;
    const Injected now = injection().at(function, what);
    errno = before;
    return now;
}

std::string whatSocket(int domain, int type, int protocol)
{
    return nameOf(domain, type, protocol, injection().nextRole());
}

void opened(int fd, int domain, int protocol)
{
    if (fd >= 0 && domain == AF_NETLINK && protocol == NETLINK_NETFILTER)
        injection().opened(fd);
}

std::string whatKind(const char* path)
{
    const std::string_view name{path};
    if (name.ends_with("_tables_names"))
        return "names";
    static const std::string lock = environment("XTABLES_LOCKFILE");
    return name == lock ? "lock" : "file";
}

std::string whatKind(int fd)
{
    const int before = errno;
    std::string kind;
    if (const int domain = option(fd, SO_DOMAIN); domain >= 0) {
        kind = nameOf(domain, option(fd, SO_TYPE), option(fd, SO_PROTOCOL), injection().role(fd));
    } else {
        const std::string link = linkOf(fd);
        const auto bracket = link.find('[');
        if (link.starts_with("anon_inode:") && bracket != std::string::npos)
            kind = link.substr(bracket + 1, link.size() - bracket - 2);
        else
            kind = link == "anon_inode:inotify" ? "inotify" : whatKind(link.c_str());
    }
    errno = before;
    return kind;
}

} // namespace fwdguard::faults
