// SPDX-License-Identifier: GPL-2.0-or-later
// Random edits by others, faults in between, and after each quiet: every declared rule exactly once
// at its position, every foreign rule as its owner left it. A walk that fails is shrunk to the few
// edits that matter.
#include "core/driver.hpp"
#include "model/fake_world.hpp"
#include "model/recorder.hpp"
#include "model/shrink.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <sstream>

using namespace fwdguard;
using namespace fwdguard::model;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};

struct Edit {
    enum class Kind : std::uint8_t {
        foreign,
        jump,
        erase,
        tagged,
        alter,
        flush,
        recreateTable,
        policy,
        hold,
        release,
        stale,
        unreadable,
        lose,
        hear,
        last = hear,
    };
    Kind kind = Kind::hear;
    std::uint32_t random = 0;
};

constexpr std::array<const char*, 14> kindWords{
    "foreign",
    "jump",
    "erase",
    "tagged",
    "alter",
    "flush",
    "recreate table",
    "policy",
    "hold",
    "release",
    "stale",
    "unreadable",
    "lose",
    "hear"};

std::string toText(const std::vector<Edit>& edits)
{
    std::ostringstream text;
    for (const Edit& edit : edits)
        text << kindWords.at(static_cast<std::size_t>(edit.kind)) << ' ' << edit.random << "; ";
    return text.str();
}

Declaration declaration()
{
    using Kind = Position::Kind;
    Declaration declared;
    const auto add = [&](const std::string& id, Position position) {
        declared.rules.push_back({
            .key = {.id = id, .family = Family::ip},
            .chain = forward,
            .position = std::move(position),
            .body = bodyOf(id),
        });
    };
    add("h1", {.kind = Kind::head, .chain = {}});
    add("h2", {.kind = Kind::head, .chain = {}});
    add("x", {.kind = Kind::anywhere, .chain = {}});
    add("b1", {.kind = Kind::before, .chain = "J"});
    add("b2", {.kind = Kind::before, .chain = "J"});
    add("a", {.kind = Kind::after, .chain = "J"});
    add("t1", {.kind = Kind::tail, .chain = {}});
    add("t2", {.kind = Kind::tail, .chain = {}});
    declared.policies.push_back({
        .key = {.id = "policy", .family = Family::ip},
        .chain = forward,
        .policy = Policy::accept,
    });
    declared.pacing.burst = 1'000'000;
    return declared;
}

class Walk {
  public:
    Walk() : guard_(declaration())
    {
        makeTable();
        driver_.handle(Started{});
    }

    void step(const Edit& edit);

    /// Empty when everything is as it should be.
    [[nodiscard]] std::string quiet();

  private:
    [[nodiscard]] static bool ours(const std::string& name)
    {
        static const Declaration declared = declaration();
        return std::ranges::any_of(
            declared.rules, [&](const auto& rule) { return rule.key.id == name; });
    }

    void makeTable()
    {
        world_.addTable(Family::ip, "filter");
        world_.addChain(forward, Policy::drop);
    }

    [[nodiscard]] Names foreignNow()
    {
        Names names = world_.list(forward).value();
        std::erase_if(names, ours);
        return names;
    }

    [[nodiscard]] std::string pick(std::uint32_t random) const
    {
        static const Declaration declared = declaration();
        return declared.rules[random % declared.rules.size()].key.id;
    }

    [[nodiscard]] std::string misplaced(const Names& names) const;

    FakeWorld world_;
    Recorder recorder_;
    Now now_{.instant = Instant{1h}, .wall = WallTime{}};
    Guard guard_;
    Driver driver_{guard_, world_.kernel(), recorder_, [this] { return now_; }};
    Names foreign_;
    int named_ = 0;
};

void Walk::step(const Edit& edit)
{
    using Kind = Edit::Kind;
    now_.instant += 1ms;
    const auto end = edit.random % 2 == 0 ? World::End::head : World::End::tail;
    const Names present = world_.list(forward).value();
    switch (edit.kind) {
    case Kind::foreign:
        world_.addForeign(forward, end, "f" + std::to_string(named_++));
        break;
    case Kind::jump:
        world_.addJump(forward, end, edit.random % 4 < 2 ? "J" : "K");
        break;
    case Kind::erase:
        if (!present.empty())
            world_.erase(forward, present[edit.random % present.size()]);
        break;
    case Kind::tagged:
        world_.addTagged(forward, end, pick(edit.random), pick(edit.random / 7));
        break;
    case Kind::alter:
        if (const std::string id = pick(edit.random);
            std::ranges::find(present, id) != present.end())
            world_.alter(forward, id, "other");
        break;
    case Kind::flush:
        world_.flush(forward);
        break;
    case Kind::recreateTable:
        world_.deleteTable(Family::ip, "filter");
        if (edit.random % 2 == 0)
            driver_.announced();
        makeTable();
        break;
    case Kind::policy:
        world_.setPolicy(forward, Policy::drop);
        break;
    case Kind::hold:
        driver_.handle(HoldRequested{.id = pick(edit.random), .until = {}});
        break;
    case Kind::release:
        driver_.handle(ReleaseRequested{.id = {}});
        break;
    case Kind::stale:
        world_.kernel().staleCommits = static_cast<int>(edit.random % 20);
        break;
    case Kind::unreadable:
        world_.kernel().failSnapshots = 1;
        break;
    case Kind::lose:
        world_.kernel().loseAnnouncements = edit.random % 2 == 0;
        break;
    case Kind::hear:
        break;
    }
    foreign_ = foreignNow();
    if (edit.kind == Kind::hear || edit.random % 3 == 0)
        driver_.announced();
}

