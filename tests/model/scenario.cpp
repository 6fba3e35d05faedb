// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/scenario.hpp"

#include "core/driver.hpp"
#include "model/recorder.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace fwdguard::model {

namespace {

using Words = std::vector<std::string>;

std::string join(const Words& words)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text.empty() ? "(nothing)" : text;
}

Position positionOf(const std::string& word)
{
    using Kind = Position::Kind;
    static const std::map<std::string, Kind> simple{
        {"head", Kind::head}, {"tail", Kind::tail}, {"anywhere", Kind::anywhere}};
    if (const auto at = simple.find(word); at != simple.end())
        return {.kind = at->second, .chain = {}};
    const auto colon = word.find(':');
    const std::string chain = word.substr(colon + 1);
    if (word.starts_with("before:"))
        return {.kind = Kind::before, .chain = chain};
    if (word.starts_with("after:"))
        return {.kind = Kind::after, .chain = chain};
    throw std::runtime_error("no such position: " + word);
}

Policy policyOf(const std::string& word)
{
    return word == "drop" ? Policy::drop : Policy::accept;
}

World::End endOf(const std::string& word)
{
    return word == "head" ? World::End::head : World::End::tail;
}

/// One run of one file.
class Run {
  public:
    explicit Run(World& world) : world_(world) {}

    void line(const Words& words);

  private:
    using Handler = void (Run::*)(const Words&);
    static const std::map<std::string, Handler>& handlers();

    // In each of these, words[0] is the command.
    void declare(const Words& words);
    void declarePolicy(const Words& words);
    void undeclare(const Words& words);
    void start(const Words& words);
    void reload(const Words& words);
    void table(const Words& words);
    void chain(const Words& words);
    void act(const Words& words);
    void hear(const Words& words);
    void survey(const Words& words);
    void hold(const Words& words);
    void release(const Words& words);
    void wait(const Words& words);
    void expectRules(const Words& words);
    void expectPolicy(const Words& words);
    void expectState(const Words& words);
    void expectShadow(const Words& words);
    void expectIncidents(const Words& words);

    [[nodiscard]] RuleStatus statusOf(const std::string& id) const;
    [[nodiscard]] BackendChoice choice() const;
    [[nodiscard]] static ChainId chainOf(const Words& words);
    void demand(bool met, const std::string& what) const;

    World& world_;
    Declaration declaration_;
    Recorder recorder_;
    std::unique_ptr<Guard> guard_;
    std::unique_ptr<Driver> driver_;
    Now now_{.instant = Instant{std::chrono::hours{1}}};
};

ChainId Run::chainOf(const Words& words)
{
    return {
        .family = parseFamily(words.at(1)).value(),
        .table = words.at(2),
        .chain = words.at(3),
    };
}

BackendChoice Run::choice() const
{
    return world_.backend() == BackendKind::legacy ? BackendChoice::legacy
                                                   : BackendChoice::nfTables;
}

void Run::demand(bool met, const std::string& what) const
{
    if (!met)
        throw std::runtime_error(what);
}

void Run::declare(const Words& words)
{
    const ChainId chain = chainOf(words);
    declaration_.rules.push_back({
        .key = {.id = words.at(4), .family = chain.family},
        .chain = chain,
        .position = positionOf(words.at(5)),
        .body = bodyOf(words.at(4)),
        .backend = choice(),
    });
}

void Run::declarePolicy(const Words& words)
{
    const ChainId chain = chainOf(words);
    declaration_.policies.push_back({
        .key = {.id = "policy-" + chain.chain, .family = chain.family},
        .chain = chain,
        .policy = policyOf(words.at(4)),
        .backend = choice(),
    });
}

void Run::undeclare(const Words& words)
{
    std::erase_if(declaration_.rules, [&](const auto& rule) { return rule.key.id == words.at(1); });
}

void Run::start(const Words& words)
{
    declaration_.mode = words.size() > 1 ? Mode::observe : Mode::guard;
    declaration_.sweep = std::chrono::minutes{1};
    guard_ = std::make_unique<Guard>(declaration_);
    driver_ =
        std::make_unique<Driver>(*guard_, world_.kernel(), recorder_, [this] { return now_; });
    driver_->handle(Started{});
}

void Run::reload(const Words& words)
{
    declaration_.mode = words.size() > 1 ? Mode::observe : Mode::guard;
    driver_->handle(Reloaded{declaration_});
}

void Run::table(const Words& words)
{
    const Family family = parseFamily(words.at(2)).value();
    if (words.at(1) == "add")
        world_.addTable(family, words.at(3));
    else
        world_.deleteTable(family, words.at(3));
}

void Run::chain(const Words& words)
{
    const Words rest(words.begin() + 1, words.end());
    if (words.at(1) == "delete") {
        world_.deleteChain(chainOf(rest));
        return;
    }
    std::optional<Policy> policy;
    if (rest.size() > 4)
        policy = policyOf(rest.at(4));
    world_.addChain(chainOf(rest), policy);
}

