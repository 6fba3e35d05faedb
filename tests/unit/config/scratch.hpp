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

  private:
    std::filesystem::path path_;
};

/// A rule with this id that accepts from eth0, as JSON.
[[nodiscard]] std::string ruleText(std::string_view id);

/// A file that declares the rules with these ids and nothing else.
[[nodiscard]] std::string fileWith(std::initializer_list<std::string_view> ids);

/// What load() found, or a failed test that says why not.
[[nodiscard]] Loaded loaded(const Source& source);
[[nodiscard]] Problem refused(const Source& source);

/// The one rule of a file that consists of this rule.
[[nodiscard]] DeclaredRule onlyRule(std::string_view rule);

/// The ids in the order of the declaration, separated by blanks.
[[nodiscard]] std::string idsOf(const Loaded& loaded);

} // namespace fwdguard::config::test
