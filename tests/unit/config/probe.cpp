// SPDX-License-Identifier: GPL-2.0-or-later
// Tells what the parser makes of files, one JSON line each, for schema_agrees.py.
#include "config/load.hpp"
#include "config/part.hpp"

#include <iostream>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

namespace {

nlohmann::json verdictOf(const char* file)
{
    const auto result = fwdguard::config::load({.file = file, .required = true});
    if (const auto* problem = std::get_if<fwdguard::config::Problem>(&result)) {
        return {
            {"file", file},
            {"ok", false},
            {"pointer", problem->pointer},
            {"message", fwdguard::config::toString(*problem)}};
    }
    return {{"file", file}, {"ok", true}};
}

} // namespace

int main(int argc, char* argv[])
{
    const std::span<char*> arguments{argv, static_cast<std::size_t>(argc)};
    for (const char* argument : arguments.subspan(1)) {
        if (std::string_view{argument} == "--keys")
            std::cout << nlohmann::json(fwdguard::config::allowedKeys()) << '\n';
        else
            std::cout << verdictOf(argument) << '\n';
    }
}
