// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/load.hpp"

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fwdguard::config::test {

/// A directory of its own for one test, gone with its contents at the end.
class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path main() const { return path_ / "fwd-guard.json"; }

    /// Writes `text` to a file below the directory and returns its path.
    std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const;

    /// Copies a directory below this one and returns the copy: of a checkout that belongs to
    /// somebody else, root would be refused the files themselves.
    [[nodiscard]] std::filesystem::path copyOf(const std::filesystem::path& directory) const;

  private:
    std::filesystem::path path_;
};

/// A rule with this id that accepts from eth0, as JSON.
[[nodiscard]] std::string ruleText(std::string_view id);

/// A file that declares the rules with these ids and nothing else.
[[nodiscard]] std::string fileWith(std::initializer_list<std::string_view> ids);

/// The main file of a scratch directory: as one that must be there, and as one that need not.
[[nodiscard]] Source required(const Scratch& scratch);
[[nodiscard]] Source replaceable(const Scratch& scratch);

/// What load() found, or a failed test that says why not.
[[nodiscard]] Loaded loaded(const Source& source);
[[nodiscard]] Problem refused(const Source& source);

/// The one rule of a file that consists of this rule.
[[nodiscard]] DeclaredRule onlyRule(std::string_view rule);

/// The ids in the order of the declaration, separated by blanks.
[[nodiscard]] std::string idsOf(const Loaded& loaded);

} // namespace fwdguard::config::test
