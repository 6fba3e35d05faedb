// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/message.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace fwdguard::report {

namespace {

/// Collects the fields of one report. The names are part of the product's interface.
class Fields {
  public:
    explicit Fields(MessageKind kind) { add("MESSAGE_ID", std::string(typeOf(kind).id)); }

    std::vector<Field> take() { return std::move(fields_); }

    void operator()(const Incident& incident)
    {
        rule(incident.key, incident.chain);
        add("FWDGUARD_DAMAGE", std::string(toString(incident.damage)));
        add("FWDGUARD_GENERATION", std::to_string(incident.generation.value));
        if (incident.exposure)
            add("FWDGUARD_EXPOSURE_USEC", std::to_string(incident.exposure->count()));
        cause(incident.cause);
    }

    void operator()(const RuleStateChanged& change)
    {
        rule(change.key, change.chain);
        add("FWDGUARD_STATE", std::string(toString(change.to)));
        if (!change.detail.empty())
            add("FWDGUARD_DETAIL", change.detail);
        cause(change.opponent);
    }

    void operator()(const Overrun& overrun)
    {
        add("FWDGUARD_OVERRUNS", std::to_string(overrun.total));
    }

    void operator()(const RetiredRemoved& removed) { rule(removed.key, removed.chain); }

    void operator()(const RetiredLeft& left)
    {
        rule(left.key, left.chain);
        cause(left.opponent);
    }

    void operator()(const RetiredRefused& refused)
    {
        rule(refused.key, refused.chain);
        add(refused.error);
    }

    void operator()(const ReadFailed& failed)
    {
        chain(failed.chain);
        add(failed.error);
    }

  private:
    void add(const char* name, std::string value) { fields_.push_back({name, std::move(value)}); }

    void add(const std::error_code& error)
    {
        add("FWDGUARD_DETAIL", error.message());
        add("ERRNO", std::to_string(error.value())); // systemd.journal-fields(7)
    }

    void add(const char* name, const std::optional<std::string>& value)
    {
        if (value)
            add(name, *value);
    }

    void rule(const RuleKey& key, const ChainId& id)
    {
        add("FWDGUARD_RULE", key.id);
        chain(id);
    }

    void chain(const ChainId& id)
    {
        add("FWDGUARD_FAMILY", std::string(toString(id.family)));
        add("FWDGUARD_TABLE", id.table);
        add("FWDGUARD_CHAIN", id.chain);
        add("FWDGUARD_BACKEND", std::string(toString(id.backend)));
    }

    void cause(const Cause& cause)
    {
        if (cause.pid)
            add("FWDGUARD_CAUSE_PID", std::to_string(*cause.pid));
        add("FWDGUARD_CAUSE_COMM", cause.comm);
        add("FWDGUARD_CAUSE_EXE", cause.exe);
        add("FWDGUARD_CAUSE_CMDLINE", cause.cmdline);
        if (cause.parent) {
            if (!cause.parent->comm.empty()) // it had ended
                add("FWDGUARD_CAUSE_PARENT", cause.parent->comm);
            add("FWDGUARD_CAUSE_PARENT_PID", std::to_string(cause.parent->pid));
        }
        add("FWDGUARD_CAUSE_UNIT", cause.unit);
        if (cause.uid)
            add("FWDGUARD_CAUSE_UID", std::to_string(*cause.uid));
        if (cause.loginUid)
            add("FWDGUARD_CAUSE_LOGINUID", std::to_string(*cause.loginUid));
    }

    std::vector<Field> fields_;
};

} // namespace

std::vector<Field> fieldsOf(const Report& report)
{
    Fields fields(kindOf(report));
    std::visit(fields, report);
    return fields.take();
}

} // namespace fwdguard::report
