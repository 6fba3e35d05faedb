// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/journal_sink.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"
#include "unit/sys/child.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <sched.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace fwdguard;
using namespace fwdguard::report;

namespace {

/// Our own /run/systemd, so that the host's journal, if any, does not hear of it.
void hideJournal()
{
    std::filesystem::create_directories("/run/systemd");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/run/systemd", "tmpfs", 0, nullptr) != 0)
        throw std::runtime_error("no mount");
    std::filesystem::create_directories("/run/systemd/journal");
}

/// Stands where journald listens.
int listenAsJournal()
{
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(
        std::string_view("/run/systemd/journal/socket"), std::begin(address.sun_path));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no socket");
    return fd;
}

std::string receive(int fd)
{
    std::string datagram(65'536, '\0');
    const ssize_t length = ::recv(fd, datagram.data(), datagram.size(), 0);
    datagram.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return datagram;
}

/// "NAME=value" a line, or NAME, length and value for what holds a newline, per
/// https://systemd.io/JOURNAL_NATIVE_PROTOCOL.
std::string decoded(std::string_view datagram)
{
    std::string text;
    while (!datagram.empty()) {
        const std::size_t end = datagram.find('\n');
        const std::string_view line = datagram.substr(0, end);
        datagram.remove_prefix(end + 1);
        text += line;
        if (line.find('=') == std::string_view::npos) {
            std::uint64_t length = 0; // little-endian, as this machine is
            std::memcpy(&length, datagram.data(), sizeof length);
            text += "=<" + std::string(datagram.substr(sizeof length, length)) + '>';
            datagram.remove_prefix(sizeof length + length + 1);
        }
        text += '\n';
    }
    return text;
}

/// What a journal hears when the work logs; nullopt where we may not have one of our own.
template <class Work>
std::optional<std::string> heard(Work work)
{
    return test::inChild(CLONE_NEWNS, [&] {
        hideJournal();
        const auto sink = std::make_shared<JournalSink>();
        spdlog::logger logger("test", sink);
        return work(*sink, logger);
    });
}

void logMessage(JournalSink& sink, spdlog::logger& logger, const Message& message)
{
    const JournalSink::Scope scope(sink, message);
    logger.info(spdlog::string_view_t(message.text));
}

} // namespace

TEST_CASE("the journal receives a message with its priority, id and fields")
{
    const auto text = heard([](JournalSink& sink, spdlog::logger& logger) {
        const int journal = listenAsJournal();
        logMessage(
            sink,
            logger,
            {.kind = MessageKind::repaired,
             .text = "a text with {} in it",
             .fields = {
                 {"FWDGUARD_RULE", "to-docker0"}, {"FWDGUARD_CAUSE_CMDLINE", "sh -c a\nb"}}});
        const std::string first = decoded(receive(journal));
        logger.warn("plain {}", 7);
        return first + "--\n" + decoded(receive(journal));
    });
    if (text)
        CHECK(
            *text == "MESSAGE=a text with {} in it\n"
                     "PRIORITY=5\n"
                     "SYSLOG_IDENTIFIER=fwd-guard\n"
                     "FWDGUARD_RULE=to-docker0\n"
                     "FWDGUARD_CAUSE_CMDLINE=<sh -c a\nb>\n"
                     "--\n"
                     "MESSAGE=plain 7\n"
                     "PRIORITY=4\n"
                     "SYSLOG_IDENTIFIER=fwd-guard\n");
}

TEST_CASE("a journal that is gone holds nothing up, and hears afterwards what it missed")
{
    const auto text = heard([](JournalSink&, spdlog::logger& logger) {
        logger.info("one");
        logger.info("two");
        const int journal = listenAsJournal();
        logger.info("three");
        std::string first = decoded(receive(journal));
        return first += decoded(receive(journal));
    });
    if (text)
        CHECK(
            *text == "MESSAGE=three\nPRIORITY=6\nSYSLOG_IDENTIFIER=fwd-guard\n"
                     "MESSAGE=2 messages could not be sent to the journal\nPRIORITY=4\n"
                     "SYSLOG_IDENTIFIER=fwd-guard\n");
}

TEST_CASE("a journal that does not read holds nothing up")
{
    const auto text = heard([](JournalSink&, spdlog::logger& logger) {
        const int journal = listenAsJournal();
        ::alarm(10);               // kills the child if it waits
        constexpr int more = 2000; // than net.unix.max_dgram_qlen
        for (int i = 0; i < more; ++i)
            logger.info("message {}", i);
        std::string last;
        int received = 0;
        for (std::string next = receive(journal); !next.empty();
             next = receive(journal), ++received)
            last = next;
        logger.info("after");
        const bool lost = received < more;
        return std::string(lost ? "some lost; " : "none lost; ") + decoded(receive(journal));
    });
    if (text)
        CHECK(*text == "some lost; MESSAGE=after\nPRIORITY=6\nSYSLOG_IDENTIFIER=fwd-guard\n");
}
