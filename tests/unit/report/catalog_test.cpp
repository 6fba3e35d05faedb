// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/message_kind.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <map>
#include <set>
#include <string>

using namespace fwdguard::report;

namespace {

/// The entries by id: "-- <id>", header lines, an empty line, the explanation.
std::map<std::string, std::string> readCatalog()
{
    std::ifstream file(FWDGUARD_CATALOG);
    REQUIRE(file);
    std::map<std::string, std::string> entries;
    std::string* entry = nullptr;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("-- "))
            entry = &entries[line.substr(3)];
        else if (entry != nullptr)
            *entry += line + '\n';
    }
    return entries;
}

} // namespace

TEST_CASE("each message has a catalog entry, and each entry a message")
{
    const auto entries = readCatalog();
    std::set<std::string> ids;
    for (const MessageType& type : messageTypes)
        ids.emplace(type.id);
    for (const auto& [id, text] : entries)
        CHECK(ids.contains(id));
    for (const std::string& id : ids) {
        CAPTURE(id);
        REQUIRE(entries.contains(id));
        const std::string& text = entries.at(id);
        CHECK(text.starts_with("Subject: "));
        CHECK(text.find("\nDefined-By: fwd-guard\n") != std::string::npos);
        CHECK(text.find("\nSupport: http") != std::string::npos);
        CHECK(text.substr(text.find("\n\n")).size() > 80);
    }
}