void Run::act(const Words& words)
{
    const std::string& verb = words.at(0);
    const ChainId chain = chainOf(words);
    if (verb == "flush")
        world_.flush(chain);
    else if (verb == "foreign")
        world_.addForeign(chain, endOf(words.at(4)), words.at(5));
    else if (verb == "jump")
        world_.addJump(chain, endOf(words.at(4)), words.at(5));
    else if (verb == "erase")
        world_.erase(chain, words.at(4));
    else if (verb == "tagged")
        world_.addTagged(chain, endOf(words.at(4)), words.at(5), words.at(6));
    else if (verb == "alter")
        world_.alter(chain, words.at(4), words.at(5));
    else
        world_.setPolicy(chain, policyOf(words.at(4)));
}

void Run::hear(const Words&)
{
    if (world_.announced())
        driver_->announced();
}

void Run::survey(const Words&)
{
    const Survey survey = world_.survey();
    ShadowsFound found;
    for (const DeclaredRule& rule : declaration_.rules)
        if (auto shadow = shadowOf(rule, survey))
            found.shadows.push_back(*std::move(shadow));
    driver_->handle(found);
}

void Run::hold(const Words& words)
{
    driver_->handle(HoldRequested{.id = words.at(1)});
}

void Run::release(const Words& words)
{
    driver_->handle(ReleaseRequested{.id = words.at(1)});
}

void Run::wait(const Words& words)
{
    now_.instant += std::chrono::seconds{std::stoi(words.at(1))};
    const std::optional<Instant> due = driver_->wakeAt();
    if (due && *due <= now_.instant)
        driver_->handle(Woke{});
}

void Run::expectRules(const Words& words)
{
    const auto found = world_.list(chainOf(words));
    demand(found.has_value(), "no such chain");
    const Words expected(words.begin() + 4, words.end());
    demand(*found == expected, "expected " + join(expected) + ", found " + join(*found));
}

void Run::expectPolicy(const Words& words)
{
    const std::optional<Policy> found = world_.policy(chainOf(words));
    demand(found == policyOf(words.at(4)), "another policy");
}

RuleStatus Run::statusOf(const std::string& id) const
{
    const Status status = guard_->status();
    for (const RuleStatus& rule : status.rules)
        if (rule.key.id == id)
            return rule;
    throw std::runtime_error("no such rule: " + id);
}

void Run::expectState(const Words& words)
{
    const std::string_view found = words.at(1) == "manager" ? toString(guard_->status().state)
                                                            : toString(statusOf(words.at(1)).state);
    demand(found == words.at(2), "the state is " + std::string(found));
}

void Run::expectShadow(const Words& words)
{
    const std::string reason = statusOf(words.at(1)).detail;
    demand(reason == join(Words(words.begin() + 2, words.end())), "the reason is: " + reason);
}

void Run::expectIncidents(const Words& words)
{
    Words found;
    for (const Incident& incident : recorder_.all<Incident>())
        found.push_back(
            incident.key.id + ":" + std::string(toString(incident.damage)) +
            (incident.exposure ? ":repaired" : ":open"));
    std::erase_if(
        recorder_.reports, [](const Report& r) { return std::holds_alternative<Incident>(r); });
    const Words expected(words.begin() + 1, words.end());
    demand(found == expected, "expected " + join(expected) + ", found " + join(found));
}

const std::map<std::string, Run::Handler>& Run::handlers()
{
    static const std::map<std::string, Handler> table{
        {"declare", &Run::declare},
        {"declare-policy", &Run::declarePolicy},
        {"undeclare", &Run::undeclare},
        {"start", &Run::start},
        {"reload", &Run::reload},
        {"table", &Run::table},
        {"chain", &Run::chain},
        {"flush", &Run::act},
        {"foreign", &Run::act},
        {"jump", &Run::act},
        {"erase", &Run::act},
        {"tagged", &Run::act},
        {"alter", &Run::act},
        {"set-policy", &Run::act},
        {"hear", &Run::hear},
        {"survey", &Run::survey},
        {"hold", &Run::hold},
        {"release", &Run::release},
        {"wait", &Run::wait},
        {"expect", &Run::expectRules},
        {"expect-policy", &Run::expectPolicy},
        {"expect-state", &Run::expectState},
        {"expect-shadow", &Run::expectShadow},
        {"expect-incidents", &Run::expectIncidents},
    };
    return table;
}

void Run::line(const Words& words)
{
    const auto handler = handlers().find(words.front());
    demand(handler != handlers().end(), "no such command");
    (this->*handler->second)(words);
}

} // namespace

std::vector<std::filesystem::path> scenarioFiles()
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(FWDGUARD_SCENARIOS))
        if (entry.path().extension() == ".scenario")
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

bool canPlay(const std::filesystem::path& file, BackendKind backend, bool real)
{
    if (backend == BackendKind::nfTables)
        return true;
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto says = [&text](const char* words) { return text.find(words) != std::string::npos; };
    return !says(" inet ") && !says(" bridge ") && !(real && says("not on real legacy tables"));
}

void runScenario(const std::filesystem::path& file, World& world)
{
    std::ifstream in(file);
    Run run(world);
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        std::istringstream stream(text.substr(0, text.find('#')));
        const Words words{std::istream_iterator<std::string>(stream), {}};
        if (words.empty())
            continue;
        try {
            run.line(words);
        } catch (const std::exception& error) {
            throw std::runtime_error(
                file.filename().string() + ":" + std::to_string(number) + ": " + text + ": " +
                error.what());
        }
    }
}

} // namespace fwdguard::model
