// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/holds.hpp"

#include "config/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace fwdguard::config {

namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr std::string_view ours = "what fwd-guard has written";

std::int64_t secondsOf(WallTime time)
{
    return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

/// Values beyond the year 9999 are nobody's, and cannot be represented in nanoseconds.
std::optional<WallTime> timeOf(const json& object, const char* key)
{
    constexpr std::int64_t latest = 8'000'000'000;
    const auto member = object.find(key);
    if (member == object.end() || !member->is_number_integer())
        return std::nullopt;
    const auto count = member->get<std::int64_t>();
    if (count < 0 || count > latest)
        return std::nullopt;
    return WallTime{seconds{count}};
}

std::optional<SavedHold> holdOf(const json& object)
{
    if (!object.is_object() || !object.contains("rule") || !object["rule"].is_string())
        return std::nullopt;
    const std::optional<WallTime> written = timeOf(object, "written");
    const std::optional<WallTime> until = timeOf(object, "until");
    const bool forEver = object.contains("until") && object["until"].is_null();
    if (!written || (!until && !forEver))
        return std::nullopt;
    return SavedHold{
        .rule = object["rule"].get<std::string>(), .written = *written, .until = until};
}

Refusal systemRefusal(int error)
{
    return {
        .found = std::generic_category().message(error),
        .allowed = "a directory that fwd-guard may write"};
}

int writeWhole(const std::filesystem::path& file, const std::string& text)
{
    ::unlink(file.c_str()); // of a daemon that ended halfway
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    const ssize_t written = ::write(fd, text.data(), text.size());
    const int error = written < 0 ? errno : ENOSPC;
    ::close(fd);
    return written == static_cast<ssize_t>(text.size()) ? 0 : error;
}

} // namespace

std::optional<seconds> remaining(const SavedHold& hold, WallTime now)
{
    if (!hold.until)
        return seconds::zero();
    const auto left = std::chrono::ceil<seconds>(*hold.until - now);
    const auto whole = std::chrono::ceil<seconds>(*hold.until - hold.written);
    if (left <= seconds::zero() || whole <= seconds::zero())
        return std::nullopt;
    return std::min(left, whole);
}

std::string holdsText(const SavedHolds& saved)
{
    json list = json::array();
    for (const SavedHold& hold : saved.holds)
        list.push_back(
            {{"rule", hold.rule},
             {"written", secondsOf(hold.written)},
             {"until", hold.until ? json(secondsOf(*hold.until)) : json(nullptr)}});
    const json document{{"netns", saved.netns}, {"holds", std::move(list)}};
    return document.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

std::variant<SavedHolds, Refusal> parseHolds(std::string_view text)
{
    const json document = json::parse(text, nullptr, false);
    const Refusal nonsense{.found = "something else", .allowed = std::string{ours}};
    if (!document.is_object() || !document.contains("holds") || !document["holds"].is_array() ||
        !document.contains("netns") || !document["netns"].is_string())
        return nonsense;
    SavedHolds saved{.netns = document["netns"].get<std::string>()};
    for (const json& object : document["holds"]) {
        std::optional<SavedHold> hold = holdOf(object);
        if (!hold)
            return nonsense;
        saved.holds.push_back(*std::move(hold));
    }
    return saved;
}

std::variant<SavedHolds, Refusal> readHolds(const std::filesystem::path& file)
{
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file, error)))
        return SavedHolds{};
    if (auto refusal = refuseWritable(file.parent_path())) {
        refusal->found += ", " + file.parent_path().string();
        return *std::move(refusal);
    }
    std::variant<std::string, Refusal> text = readFile(file);
    if (auto* refusal = std::get_if<Refusal>(&text))
        return std::move(*refusal);
    return parseHolds(std::get<std::string>(text));
}

std::optional<Refusal> writeHolds(const std::filesystem::path& file, const SavedHolds& saved)
{
    if (saved.holds.empty())
        return ::unlink(file.c_str()) == 0 || errno == ENOENT ? std::nullopt
                                                              : std::optional{systemRefusal(errno)};
    const std::filesystem::path fresh = file.string() + ".new";
    if (const int error = writeWhole(fresh, holdsText(saved)); error != 0)
        return systemRefusal(error);
    if (::rename(fresh.c_str(), file.c_str()) != 0)
        return systemRefusal(errno);
    return std::nullopt;
}

} // namespace fwdguard::config
