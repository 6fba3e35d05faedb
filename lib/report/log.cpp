// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/log.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include <spdlog/sinks/ansicolor_sink.h>
#include <unistd.h>

namespace fwdguard::report {

namespace {

std::string_view environment(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): one thread
    return value != nullptr ? value : "";
}

std::shared_ptr<JournalSink> journalIfStderrIs()
{
    if (!isJournal(STDERR_FILENO, environment("JOURNAL_STREAM")))
        return nullptr;
    return std::make_shared<JournalSink>();
}

spdlog::sink_ptr stderrSink()
{
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    // https://no-color.org
    const bool coloured = terminal && environment("NO_COLOR").empty();
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(
        coloured ? spdlog::color_mode::automatic : spdlog::color_mode::never);
    sink->set_pattern(terminal ? "%H:%M:%S.%e %^%l%$: %v" : "fwd-guard: %l: %v");
    return sink;
}

spdlog::level::level_enum levelOf(Severity severity)
{
    switch (severity) {
    case Severity::error:
        return spdlog::level::err;
    case Severity::warning:
        return spdlog::level::warn;
    case Severity::notice:
    case Severity::info:
        return spdlog::level::info;
    case Severity::debug:
        return spdlog::level::debug;
    }
    return spdlog::level::info;
}

} // namespace

Log::Log(spdlog::level::level_enum level)
    : journal_(journalIfStderrIs()),
      logger_("fwd-guard", journal_ ? spdlog::sink_ptr(journal_) : stderrSink())
{
    logger_.set_level(level);
    logger_.flush_on(spdlog::level::trace);
}

void Log::write(const Message& message)
{
    const auto level = levelOf(typeOf(message.kind).severity);
    std::optional<JournalSink::Scope> scope;
    if (journal_)
        scope.emplace(*journal_, message);
    logger_.log(level, spdlog::string_view_t(message.text));
}

std::optional<spdlog::level::level_enum> parseLogLevel(std::string_view word)
{
    using namespace spdlog::level;
    constexpr std::array<std::pair<std::string_view, level_enum>, 4> words{
        {{"error", err}, {"warning", warn}, {"info", info}, {"debug", debug}}};
    for (const auto& [name, level] : words)
        if (name == word)
            return level;
    return std::nullopt;
}

} // namespace fwdguard::report
