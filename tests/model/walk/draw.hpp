// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace fwdguard::walk {

/// As many choices as one step needs out of its one number, the same everywhere.
class Draw {
  public:
    explicit Draw(std::uint32_t number) : state_(number) {}

    /// 0..count-1; count is not 0.
    [[nodiscard]] std::size_t below(std::size_t count)
    {
        // SplitMix64: one step and its mixing.
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return static_cast<std::size_t>((mixed ^ (mixed >> 31U)) % count);
    }

    [[nodiscard]] bool oneIn(std::size_t count) { return below(count) == 0; }

    template <class Sequence>
    [[nodiscard]] const typename Sequence::value_type& of(const Sequence& sequence)
    {
        return sequence[below(sequence.size())];
    }

  private:
    std::uint64_t state_;
};

} // namespace fwdguard::walk
