// SPDX-License-Identifier: GPL-2.0-or-later
// What flannel's udp backend does: a tun device whose packets travel in UDP datagrams.
//   tunnel DEVICE LOCAL REMOTE PORT
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace {

int checked(int result, const char* doing)
{
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), doing);
    return result;
}

int openDevice(std::string_view name)
{
    const int device = checked(::open("/dev/net/tun", O_RDWR | O_CLOEXEC), "/dev/net/tun");
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::copy_n(name.begin(), std::min(name.size(), sizeof request.ifr_name - 1), request.ifr_name);
    checked(::ioctl(device, TUNSETIFF, &request), "TUNSETIFF");
    return device;
}

int openSocket(const char* local, const char* remote, std::uint16_t port)
{
    const int socket = checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, local, &address.sin_addr);
    checked(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    ::inet_pton(AF_INET, remote, &address.sin_addr);
    checked(
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    return socket;
}

// A packet that cannot be passed on is lost, as on any link.
void pass(int from, int to)
{
    std::array<char, 65'536> packet{};
    const ssize_t length = ::read(from, packet.data(), packet.size());
    if (length > 0 && ::write(to, packet.data(), static_cast<std::size_t>(length)) < 0 &&
        errno == EBADFD)
        throw std::system_error(errno, std::generic_category(), "the device is gone");
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fputs("usage: tunnel DEVICE LOCAL REMOTE PORT\n", stderr);
        return 64;
    }
    try {
        const int device = openDevice(argv[1]);
        const auto port = static_cast<std::uint16_t>(std::strtoul(argv[4], nullptr, 10));
        const int socket = openSocket(argv[2], argv[3], port);
        std::array<pollfd, 2> waiting{
            pollfd{.fd = device, .events = POLLIN, .revents = 0},
            pollfd{.fd = socket, .events = POLLIN, .revents = 0}};
        for (;;) {
            checked(::poll(waiting.data(), waiting.size(), -1), "poll");
            if (waiting[0].revents != 0)
                pass(device, socket);
            if (waiting[1].revents != 0)
                pass(socket, device);
        }
    } catch (const std::system_error& error) {
        std::fprintf(stderr, "tunnel: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
