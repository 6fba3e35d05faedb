// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/survey.hpp"

#include "nft/survey_reader.hpp"
#include "support/catch.hpp"

namespace fwdguard::test {

Survey readSurvey(std::size_t maxRules)
{
    using Progress = nft::SurveyReader::Progress;
    nft::SurveyReader reader(maxRules);
    Progress progress = reader.begin();
    while (progress == Progress::going)
        progress = reader.step();
    INFO(reader.error().message());
    REQUIRE(progress == Progress::done);
    return reader.take();
}

} // namespace fwdguard::test
