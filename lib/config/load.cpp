// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/load.hpp"

#include "config/files.hpp"
#include "config/merge.hpp"
#include "config/part.hpp"

#include <system_error>
#include <utility>

namespace fwdguard::config {

namespace {

using std::filesystem::path;

Problem problemOf(const path& file, Refusal refusal, std::string pointer = {})
{
    return {
        .file = file,
        .pointer = std::move(pointer),
        .found = std::move(refusal.found),
        .allowed = std::move(refusal.allowed)};
}

std::optional<Problem>
addText(const path& file, std::string_view text, std::vector<NamedPart>& parts)
{
    std::variant<Part, Finding> part = readPart(text);
    if (auto* finding = std::get_if<Finding>(&part))
        return problemOf(file, std::move(finding->refusal), std::move(finding->pointer));
    parts.push_back({.file = file, .part = std::get<Part>(std::move(part))});
    return std::nullopt;
}

std::optional<Problem> refuseDirectoryOf(const path& file)
{
    const path directory = directoryOf(file);
    auto refusal = refuseReplacing(directory);
    if (!refusal)
        return std::nullopt;
    return problemOf(directory, *std::move(refusal));
}

std::optional<Problem> addFile(const path& file, std::vector<NamedPart>& parts)
{
    std::variant<std::string, Refusal> text = readFile(file);
    if (auto* refusal = std::get_if<Refusal>(&text))
        return problemOf(file, std::move(*refusal));
    if (auto problem = refuseDirectoryOf(file))
        return problem;
    return addText(file, std::get<std::string>(text), parts);
}

/// In the place of `file`, which is not there.
std::optional<Problem> addDefault(const path& file, std::vector<NamedPart>& parts)
{
    if (auto problem = refuseDirectoryOf(file))
        return problem;
    return addText("built-in default", builtInText(), parts);
}

/// Nothing at all has this name. A symbolic link to nowhere is something.
bool isAbsent(const path& file)
{
    std::error_code error;
    const auto status = std::filesystem::symlink_status(file, error);
    return status.type() == std::filesystem::file_type::not_found;
}

} // namespace

Source sourceOf(const std::optional<path>& named)
{
    return named ? Source{.file = *named, .required = true}
                 : Source{.file = defaultFile, .required = false};
}

Result load(const Source& source)
{
    std::vector<NamedPart> parts;
    Loaded loaded;
    loaded.builtIn = !source.required && isAbsent(source.file);
    if (!loaded.builtIn)
        loaded.files.push_back(source.file);
    if (auto problem =
            loaded.builtIn ? addDefault(source.file, parts) : addFile(source.file, parts))
        return *std::move(problem);

    const path directory = dropInDirectory(source.file);
    auto dropIns = listDropIns(directory);
    if (auto* refusal = std::get_if<Refusal>(&dropIns))
        return problemOf(directory, std::move(*refusal));
    for (const path& file : std::get<0>(dropIns)) {
        if (auto problem = addFile(file, parts))
            return *std::move(problem);
        loaded.files.push_back(file);
    }

    auto merged = merge(parts);
    if (auto* problem = std::get_if<Problem>(&merged))
        return std::move(*problem);
    loaded.declaration = std::move(std::get<Merged>(merged).declaration);
    loaded.flows = std::move(std::get<Merged>(merged).flows);
    loaded.dockerConfig = std::move(std::get<Merged>(merged).dockerConfig);
    loaded.backend = std::get<Merged>(merged).backend;
    loaded.legacy = std::get<Merged>(merged).legacy;
    loaded.warnings = std::move(std::get<Merged>(merged).warnings);
    return loaded;
}

Source reloadSource(Source source, const Loaded& loaded)
{
    source.required = source.required || !loaded.builtIn;
    return source;
}

} // namespace fwdguard::config
