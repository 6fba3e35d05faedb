// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/document.hpp"
#include "config/refusal.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Objects are read by tables: one Key a key, with the function that reads its value into T. A new
/// key of the configuration is one more line in a table.
namespace fwdguard::config {

enum class Need : unsigned char { required, optional };

template <class T>
struct Key {
    std::string_view name;
    Need need;
    Outcome (*read)(const Value& value, T& into);
};

[[nodiscard]] inline Outcome refuse(Refusal refusal)
{
    return Finding{.pointer = {}, .refusal = std::move(refusal)};
}

[[nodiscard]] inline Outcome wrongType(const Value& value, std::string_view allowed)
{
    return refuse({.found = describe(value), .allowed = std::string{allowed}});
}

template <class T, std::size_t Count>
[[nodiscard]] std::vector<std::string_view> namesOf(const std::array<Key<T>, Count>& keys)
{
    std::vector<std::string_view> names(Count);
    std::transform(
        keys.begin(), keys.end(), names.begin(), [](const Key<T>& key) { return key.name; });
    return names;
}

/// Reads an object: every key has to be in the table, every required one has to be there.
template <class T, std::size_t Count>
[[nodiscard]] Outcome readObject(const Value& value, const std::array<Key<T>, Count>& keys, T& into)
{
    if (value.kind != Value::Kind::object)
        return wrongType(value, "an object, { ... }");
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string& name = value.keys[i];
        const auto key = std::find_if(
            keys.begin(), keys.end(), [&](const Key<T>& one) { return one.name == name; });
        if (key == keys.end()) {
            const auto allowed = oneOf(namesOf(keys), name);
            return within(
                name, refuse({.found = "the unknown key " + inQuotes(name), .allowed = allowed}));
        }
        if (Outcome outcome = key->read(value.items[i], into))
            return within(name, std::move(outcome));
    }
    for (const Key<T>& key : keys) {
        if (key.need == Need::required &&
            std::find(value.keys.begin(), value.keys.end(), key.name) == value.keys.end()) {
            return refuse(
                {.found = "an object without " + inQuotes(key.name),
                 .allowed = "an object with " + inQuotes(key.name)});
        }
    }
    return std::nullopt;
}

/// Reads a list of objects or words, each with `read`, to the end of `into`.
template <class T>
[[nodiscard]] Outcome
readList(const Value& value, std::vector<T>& into, Outcome (*read)(const Value& item, T& into))
{
    if (value.kind != Value::Kind::array)
        return wrongType(value, "a list, [ ... ]");
    for (std::size_t i = 0; i < value.items.size(); ++i)
        if (Outcome outcome = read(value.items[i], into.emplace_back()))
            return within(std::to_string(i), std::move(outcome));
    return std::nullopt;
}

/// Reads a string with `parse` into `target`.
template <class Target, class T>
[[nodiscard]] Outcome
readText(const Value& value, Target& target, Parsed<T> (*parse)(std::string_view text))
{
    if (value.kind != Value::Kind::string)
        return wrongType(value, "a string");
    Parsed<T> parsed = parse(value.text);
    if (auto* refusal = std::get_if<Refusal>(&parsed))
        return refuse(std::move(*refusal));
    target = std::get<T>(std::move(parsed));
    return std::nullopt;
}

/// The `read` function of a key whose text `parse` understands and whose place is `member`.
template <class T, auto member, auto parse>
[[nodiscard]] Outcome text(const Value& value, T& into)
{
    return readText(value, into.*member, parse);
}

template <class T, bool T::*member>
[[nodiscard]] Outcome boolean(const Value& value, T& into)
{
    if (value.kind != Value::Kind::boolean)
        return wrongType(value, "true or false");
    into.*member = value.text == "true";
    return std::nullopt;
}

} // namespace fwdguard::config
