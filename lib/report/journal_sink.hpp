// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/message.hpp"

#include <cstdint>
#include <string_view>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace fwdguard::report {

/// Whether `fd` is the journal's stream that `journalStream` ($JOURNAL_STREAM, systemd.exec(5))
/// names.
[[nodiscard]] bool isJournal(int fd, std::string_view journalStream);

/// Sends each message to the journal, with the fields of the message that is being logged. Never
/// waits: when the journal takes nothing, messages are dropped and their number is told once it
/// does again.
class JournalSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    /// spdlog carries text only: while this object lives, what the sink is given is `message`.
    class Scope {
      public:
        Scope(JournalSink& sink, const Message& message) : sink_(sink) { sink.current_ = &message; }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        ~Scope() { sink_.current_ = nullptr; }

      private:
        JournalSink& sink_;
    };

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

  private:
    void tellDropped();

    const Message* current_ = nullptr;
    std::uint64_t dropped_ = 0;
};

} // namespace fwdguard::report
