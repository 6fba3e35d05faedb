// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace fwdguard::bench {

/// Forks; the child dies with us and leads a process group of its own. 0 in the child.
[[nodiscard]] pid_t spawn();

/// Ends a process that spawn() made, and its group.
void stop(pid_t pid);

/// A new folder for temporary files; the caller removes it.
[[nodiscard]] std::filesystem::path makeScratch();

/// A text in a file of its own, gone with this object.
class ScratchFile {
  public:
    explicit ScratchFile(const std::string& text);
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    ~ScratchFile();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A network namespace that is kept, with `ip filter FORWARD` under policy DROP.
class Namespace {
  public:
    /// Makes it and enters it. Throws std::system_error when that is not permitted.
    Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    ~Namespace();

    /// For this process and those it starts from here on.
    void enter() const;

  private:
    int fd_ = -1;
};

} // namespace fwdguard::bench
