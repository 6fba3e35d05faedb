// SPDX-License-Identifier: GPL-2.0-or-later
// The corpus bad/: each file begins with comments that say what the message has to name.
#include "config/load.hpp"
#include "config/refusal.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using fwdguard::config::Problem;
using fwdguard::test::containing;

std::string textOf(const std::filesystem::path& file)
{
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// What stands behind "// KEY: " in the file; empty: nothing.
std::string expectation(const std::string& text, const std::string& key)
{
    const std::string start = "// " + key + ": ";
    const auto at = text.find(start);
    if (at == std::string::npos)
        return {};
    const auto begin = at + start.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

std::vector<std::filesystem::path> badFiles(const fwdguard::config::test::Scratch& scratch)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator{scratch.copyOf(FWDGUARD_BAD_FILES)})
        files.push_back(entry.path());
    return files;
}

void checkFile(const std::filesystem::path& file)
{
    INFO(file.filename());
    const std::string text = textOf(file);
    const auto result = fwdguard::config::load({.file = file, .required = true});
    REQUIRE(std::holds_alternative<Problem>(result));
    const auto& problem = std::get<Problem>(result);
    INFO(toString(problem));
    const std::string pointer = expectation(text, "pointer");
    REQUIRE_FALSE(pointer.empty());
    CHECK(problem.file == file);
    CHECK(problem.pointer == (pointer == "(file)" ? "" : pointer));
    const std::string message = toString(problem);
    CHECK_THAT(message, Catch::Matchers::StartsWith(file.string() + ": "));
    CHECK(message.find("found ") < message.find("; allowed: "));
    const std::string found = message.substr(0, message.find("; allowed: "));
    CHECK_THAT(found.substr(found.find("found ")), containing(expectation(text, "found")));
    CHECK_THAT(problem.allowed, containing(expectation(text, "allowed")));
    CHECK_FALSE(fwdguard::config::hasControlCharacters(message));
}

} // namespace

TEST_CASE("each bad file is refused with its pointer, what was found and what is allowed")
{
    const fwdguard::config::test::Scratch scratch;
    const auto files = badFiles(scratch);
    REQUIRE(files.size() > 150);
    for (const auto& file : files)
        checkFile(file);
}
