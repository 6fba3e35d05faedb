// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/log.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"
#include "unit/sys/child.hpp"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <sys/stat.h>

using namespace fwdguard;
using namespace fwdguard::report;

namespace {

void writeSample()
{
    Log log(spdlog::level::info);
    log.write(messageOf(RuleStateChanged{
        .key = test::toDocker, .chain = test::forward, .to = RuleState::contested}));
    log.text().info("{} rules", 2);
    log.text().debug("left out");
}

/// What arrives at the other end of a child's stderr.
std::string stderrOf(int readEnd, int writeEnd)
{
    const auto text = test::inChild(0, [&] {
        ::dup2(writeEnd, STDERR_FILENO);
        writeSample();
        // A terminal hands out what was written piece by piece; the sample ends with this line.
        std::string arrived;
        std::array<char, 4096> buffer{};
        while (arrived.find("2 rules") == std::string::npos || !arrived.ends_with('\n')) {
            const ssize_t length = ::read(readEnd, buffer.data(), buffer.size());
            if (length <= 0)
                break;
            arrived.append(buffer.data(), static_cast<std::size_t>(length));
        }
        return arrived;
    });
    return text.value_or("");
}

} // namespace

TEST_CASE("where stderr is a file or pipe, each message is a plain line with its level")
{
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    CHECK(
        stderrOf(ends[0], ends[1]) ==
        "fwd-guard: warning: to-docker0: contested: repairs in ip filter FORWARD are undone again "
        "and again by an unknown process; the next ones wait\n"
        "fwd-guard: info: 2 rules\n");
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("on a terminal the lines have the time and colours, unless NO_COLOR is set")
{
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
        WARN("SKIPPED: no pseudo-terminals here"); // a root without devpts
        return;
    }
    ::setenv("TERM", "xterm-256color", 1);
    ::unsetenv("NO_COLOR");
    const std::string coloured = stderrOf(master, slave);
    CHECK(coloured.find("\x1b[") != std::string::npos);
    CHECK(coloured.find("warning") != std::string::npos);
    CHECK(coloured.find(": to-docker0: contested") != std::string::npos);
    ::setenv("NO_COLOR", "1", 1);
    const std::string plain = stderrOf(master, slave);
    ::unsetenv("NO_COLOR");
    CHECK(plain.find('\x1b') == std::string::npos);
    CHECK(plain.find("warning: to-docker0: contested") == sizeof "12:00:00.000");
    ::close(master);
    ::close(slave);
}

TEST_CASE("stderr is the journal only if $JOURNAL_STREAM names this very stream")
{
    struct stat info {};
    REQUIRE(::stat("/dev/null", &info) == 0);
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    const std::string name = std::to_string(info.st_dev) + ':' + std::to_string(info.st_ino);
    CHECK(isJournal(fd, name));
    CHECK_FALSE(isJournal(fd, name + '0'));
    CHECK_FALSE(isJournal(fd, ""));
    CHECK_FALSE(isJournal(fd, "nonsense"));
    CHECK_FALSE(isJournal(-1, name));
    ::close(fd);
}

TEST_CASE("log levels have the four words of the command line")
{
    CHECK(parseLogLevel("error") == spdlog::level::err);
    CHECK(parseLogLevel("warning") == spdlog::level::warn);
    CHECK(parseLogLevel("info") == spdlog::level::info);
    CHECK(parseLogLevel("debug") == spdlog::level::debug);
    CHECK(parseLogLevel("warn") == std::nullopt);
    CHECK(parseLogLevel("") == std::nullopt);
}
