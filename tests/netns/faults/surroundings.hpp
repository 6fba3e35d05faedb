// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/private_bus.hpp"
#include "netns/faults/trial.hpp"

#include <filesystem>
#include <memory>

#include <sys/types.h>

namespace fwdguard::faults {

/// Takes what would go to journald, for this process and its children, in a mount namespace of its
/// own, and writes it to a file.
class JournalFile {
  public:
    JournalFile();
    ~JournalFile();
    JournalFile(const JournalFile&) = delete;
    JournalFile& operator=(const JournalFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_ = "/run/systemd/told";
    pid_t drain_ = -1;
};

/// The bus, or the journal, that a scenario wants.
class Place {
  public:
    explicit Place(const Scenario& scenario);

    [[nodiscard]] const Surroundings& around() const { return around_; }

  private:
    Surroundings around_;
    std::unique_ptr<busTest::PrivateBus> bus_;
    std::unique_ptr<JournalFile> journal_;
};

} // namespace fwdguard::faults
