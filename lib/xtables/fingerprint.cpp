// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/fingerprint.hpp"

#include <bit>
#include <cstring>

namespace fwdguard::xtables {

// Two multiply-and-rotate lanes with different odd constants: not cryptographic, but a chance
// change goes unseen once in 2^128, and a table of 20,000 rules is hashed at memory speed.
void Fingerprinter::mix(std::uint64_t word)
{
    state_.high = std::rotl((state_.high ^ word) * 0x9fb21c651e98df25, 29);
    state_.low = std::rotl(state_.low + word, 31) * 0xd6e8feb86659fd93;
    state_.low ^= state_.low >> 32;
}

void Fingerprinter::mix(Bytes bytes)
{
    mix(std::uint64_t{bytes.size()});
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        mix(word);
    }
    std::uint64_t rest = 0;
    if (!bytes.empty())
        std::memcpy(&rest, bytes.data(), bytes.size());
    mix(rest);
}

void Fingerprinter::mix(std::string_view text)
{
    mix(std::as_bytes(std::span{text.data(), text.size()}));
}

void Fingerprinter::addChain(std::string_view name, std::string_view policy)
{
    mix(std::string_view{"chain"});
    mix(name);
    mix(policy);
}

const Entry* Fingerprinter::addRule(Family family, const RuleView& rule)
{
    if (!split(family, rule.bytes, scratch_)) {
        mix(rule.bytes);
        return nullptr;
    }
    mix(scratch_.header);
    for (const Extension& match : scratch_.matches) {
        mix(match.name);
        mix(std::uint64_t{match.revision});
        mix(match.data);
    }
    mix(rule.target);
    // A standard target's data is its verdict, which the name says already; a jump's is an offset
    // that moves with every rule before it.
    const bool extension = !scratch_.target.name.empty() && scratch_.target.name == rule.target;
    if (extension && !rule.jumps) {
        mix(std::uint64_t{scratch_.target.revision});
        mix(scratch_.target.data);
    }
    return &scratch_;
}

Fingerprint Fingerprinter::result() const
{
    return state_;
}

} // namespace fwdguard::xtables
