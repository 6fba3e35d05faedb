// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/document.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

namespace fwdguard::config {

namespace {

/// Builds the Value. nlohmann's own tree would hide duplicate keys and the spelling of numbers.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Builder(std::string_view text) : text_{text} {}

    bool null() override { return add(Value::Kind::null, "null"); }
    bool boolean(bool value) override
    {
        return add(Value::Kind::boolean, value ? "true" : "false");
    }
    bool number_integer(std::int64_t value) override
    {
        return add(Value::Kind::integer, std::to_string(value));
    }
    bool number_unsigned(std::uint64_t value) override
    {
        return add(Value::Kind::integer, std::to_string(value));
    }
    bool number_float(double /*value*/, const std::string& spelling) override
    {
        // Integers too large for 64 bits arrive here as well.
        return add(Value::Kind::real, spelling);
    }
    bool string(std::string& value) override { return add(Value::Kind::string, std::move(value)); }
    bool binary(nlohmann::json::binary_t& /*value*/) override { return false; } // not in JSON text

    bool start_object(std::size_t /*elements*/) override { return open(Value::Kind::object); }
    bool key(std::string& name) override;
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*elements*/) override { return open(Value::Kind::array); }
    bool end_array() override { return close(); }

    bool parse_error(
        std::size_t position,
        const std::string& lastToken,
        const nlohmann::json::exception& error) override;

    std::variant<Value, Finding> result() &&;

  private:
    struct Level {
        Value* value; ///< stable: a parent gets its next item only after this one is closed
        std::unordered_set<std::string> seen;
    };

    Value* place(Value::Kind kind, std::string text);
    bool add(Value::Kind kind, std::string text);
    bool open(Value::Kind kind);
    bool close();
    bool refuse(std::string pointer, Refusal refusal);
    [[nodiscard]] std::string pointer() const;
    [[nodiscard]] std::string pointerOfNext() const;

    std::string_view text_;
    Value root_;
    std::vector<Level> open_;
    std::optional<Finding> finding_;
};

Value* Builder::place(Value::Kind kind, std::string text)
{
    Value* value = open_.empty() ? &root_ : &open_.back().value->items.emplace_back();
    value->kind = kind;
    value->text = std::move(text);
    return value;
}

bool Builder::add(Value::Kind kind, std::string text)
{
    place(kind, std::move(text));
    return true;
}

bool Builder::open(Value::Kind kind)
{
    if (open_.size() == maxNesting) {
        return refuse(
            pointerOfNext(),
            {.found = "an object or array inside " + std::to_string(maxNesting) + " others",
             .allowed = "at most " + std::to_string(maxNesting) + " levels of nesting"});
    }
    Value* value = place(kind, {});
    open_.push_back({.value = value, .seen = {}});
    return true;
}

bool Builder::close()
{
    open_.pop_back();
    return true;
}

bool Builder::key(std::string& name)
{
    Level& level = open_.back();
    if (!level.seen.insert(name).second) {
        const std::string where = pointer() + pointerStep(name);
        return refuse(
            where,
            {.found = "the key " + inQuotes(name) + " a second time",
             .allowed = "each key once in an object"});
    }
    level.value->keys.push_back(name);
    return true;
}

/// The pointer of the innermost open object or array.
std::string Builder::pointer() const
{
    std::string pointer;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
        const Value& value = *open_[i].value;
        pointer += value.kind == Value::Kind::object ? pointerStep(value.keys.back())
                                                     : '/' + std::to_string(value.items.size() - 1);
    }
    return pointer;
}

/// The pointer of the value that is about to be placed.
std::string Builder::pointerOfNext() const
{
    if (open_.empty())
        return {};
    const Value& value = *open_.back().value;
    return pointer() + (value.kind == Value::Kind::object
                            ? pointerStep(value.keys.back())
                            : '/' + std::to_string(value.items.size()));
}

bool Builder::refuse(std::string pointer, Refusal refusal)
{
    finding_ = Finding{.pointer = std::move(pointer), .refusal = std::move(refusal)};
    return false;
}

/// "line 3, column 7" of the byte with this number, from 1; columns count characters, as editors
/// do.
std::string lineAndColumn(std::string_view text, std::size_t position)
{
    const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::string_view line =
        newline == std::string_view::npos ? before : before.substr(newline + 1);
    const auto column = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    });
    return "line " + std::to_string(lines + 1) + ", column " + std::to_string(column + 1);
}

/// The library reports the last byte of a token that it did not expect; people look for the first.
/// Only of a string: in front of shorter tokens `token` may hold what was read before.
std::size_t startOfToken(std::string_view text, std::size_t position, std::string_view token)
{
    const bool isString = token.ends_with('"') && position <= text.size() &&
                          text.substr(0, position).ends_with(token);
    return isString ? position - token.size() + 1 : position;
}

/// The library's words without its prefix "[json.exception...] parse error at line L, column C: "
/// and without "; last read: '...'", which repeats comments and strings in full. What stands there
/// is the author's: words of the library's are looked for only before and behind it.
std::string plainReason(std::string_view what, std::string_view token)
{
    if (const auto bracket = what.find("] "); bracket != std::string_view::npos)
        what.remove_prefix(bracket + 2);
    constexpr std::string_view located = "parse error at line ";
    const auto colon = what.find(": ");
    if (what.starts_with(located) && colon != std::string_view::npos)
        what.remove_prefix(colon + 2);
    constexpr std::string_view read = "; last read: '";
    const auto end = what.find(read);
    std::string reason{what.substr(0, end)};
    if (end == std::string_view::npos)
        return reason;
    what.remove_prefix(std::min(what.size(), end + read.size() + token.size() + 1));
    if (what.starts_with("; expected "))
        reason += what;
    return reason;
}

bool Builder::parse_error(
    std::size_t position, const std::string& lastToken, const nlohmann::json::exception& error)
{
    return refuse(
        {},
        {.found = lineAndColumn(text_, startOfToken(text_, position, lastToken)) + ": " +
                  plainReason(error.what(), lastToken),
         .allowed = "JSON, with // and /* */ comments"});
}

std::variant<Value, Finding> Builder::result() &&
{
    if (finding_)
        return *std::move(finding_);
    return std::move(root_);
}

} // namespace

std::string describe(const Value& value)
{
    switch (value.kind) {
    case Value::Kind::null:
        return "null";
    case Value::Kind::boolean:
        return value.text;
    case Value::Kind::integer:
    case Value::Kind::real:
        return "the number " + value.text.substr(0, 40);
    case Value::Kind::string:
        return inQuotes(value.text);
    case Value::Kind::array:
        return value.items.empty() ? "an empty list" : "a list";
    case Value::Kind::object:
        return "an object";
    }
    return {};
}

std::variant<Value, Finding> parseDocument(std::string_view text)
{
    Builder builder{text};
    constexpr bool whole = true;
    constexpr bool ignoreComments = true;
    // The verdict is in the builder: every way to fail passes through one of its refusals.
    static_cast<void>(nlohmann::json::sax_parse(
        text.begin(),
        text.end(),
        &builder,
        nlohmann::json::input_format_t::json,
        whole,
        ignoreComments));
    return std::move(builder).result();
}

} // namespace fwdguard::config
