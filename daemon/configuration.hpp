// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/load.hpp"
#include "config/watch.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// A configuration that was refused, with the reason in words.
class ConfigurationError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The configuration in force and where it comes from.
class Configuration {
  public:
    /// Reads it. Throws ConfigurationError.
    explicit Configuration(const std::optional<std::filesystem::path>& named);

    /// Reads it again; on ConfigurationError everything stays as it was.
    void reload();

    /// Whether the files are other than when they were last read, successfully or not.
    [[nodiscard]] bool filesChanged() const;

    [[nodiscard]] std::vector<std::filesystem::path> directoriesToWatch() const;

    [[nodiscard]] const Declaration& declaration() const { return loaded_.declaration; }
    [[nodiscard]] const std::vector<Flow>& flows() const { return loaded_.flows; }
    [[nodiscard]] const std::filesystem::path& dockerConfig() const { return loaded_.dockerConfig; }

    [[nodiscard]] BackendChoice backend() const { return loaded_.backend; }
    [[nodiscard]] const config::LegacyOptions& legacy() const { return loaded_.legacy; }

    /// Declared rules and policies; what flows expand to is not counted.
    [[nodiscard]] std::size_t ruleCount() const;
    [[nodiscard]] std::string path() const; ///< empty: the built-in default
    [[nodiscard]] WallTime loadedAt() const { return loadedAt_; }

    /// What an administrator should know of a configuration that is nevertheless accepted.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return loaded_.warnings; }

  private:
    [[nodiscard]] config::Loaded read();

    config::Source source_;
    config::Fingerprint fingerprint_;
    config::Loaded loaded_;
    WallTime loadedAt_;
};

} // namespace fwdguard::daemon
