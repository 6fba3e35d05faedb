// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/journal_sink.hpp"
#include "report/message.hpp"

#include <memory>
#include <optional>
#include <string_view>

#include <spdlog/logger.h>

namespace fwdguard::report {

/// Where the daemon writes what happens: to the journal with fields when stderr is the journal,
/// else as text to stderr, coloured and with the time when that is a terminal. For one thread.
class Log {
  public:
    /// Messages below `level` are left out.
    explicit Log(spdlog::level::level_enum level);

    /// With fields and MESSAGE_ID.
    void write(const Message& message);

    /// For plain text that no program looks for.
    [[nodiscard]] spdlog::logger& text() { return logger_; }

    void setLevel(spdlog::level::level_enum level) { logger_.set_level(level); }

  private:
    std::shared_ptr<JournalSink> journal_; ///< null when stderr is not the journal
    spdlog::logger logger_;
};

/// "error", "warning", "info", "debug", as --log-level takes them; nullopt for any other word.
[[nodiscard]] std::optional<spdlog::level::level_enum> parseLogLevel(std::string_view word);

} // namespace fwdguard::report
