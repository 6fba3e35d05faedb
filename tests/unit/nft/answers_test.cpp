// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/uapi.hpp"
#include "nft/writer.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <cerrno>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

constexpr std::uint32_t begin = 100;

std::vector<std::uint8_t> answer(std::uint32_t sequence, int error)
{
    nlmsghdr header{};
    header.nlmsg_len = sizeof header + sizeof error;
    header.nlmsg_type = NLMSG_ERROR;
    header.nlmsg_seq = sequence;
    std::vector<std::uint8_t> bytes(header.nlmsg_len);
    std::memcpy(bytes.data(), &header, sizeof header);
    overwrite(bytes, sizeof header, -error);
    return bytes;
}

CommitFailed failureOf(const Answers& answers)
{
    const auto result = answers.result();
    REQUIRE(std::holds_alternative<CommitFailed>(result));
    return std::get<CommitFailed>(result);
}

} // namespace

TEST_CASE("a batch is committed when its last step is acknowledged")
{
    Answers answers{begin, 3};
    CHECK_FALSE(answers.complete());
    answers.add(answer(begin + 3, 0));
    CHECK(answers.complete());
    CHECK(std::holds_alternative<Committed>(answers.result()));
}

TEST_CASE("a batch that nobody acknowledged has failed")
{
    Answers answers{begin, 3};
    CHECK(failureOf(answers).error);
    answers.add(answer(begin + 2, 0));
    answers.add(answer(begin + 4, 0)); // the batch's end
    answers.add(answer(begin - 1, 0)); // an earlier batch
    answers.add(recordedMessages("rules-ip-filter"));
    CHECK_FALSE(answers.complete());
    CHECK(failureOf(answers).error);
}

TEST_CASE("an error before the acknowledgement wins, and the first one names the step")
{
    Answers answers{begin, 3};
    answers.add(answer(begin + 2, ENOENT));
    answers.add(answer(begin + 3, EINVAL));
    answers.add(answer(begin + 3, 0));
    const auto failed = failureOf(answers);
    CHECK(failed.error == std::errc::no_such_file_or_directory);
    CHECK(failed.step == 1U);
}

TEST_CASE("an error of the batch as a whole names no step")
{
    Answers answers{begin, 3};
    answers.add(answer(begin, EPERM));
    CHECK(failureOf(answers).error == std::errc::operation_not_permitted);
    CHECK_FALSE(failureOf(answers).step);
}

TEST_CASE("a later generation makes the batch stale")
{
    Answers answers{begin, 3};
    answers.add(answer(begin, ERESTART));
    CHECK(std::holds_alternative<Stale>(answers.result()));
}

TEST_CASE("answers that were lost make a failure even when the acknowledgement came through")
{
    Answers answers{begin, 1};
    answers.lost({ENOBUFS, std::generic_category()});
    answers.add(answer(begin + 1, 0));
    CHECK(failureOf(answers).error == std::errc::no_buffer_space);
}

TEST_CASE("sequence numbers of a batch may wrap")
{
    Answers answers{0xfffffffe, 3};
    answers.add(answer(0, ENOENT));
    CHECK(failureOf(answers).step == 1U);
    answers.add(answer(1, 0));
    CHECK(answers.complete());
}
