// SPDX-License-Identifier: GPL-2.0-or-later
// The lab's packet counter.
//   probe serve PORT              echoes UDP datagrams
//   probe send ADDRESS PORT RATE  sends RATE datagrams a second; says what was lost
// The sender is steered through its standard input: "mark NAME" begins a new window, "stop" or the
// end of input ends it. Then it prints one line a window, in order:
//   NAME sent=N lost=N outage_ms=N first_answer=SECONDS
// where outage_ms is the longest time without a single answered packet, and first_answer when the
// first answer of the window came, as seconds since 1970 (0: none came).
//
// Every datagram has a source port of its own, which nobody who sent before had either, so that
// each is a new connection to the connection tracking: Docker's own rule for established
// connections lets none of them through.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::uint16_t firstSourcePort = 10'000;
constexpr std::uint16_t sourcePorts = 50'000;
constexpr std::uint64_t standardInput = ~std::uint64_t{0}; ///< beside the packets' numbers
constexpr auto answerTime = 500ms; ///< an answer that takes longer counts as lost

class Socket {
  public:
    Socket() : Socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    explicit Socket(int fd) : fd_(fd)
    {
        if (fd_ < 0)
            throw std::system_error(errno, std::generic_category(), "socket");
    }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket& operator=(Socket&&) = delete;
    ~Socket()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    [[nodiscard]] int fd() const { return fd_; }

  private:
    int fd_;
};

struct Packet {
    Clock::time_point sent;
    std::size_t window = 0;
    bool answered = false;
};

struct Window {
    std::string name;
    std::size_t sent = 0;
    std::size_t lost = 0;
    std::chrono::milliseconds outage{0};
    std::chrono::system_clock::time_point firstAnswer{};
};

sockaddr_in endpoint(const char* address, std::uint16_t port)
{
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    if (::inet_pton(AF_INET, address, &result.sin_addr) != 1)
        throw std::system_error(EINVAL, std::generic_category(), address);
    return result;
}