std::string Walk::misplaced(const Names& names) const
{
    static const Declaration declared = declaration();
    const auto indexOf = [&](const std::string& name) {
        return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    };
    const auto onlyOursWithin = [&](std::size_t from, std::size_t to) {
        return std::all_of(
            names.begin() + static_cast<std::ptrdiff_t>(from),
            names.begin() + static_cast<std::ptrdiff_t>(to),
            ours);
    };
    const std::size_t anchor = indexOf("->J");
    const bool anchored = anchor < names.size();
    for (const DeclaredRule& rule : declared.rules) {
        using Kind = Position::Kind;
        const std::size_t at = indexOf(rule.key.id);
        const Kind kind = rule.position.kind;
        bool right = true;
        if (kind == Kind::head || (kind == Kind::before && !anchored))
            right = onlyOursWithin(0, at);
        else if (kind == Kind::tail || (kind == Kind::after && !anchored))
            right = onlyOursWithin(at, names.size());
        else if (kind == Kind::before)
            right = at < anchor && onlyOursWithin(at, anchor);
        else if (kind == Kind::after)
            right = at > anchor && onlyOursWithin(anchor + 1, at);
        if (!right)
            return rule.key.id + " is not at " + toString(rule.position);
    }
    const bool inOrder = indexOf("h1") < indexOf("h2") && indexOf("b1") < indexOf("b2") &&
                         indexOf("t1") < indexOf("t2");
    return inOrder ? "" : "rules of one position are out of order";
}

std::string Walk::quiet()
{
    world_.kernel().staleCommits = 0;
    world_.kernel().failSnapshots = 0;
    world_.kernel().loseAnnouncements = false;
    driver_.handle(ReleaseRequested{.id = {}});
    driver_.announced();

    const Names names = world_.list(forward).value();
    std::string problem;
    for (const DeclaredRule& rule : declaration().rules)
        if (std::ranges::count(names, rule.key.id) != 1)
            problem = rule.key.id + " is there " +
                      std::to_string(std::ranges::count(names, rule.key.id)) + " times";
    for (const FakeRule& rule : world_.kernel().find(forward)->rules)
        if (!rule.id.empty() && rule.body != bodyOf(rule.id))
            problem = rule.id + " is altered";
    if (problem.empty())
        problem = misplaced(names);
    if (problem.empty() && foreignNow() != foreign_)
        problem = "a foreign rule was touched";
    if (problem.empty() && world_.policy(forward) != Policy::accept)
        problem = "the policy is not restored";
    if (problem.empty() && !guard_.allInPlace())
        problem = "the status does not say that all is in place";
    return problem;
}

/// Walks and returns the first problem, looking at every `pause` edits and at the end.
std::string walk(const std::vector<Edit>& edits, std::size_t pause)
{
    Walk one;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        one.step(edits[i]);
        if (i % pause == pause - 1)
            if (std::string problem = one.quiet(); !problem.empty())
                return problem;
    }
    return one.quiet();
}

std::vector<Edit> randomEdits(std::uint32_t seed, std::size_t count)
{
    std::mt19937 random{seed};
    std::vector<Edit> edits;
    for (std::size_t i = 0; i < count; ++i)
        edits.push_back({
            .kind = static_cast<Edit::Kind>(
                random() % (static_cast<std::uint32_t>(Edit::Kind::last) + 1)),
            .random = static_cast<std::uint32_t>(random()),
        });
    return edits;
}

/// An environment variable as a number, or the default.
std::uint32_t setting(const char* name, std::uint32_t otherwise)
{
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : static_cast<std::uint32_t>(std::stoul(value));
}

} // namespace

TEST_CASE("random edits and faults never leave a rule missing, doubled, altered or out of place")
{
    const std::uint32_t seed = setting("FWDGUARD_SEED", std::random_device{}());
    const std::uint32_t walks = setting("FWDGUARD_WALKS", 100);
    WARN("FWDGUARD_SEED=" << seed << " FWDGUARD_WALKS=" << walks);
    constexpr std::size_t pause = 12;
    for (std::uint32_t i = 0; i < walks; ++i) {
        const std::vector<Edit> edits = randomEdits(seed + i, 200);
        if (walk(edits, pause).empty())
            continue;
        const auto fails = [](const std::vector<Edit>& some) { return !walk(some, pause).empty(); };
        const std::vector<Edit> few = shrink(edits, fails);
        FAIL("seed " << seed + i << ": " << walk(few, pause) << " after: " << toText(few));
    }
}

TEST_CASE("a failing walk is shrunk to the edits that matter")
{
    const std::vector<Edit> edits = randomEdits(1, 64);
    const auto has = [](const std::vector<Edit>& some, const Edit& edit) {
        return std::ranges::any_of(some, [&](const Edit& e) { return e.random == edit.random; });
    };
    const auto shrunk = shrink(edits, [&](const std::vector<Edit>& some) {
        return has(some, edits[7]) && has(some, edits[50]);
    });
    REQUIRE(shrunk.size() == 2);
    CHECK(shrunk[0].random == edits[7].random);
    CHECK(shrunk[1].random == edits[50].random);
}
