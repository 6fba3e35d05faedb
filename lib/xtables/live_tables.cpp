// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/live_tables.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace fwdguard::xtables {

namespace {

std::string reasonFor(int error, const std::string& path)
{
    if (error == ENOPROTOOPT)
        return path +
               " does not exist: the kernel has no legacy tables (module not loaded, or built "
               "without CONFIG_NETFILTER_XTABLES_LEGACY)";
    if (error == EACCES)
        return path + " cannot be read: the group root is needed";
    return path + ": " + std::generic_category().message(error);
}

Unavailable unavailable(int error, const std::string& path)
{
    return {{error, std::system_category()}, reasonFor(error, path)};
}

/// From its start; nullopt: not open, or errno says why.
std::optional<std::string> readWhole(const UniqueFd& file)
{
    if (!file)
        return std::nullopt;
    std::string text;
    std::array<char, 512> buffer{};
    for (;;) {
        const ssize_t count =
            ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (count < 0)
            return std::nullopt;
        if (count == 0)
            return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

} // namespace

std::vector<std::string> parseTableNames(std::string_view text)
{
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (const auto name = text.substr(0, end); !name.empty())
            names.emplace_back(name);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return names;
}

LiveTables TableLists::read(Family family)
{
    if (family != Family::ip && family != Family::ip6)
        return std::vector<std::string>{};
    UniqueFd& file = family == Family::ip ? ip_ : ip6_;
    // A file that fails is of a module that went, and may have come back with another one.
    if (const auto text = readWhole(file))
        return parseTableNames(*text);

    // Not by /proc/net, a link to it, which ProcSubset=pid hides.
    const std::string path =
        family == Family::ip ? "/proc/self/net/ip_tables_names" : "/proc/self/net/ip6_tables_names";
    file = UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    // No such file is how a kernel without ip_tables looks; asking it any other way answers this.
    if (!file)
        return unavailable(errno == ENOENT ? ENOPROTOOPT : errno, path);
    if (const auto text = readWhole(file))
        return parseTableNames(*text);
    return unavailable(errno, path);
}

} // namespace fwdguard::xtables