const sockaddr* generic(const sockaddr_in& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

[[noreturn]] void serve(std::uint16_t port)
{
    // The first process of a container has no default action for signals: without a handler of its
    // own it would have to be killed.
    std::signal(SIGTERM, [](int) { ::_exit(EXIT_SUCCESS); });
    const Socket socket;
    const sockaddr_in here = endpoint("0.0.0.0", port);
    if (::bind(socket.fd(), generic(here), sizeof here) != 0)
        throw std::system_error(errno, std::generic_category(), "bind");
    for (;;) {
        pollfd waiting{.fd = socket.fd(), .events = POLLIN, .revents = 0};
        ::poll(&waiting, 1, -1);
        std::array<char, 64> data{};
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const ssize_t length = ::recvfrom(
            socket.fd(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
        if (length >= 0)
            ::sendto(
                socket.fd(), data.data(), static_cast<std::size_t>(length), 0, generic(peer), size);
    }
}

class Sender {
  public:
    Sender(sockaddr_in peer, int rate)
        : peer_(peer), interval_(1'000'000'000 / rate),
          firstNumber_(static_cast<std::size_t>(Clock::now().time_since_epoch() / interval_))
    {
        windows_.push_back({.name = "start"});
        listen(STDIN_FILENO, standardInput);
    }

    void run()
    {
        auto next = Clock::now();
        while (!stopped_) {
            sendOne();
            next += interval_;
            waitUntil(next);
        }
        const auto last = Clock::now() + answerTime;
        waitUntil(last);
    }

    void report()
    {
        auto answeredAt = packets_.empty() ? Clock::time_point{} : packets_.front().sent;
        for (const Packet& packet : packets_) {
            Window& window = windows_.at(packet.window);
            ++window.sent;
            const auto silence = packet.sent - answeredAt;
            if (packet.answered)
                answeredAt = packet.sent;
            else
                ++window.lost;
            if (!packet.answered || silence > 2 * interval_)
                window.outage = std::max(
                    window.outage, std::chrono::duration_cast<std::chrono::milliseconds>(silence));
        }
        for (const Window& window : windows_)
            print(window);
    }

  private:
    static void print(const Window& window)
    {
        const std::chrono::duration<double> first = window.firstAnswer.time_since_epoch();
        std::printf(
            "%s sent=%zu lost=%zu outage_ms=%lld first_answer=%.6f\n",
            window.name.c_str(),
            window.sent,
            window.lost,
            static_cast<long long>(window.outage.count()),
            first.count());
    }

    // A refusal to send (no route, an ICMP error that came back) is a lost packet like any other.
    void sendOne()
    {
        const std::size_t number = packets_.size();
        packets_.push_back({.sent = Clock::now(), .window = windows_.size() - 1});
        Socket socket;
        const auto port =
            static_cast<std::uint16_t>(firstSourcePort + (firstNumber_ + number) % sourcePorts);
        const sockaddr_in here = endpoint("0.0.0.0", port);
        if (::bind(socket.fd(), generic(here), sizeof here) != 0 ||
            ::connect(socket.fd(), generic(peer_), sizeof peer_) != 0 ||
            ::send(socket.fd(), &number, sizeof number, 0) < 0)
            return;
        listen(socket.fd(), number);
        pending_.emplace(number, std::move(socket));
        while (packets_.at(pending_.begin()->first).sent + answerTime < Clock::now())
            pending_.erase(pending_.begin());
    }

    void listen(int fd, std::size_t name)
    {
        epoll_event event{.events = EPOLLIN, .data = {.u64 = name}};
        if (::epoll_ctl(poll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }

    // Looks at least once, so that a sender that has fallen behind still hears what it is told.
    void waitUntil(Clock::time_point end)
    {
        do {
            const auto left = std::max<Clock::duration>(end - Clock::now(), 0ns);
            const timespec time{.tv_sec = left / 1s, .tv_nsec = (left % 1s).count()};
            std::array<epoll_event, 64> events{};
            const int count =
                ::epoll_pwait2(poll_.fd(), events.data(), events.size(), &time, nullptr);
            for (int i = 0; i < count; ++i)
                handle(events.at(static_cast<std::size_t>(i)).data.u64);
        } while (Clock::now() < end);
    }

    void handle(std::uint64_t name)
    {
        if (name == standardInput) {
            readInput();
        } else if (const auto found = pending_.find(name); found != pending_.end()) {
            std::size_t number = 0;
            if (::recv(found->second.fd(), &number, sizeof number, 0) == sizeof number)
                takeAnswer(packets_.at(found->first));
            pending_.erase(found);
        }
    }

    void takeAnswer(Packet& packet)
    {
        packet.answered = true;
        Window& window = windows_.at(packet.window);
        if (window.firstAnswer == std::chrono::system_clock::time_point{})
            window.firstAnswer = std::chrono::system_clock::now();
    }

    void readInput()
    {
        std::array<char, 256> data{};
        const ssize_t length = ::read(STDIN_FILENO, data.data(), data.size());
        if (length <= 0)
            stopped_ = true;
        else
            input_.append(data.data(), static_cast<std::size_t>(length));
        for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
            obey(input_.substr(0, end));
            input_.erase(0, end + 1);
        }
    }

    void obey(const std::string& line)
    {
        if (line == "stop")
            stopped_ = true;
        else if (line.starts_with("mark "))
            windows_.push_back({.name = line.substr(5)});
    }

    sockaddr_in peer_;
    std::chrono::nanoseconds interval_;
    std::size_t firstNumber_; ///< of the ports: one an interval since boot, whoever sends
    std::deque<Packet> packets_;
    std::map<std::size_t, Socket> pending_;
    Socket poll_{::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<Window> windows_;
    std::string input_;
    bool stopped_ = false;
};

// Every unanswered datagram holds a socket; the usual soft limit of 1,024 is too near.
void raiseFileLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

std::uint16_t number(const char* text)
{
    return static_cast<std::uint16_t>(std::strtoul(text, nullptr, 10));
}

} // namespace

int main(int argc, char** argv)
{
    try {
        if (argc == 3 && std::strcmp(argv[1], "serve") == 0)
            serve(number(argv[2]));
        if (argc == 5 && std::strcmp(argv[1], "send") == 0 && number(argv[4]) > 0) {
            raiseFileLimit();
            Sender sender(endpoint(argv[2], number(argv[3])), number(argv[4]));
            sender.run();
            sender.report();
            return EXIT_SUCCESS;
        }
        std::fputs("usage: probe serve PORT | probe send ADDRESS PORT RATE\n", stderr);
        return 64;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "probe: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
