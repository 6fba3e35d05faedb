// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/table.hpp"

#include "xtables/libiptc.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace fwdguard::xtables {

namespace {

std::error_code resultOf(int ok)
{
    if (ok != 0)
        return {};
    return {errno != 0 ? errno : EIO, std::system_category()};
}

template <class Api>
class LibiptcTable final : public Table {
  public:
    struct Free {
        void operator()(xtc_handle* handle) const noexcept { Api::free(handle); }
    };
    using Handle = std::unique_ptr<xtc_handle, Free>;

    explicit LibiptcTable(Handle handle) : handle_(std::move(handle)) {}

    std::vector<std::string> chains() const override
    {
        std::vector<std::string> names;
        for (const char* chain = Api::firstChain(handle()); chain != nullptr;
             chain = Api::nextChain(handle()))
            names.emplace_back(chain);
        return names;
    }

    bool hasChain(const std::string& chain) const override
    {
        return Api::isChain(chain.c_str(), handle()) != 0;
    }

    std::optional<Policy> policy(const std::string& chain) const override
    {
        const std::string_view word = policyWord(chain);
        if (word.empty())
            return std::nullopt;
        return word == "DROP" ? Policy::drop : Policy::accept;
    }

    void forEachRule(
        const std::string& chain, const std::function<void(const RuleView&)>& visit) const override
    {
        for (const auto* entry = Api::firstRule(chain.c_str(), handle()); entry != nullptr;
             entry = Api::nextRule(entry, handle()))
            visit(view(entry));
    }

    TableReading read() const override
    {
        TableReading reading;
        Fingerprinter fingerprinter;
        for (const std::string& chain : chains()) {
            fingerprinter.addChain(chain, policyWord(chain));
            forEachRule(chain, [&](const RuleView& rule) {
                const Entry* const entry = fingerprinter.addRule(Api::family, rule);
                if (entry == nullptr)
                    return;
                if (const auto id = ruleIdIn(*entry); !id.empty())
                    reading.counted.push_back({chain, std::string{id}, entry->counters});
            });
        }
        reading.fingerprint = fingerprinter.result();
        return reading;
    }

    std::error_code insert(
        const std::string& chain, std::size_t index, const std::vector<std::byte>& entry) override
    {
        const auto* const rule = reinterpret_cast<const typename Api::Entry*>(entry.data());
        return resultOf(
            Api::insert(chain.c_str(), rule, static_cast<unsigned int>(index), handle()));
    }

    std::error_code remove(const std::string& chain, std::size_t index) override
    {
        return resultOf(Api::remove(chain.c_str(), static_cast<unsigned int>(index), handle()));
    }

    std::error_code setPolicy(const std::string& chain, Policy policy) override
    {
        const char* const word = policy == Policy::drop ? "DROP" : "ACCEPT";
        return resultOf(Api::setPolicy(chain.c_str(), word, nullptr, handle()));
    }

    std::error_code commit() override
    {
        keepPolicyCounters();
        return resultOf(Api::commit(handle()));
    }

  private:
    xtc_handle* handle() const { return handle_.get(); }

    // libiptc carries each rule's counters over to the new table but loses those of the policies.
    void keepPolicyCounters()
    {
        for (const std::string& chain : chains()) {
            if (Api::isBuiltin(chain.c_str(), handle()) == 0)
                continue;
            xt_counters counters{};
            const char* const word = Api::policy(chain.c_str(), &counters, handle());
            if (word != nullptr)
                Api::setPolicy(chain.c_str(), word, &counters, handle());
        }
    }

    std::string_view policyWord(const std::string& chain) const
    {
        if (Api::isBuiltin(chain.c_str(), handle()) == 0)
            return {};
        xt_counters counters{};
        const char* const word = Api::policy(chain.c_str(), &counters, handle());
        return word != nullptr ? std::string_view{word} : std::string_view{};
    }

    RuleView view(const typename Api::Entry* entry) const
    {
        const auto* const bytes = reinterpret_cast<const std::byte*>(entry);
        const auto* const target =
            reinterpret_cast<const xt_entry_target*>(bytes + entry->target_offset);
        const std::string_view label = Api::target(entry, handle());
        return {{bytes, entry->next_offset}, label, isJump(target->u.user.name, label)};
    }

    // As read, a jump has the standard target's empty name; one just inserted still has the
    // chain's.
    bool isJump(std::string_view name, std::string_view label) const
    {
        if (name.empty())
            return !label.empty() && label != "ACCEPT" && label != "DROP" && label != "QUEUE" &&
                   label != "RETURN";
        return Api::isChain(std::string{label}.c_str(), handle()) != 0;
    }

    Handle handle_;
};

template <class Api>
OpenedTable open(const std::string& table)
{
    typename LibiptcTable<Api>::Handle handle{Api::init(table.c_str())};
    if (handle)
        return std::make_unique<LibiptcTable<Api>>(std::move(handle));
    if (errno == ENOENT || errno == ENOPROTOOPT)
        return TableMissing{};
    return std::error_code{errno, std::system_category()};
}

} // namespace

OpenedTable openTable(TableLists& lists, const TableId& id)
{
    const LiveTables live = lists.read(id.family);
    if (const auto* unavailable = std::get_if<Unavailable>(&live)) {
        if (unavailable->error == std::errc::no_protocol_option)
            return TableMissing{};
        return unavailable->error;
    }
    const auto& names = std::get<std::vector<std::string>>(live);
    if (std::find(names.begin(), names.end(), id.table) == names.end())
        return TableMissing{};
    return id.family == Family::ip6 ? open<Ip6Tables>(id.table) : open<Ip4Tables>(id.table);
}

} // namespace fwdguard::xtables
