// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fwdguard::busTest {

using Arguments = std::vector<std::string>;

/// Longest that anything in these tests may take.
inline constexpr std::chrono::seconds patience{15};

/// A child process with its standard streams in our hands; killed at the end of its scope.
class Process {
  public:
    /// Throws std::system_error.
    explicit Process(const Arguments& command);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Writes a line to its standard input.
    void tell(const std::string& line) const;

    /// Reads standard output until a line contains `text`; false when that does not happen in time.
    [[nodiscard]] bool says(const std::string& text, std::chrono::milliseconds limit = patience);

    /// Everything that says() has read so far, and what has come since.
    [[nodiscard]] std::string output();

    void signal(int number) const;

    /// Closes its input and waits; 128 + signal when a signal ended it, -1 when it had to be
    /// killed.
    int wait(std::chrono::milliseconds limit = patience);

    /// Standard error, whole; after wait().
    [[nodiscard]] std::string errors();

  private:
    bool readMore(std::chrono::milliseconds limit);

    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::string read_;
    std::size_t seen_ = 0;
};

struct Finished {
    int status = -1;
    std::string out;
    std::string err;
};

[[nodiscard]] Finished run(const Arguments& command);

/// `command`, to be run as a user without any rights.
[[nodiscard]] Arguments asNobody(Arguments command);
[[nodiscard]] Finished runAsNobody(Arguments command);

/// Ends this test as skipped, saying why.
[[noreturn]] void skip(const std::string& why);

/// Skips unless these programs can be found.
void need(const std::vector<std::string>& programs);

/// Skips unless we are root.
void needRoot();

} // namespace fwdguard::busTest
