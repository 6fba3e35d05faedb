// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fwdguard::report {

/// syslog(3)'s levels, as far as they are used, with its numbers.
enum class Severity : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// Every message that an administrator may want to find or act upon.
enum class MessageKind : std::uint8_t {
    repaired,
    damaged,
    inPlace,
    waiting,
    contested,
    contestOver,
    failed,
    shadowed,
    held,
    released,
    overrun,
    retiredRemoved,
    retiredLeft,
    retiredRefused,
    readFailed,
    started,
    stopping,
    configurationLoaded,
    configurationRefused,
    filterFallback,
    busLost,
    busBack,
    configurationWarning,
    flowDegraded,
    flowWaiting,
    flowWhole,
    mixed,
    legacyWatched,
    auditSwitched,
    lockHeld,
    gaveUp,
    holdsNotKept,
    eventsMissing,
};

struct MessageType {
    MessageKind kind;
    std::string_view id; ///< MESSAGE_ID; its text is in the journal catalog
    Severity severity;
};

/// In the order of MessageKind. The ids are for ever: other programs select messages by them.
inline constexpr std::array<MessageType, 33> messageTypes{{
    {MessageKind::repaired, "9dc96df31c434958a17b1123efb014e5", Severity::notice},
    {MessageKind::damaged, "ba1cb1becd52429582fa09cbe1b0c56f", Severity::warning},
    {MessageKind::inPlace, "dbc45ccd42434f4c8a0645b162625831", Severity::info},
    {MessageKind::waiting, "5ba2c9319ce94a2f82a1665478b525c7", Severity::notice},
    {MessageKind::contested, "1c28b33e25e24459b438340c9b12e839", Severity::warning},
    {MessageKind::contestOver, "7bf25c9ec245466682af3f69325e7589", Severity::notice},
    {MessageKind::failed, "32eda46bed124d1386c5e3c9ba9d44d2", Severity::error},
    {MessageKind::shadowed, "86438a8b7f3e4a97854f29e8ed2ae275", Severity::warning},
    {MessageKind::held, "8a32723204d040418664905bc613864b", Severity::notice},
    {MessageKind::released, "22568b0aed1d424e82bb4172796430b4", Severity::notice},
    {MessageKind::overrun, "83509a963d064f018e5d6d11a0544ede", Severity::warning},
    {MessageKind::retiredRemoved, "c01b9176df184c8f897a28d039beeb2a", Severity::notice},
    {MessageKind::retiredLeft, "c6230ada432047a98aec46f4f86a0111", Severity::warning},
    {MessageKind::retiredRefused, "3c8803056f5b405785e80772c6320648", Severity::error},
    {MessageKind::readFailed, "9540e8cd11f340eeb6f64ea776e9f5ae", Severity::error},
    {MessageKind::started, "2d3ef79f9a694fefaf1cc702b6566f71", Severity::info},
    {MessageKind::stopping, "d39df61a8783407ab9090eb118657480", Severity::info},
    {MessageKind::configurationLoaded, "c6b58852556c4f4d809b146ae8fcfc68", Severity::info},
    {MessageKind::configurationRefused, "7097828ac29e40b1a81f772281eb7c07", Severity::error},
    {MessageKind::filterFallback, "f1c27d180f7946b585f4de6219dbe6ef", Severity::warning},
    {MessageKind::busLost, "6040871ae04a4417b6c494f75ab0dd69", Severity::warning},
    {MessageKind::busBack, "6881646e32e74254936671635d7695bf", Severity::notice},
    {MessageKind::configurationWarning, "a442cb52a2da42c6a887cec985444c9a", Severity::warning},
    {MessageKind::flowDegraded, "3d646fbc9a1e4590b26352a54d616734", Severity::warning},
    {MessageKind::flowWaiting, "6744237c5aae49199e7768f6be29bb11", Severity::notice},
    {MessageKind::flowWhole, "725174022a954c448c00be263c3c1223", Severity::notice},
    {MessageKind::mixed, "1c388be6d48146fe8e64880c75c9f67f", Severity::warning},
    {MessageKind::legacyWatched, "dc58b8f38e8c4f62a9b5b9237b37dc06", Severity::info},
    {MessageKind::auditSwitched, "26a73588f3c34201aaa64b6affce2e48", Severity::notice},
    {MessageKind::lockHeld, "8fc092ebb3c444d6b86d50f088a12478", Severity::warning},
    {MessageKind::gaveUp, "ab29d093c054438b839196043eff0d6d", Severity::error},
    {MessageKind::holdsNotKept, "0f1f9ad886544e6c8d2d6e57d8922a9f", Severity::error},
    {MessageKind::eventsMissing, "281c571dba634e6b8d80e72a366b1228", Severity::warning},
}};

[[nodiscard]] constexpr const MessageType& typeOf(MessageKind kind)
{
    return messageTypes.at(static_cast<std::size_t>(kind));
}

} // namespace fwdguard::report
