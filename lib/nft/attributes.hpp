// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace fwdguard::nft {

using Bytes = std::span<const std::uint8_t>;

/// Copies a number out of a buffer in host order; nullopt unless the sizes agree.
template <class Number>
[[nodiscard]] std::optional<Number> hostNumber(Bytes bytes)
{
    if (bytes.size() != sizeof(Number))
        return std::nullopt;
    Number number{};
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
}

/// The same for network order.
template <class Number>
[[nodiscard]] std::optional<Number> networkNumber(Bytes bytes)
{
    if (bytes.size() != sizeof(Number))
        return std::nullopt;
    Number number{};
    for (const std::uint8_t byte : bytes)
        number = static_cast<Number>(static_cast<Number>(number << 8) | byte);
    return number;
}

/// Text up to the first NUL, or all of it.
[[nodiscard]] inline std::string_view textOf(Bytes bytes)
{
    const std::string_view all{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return all.substr(0, all.find('\0'));
}

/// One netlink attribute; `value` points into the datagram.
struct Attribute {
    std::uint16_t type = 0; ///< without the nested and byte-order flags
    Bytes value;
};

/// Walks the attributes of a message or of a nest and never past its end (struct nlattr in
/// linux/netlink.h).
class AttributeReader {
  public:
    explicit AttributeReader(Bytes bytes) : rest_{bytes} {}

    /// The next attribute, or nullopt at the end or where the bytes stop making sense.
    [[nodiscard]] std::optional<Attribute> next()
    {
        constexpr std::size_t headerSize = 4;
        constexpr std::uint16_t typeMask = 0x3fff;
        if (rest_.empty())
            return std::nullopt;
        const std::size_t length = rest_.size() < headerSize ? 0 : number(0);
        if (length < headerSize || length > rest_.size()) {
            intact_ = false;
            return std::nullopt;
        }
        const Attribute attribute{
            static_cast<std::uint16_t>(number(2) & typeMask),
            rest_.subspan(headerSize, length - headerSize)};
        const std::size_t padded = (length + 3) & ~std::size_t{3};
        rest_ = rest_.subspan(padded < rest_.size() ? padded : rest_.size());
        return attribute;
    }

    /// False once next() met a length that does not fit.
    [[nodiscard]] bool intact() const { return intact_; }

  private:
    [[nodiscard]] std::uint16_t number(std::size_t offset) const
    {
        std::uint16_t value = 0;
        std::memcpy(&value, rest_.data() + offset, sizeof value);
        return value;
    }

    Bytes rest_;
    bool intact_ = true;
};

/// The attributes of one nest by type; absent ones are nullopt.
template <std::size_t Count>
using AttributeTable = std::array<std::optional<Bytes>, Count>;

/// The number in one of them, of 32 bits in network order.
[[nodiscard]] inline std::optional<std::uint32_t> numberIn(const std::optional<Bytes>& attribute)
{
    return attribute ? networkNumber<std::uint32_t>(*attribute) : std::nullopt;
}

/// Sorts a nest by type. nullopt when it is malformed, repeats a type, or holds a type of `Count`
/// or above: an attribute we do not know may change the meaning of those we do.
template <std::size_t Count>
[[nodiscard]] std::optional<AttributeTable<Count>> tableOf(Bytes nest)
{
    AttributeTable<Count> table;
    AttributeReader attributes{nest};
    while (const auto attribute = attributes.next()) {
        if (attribute->type >= Count || table[attribute->type])
            return std::nullopt;
        table[attribute->type] = attribute->value;
    }
    if (!attributes.intact())
        return std::nullopt;
    return table;
}

} // namespace fwdguard::nft
