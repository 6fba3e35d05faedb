// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/table.hpp"

#include <cstdio>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

json figures(const Samples& samples)
{
    return {
        {"count", samples.count()},
        {"p50_us", samples.quantile(0.5)},
        {"p99_us", samples.quantile(0.99)},
        {"max_us", samples.quantile(1)},
    };
}

double ratio(const Samples& floor, const Samples& guard, double share)
{
    return guard.quantile(share) / floor.quantile(share);
}

} // namespace

void printHeader(const std::string& what)
{
    std::printf("%-34s %6s %10s %10s %10s\n", what.c_str(), "times", "p50 us", "p99 us", "max us");
}

json row(const std::string& name, const Samples& samples)
{
    std::printf(
        "%-34s %6zu %10.1f %10.1f %10.1f\n",
        name.c_str(),
        samples.count(),
        samples.quantile(0.5),
        samples.quantile(0.99),
        samples.quantile(1));
    std::fflush(stdout);
    json result = figures(samples);
    result["name"] = name;
    return result;
}

void printRatio(const Samples& floor, const Samples& guard)
{
    std::printf(
        "fwd-guard / floor: p50 %.2f, p99 %.2f\n\n",
        ratio(floor, guard, 0.5),
        ratio(floor, guard, 0.99));
}

void printComparisonHeader(const std::string& what)
{
    std::printf(
        "%-34s %6s %10s %10s %10s %10s %7s %7s\n",
        what.c_str(),
        "times",
        "floor p50",
        "floor p99",
        "guard p50",
        "guard p99",
        "p50 x",
        "p99 x");
}

json comparison(const std::string& value, const Samples& floor, const Samples& guard)
{
    std::printf(
        "%-34s %6zu %10.1f %10.1f %10.1f %10.1f %7.2f %7.2f\n",
        value.c_str(),
        guard.count(),
        floor.quantile(0.5),
        floor.quantile(0.99),
        guard.quantile(0.5),
        guard.quantile(0.99),
        ratio(floor, guard, 0.5),
        ratio(floor, guard, 0.99));
    std::fflush(stdout);
    return {
        {"value", value},
        {"floor", figures(floor)},
        {"guard", figures(guard)},
        {"p50_ratio", ratio(floor, guard, 0.5)},
        {"p99_ratio", ratio(floor, guard, 0.99)},
    };
}

} // namespace fwdguard::bench
