// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/docker.hpp"

#include "config/document.hpp"
#include "config/files.hpp"
#include "config/numbers.hpp"

#include <cstddef>
#include <string>
#include <system_error>
#include <variant>

namespace fwdguard::config {

namespace {

void take(DockerOptions& options, const std::string& key, const Value& value)
{
    using Kind = Value::Kind;
    if (key == "firewall-backend") {
        options.nftables = value.kind == Kind::string && value.text == "nftables";
    } else if (key == "allow-direct-routing") {
        options.directRouting = value.kind == Kind::boolean && value.text == "true";
    } else if (key == "bridge-accept-fwmark" && value.kind == Kind::string) {
        const Parsed<MarkMatch> parsed = parseMark(value.text);
        if (const auto* mark = std::get_if<MarkMatch>(&parsed); mark != nullptr && !mark->negated)
            options.acceptMark = *mark;
    }
}

} // namespace

DockerOptions dockerOptionsOf(std::string_view text)
{
    DockerOptions options;
    const auto document = parseDocument(text);
    const auto* root = std::get_if<Value>(&document);
    if (const auto* finding = std::get_if<Finding>(&document))
        options.trouble = printable(finding->refusal.found);
    if (root == nullptr || root->kind != Value::Kind::object)
        return options;
    for (std::size_t i = 0; i < root->items.size(); ++i)
        take(options, root->keys[i], root->items[i]);
    return options;
}

DockerOptions readDockerOptions(const std::filesystem::path& file)
{
    std::error_code ignored;
    if (std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found)
        return {};
    const auto text = readFile(file);
    if (const auto* refusal = std::get_if<Refusal>(&text))
        return {.trouble = printable(refusal->found)};
    return dockerOptionsOf(std::get<std::string>(text));
}

} // namespace fwdguard::config
