// SPDX-License-Identifier: GPL-2.0-or-later
#include "scratch.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <system_error>

namespace fwdguard::config::test {

Scratch::Scratch()
{
    std::string name = (std::filesystem::temp_directory_path() / "fwd-guard-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    path_ = std::filesystem::canonical(name);
}

Scratch::~Scratch()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Scratch::write(const std::filesystem::path& name, std::string_view text) const
{
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
    return file;
}

std::filesystem::path Scratch::copyOf(const std::filesystem::path& directory) const
{
    const std::filesystem::path copy = path_ / directory.filename();
    std::filesystem::copy(directory, copy, std::filesystem::copy_options::recursive);
    return copy;
}

std::string ruleText(std::string_view id)
{
    return R"({ "id": ")" + std::string{id} +
           R"(", "family": "ip", "table": "filter", "chain": "FORWARD", "verdict": "accept",)"
           R"( "match": { "in_interface": "eth0", "source": "10.0.0.)" +
           std::to_string(std::hash<std::string_view>{}(id) % 255) + R"(" } })";
}

std::string fileWith(std::initializer_list<std::string_view> ids)
{
    std::string rules;
    for (const std::string_view id : ids)
        rules += (rules.empty() ? "" : ", ") + ruleText(id);
    return R"({ "rules": [ )" + rules + " ] }";
}

Source required(const Scratch& scratch)
{
    return {.file = scratch.main(), .required = true};
}

Source replaceable(const Scratch& scratch)
{
    return {.file = scratch.main(), .required = false};
}

Loaded loaded(const Source& source)
{
    const Result result = load(source);
    if (const auto* problem = std::get_if<Problem>(&result))
        FAIL(toString(*problem));
    return std::get<Loaded>(result);
}

Problem refused(const Source& source)
{
    const Result result = load(source);
    if (std::holds_alternative<Loaded>(result))
        FAIL("accepted: " << source.file);
    return std::get<Problem>(result);
}

DeclaredRule onlyRule(std::string_view rule)
{
    const Scratch scratch;
    const auto file =
        scratch.write("fwd-guard.json", R"({ "rules": [ )" + std::string{rule} + " ] }");
    return loaded({.file = file, .required = true}).declaration.rules.at(0);
}

std::string idsOf(const Loaded& loaded)
{
    std::string ids;
    for (const DeclaredRule& rule : loaded.declaration.rules)
        ids += (ids.empty() ? "" : " ") + rule.key.id;
    return ids;
}

} // namespace fwdguard::config::test
