// SPDX-License-Identifier: GPL-2.0-or-later
// Stands in for polkit on a bus of its own: tells on standard output what it is asked, and answers
// as the last line on standard input says: yes, no, password, nonsense, error, or nothing at all.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <unistd.h>

#include <sys/epoll.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

namespace {

struct Polkit {
    std::string answer = "no";
};

void say(const std::string& line)
{
    std::cout << line << std::endl;
}

int reply(sd_bus_message* call, const std::string& answer)
{
    if (answer == "nonsense")
        return sd_bus_reply_method_return(call, "s", "perhaps");
    if (answer == "error")
        return sd_bus_reply_method_errorf(
            call, "org.freedesktop.PolicyKit1.Error.Failed", "out of order");
    if (answer == "nothing")
        return 1;
    return sd_bus_reply_method_return(
        call,
        "(bba{ss})",
        static_cast<int>(answer == "yes"),
        static_cast<int>(answer == "password"),
        0);
}

int onCheck(sd_bus_message* call, void* polkit, sd_bus_error*) noexcept
{
    if (sd_bus_message_is_method_call(
            call, "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization") <= 0)
        return 0;
    const char* kind = nullptr;
    const char* key = nullptr;
    const char* name = nullptr;
    const char* action = nullptr;
    std::uint32_t flags = 0;
    int r = sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &name, &action);
    if (r >= 0)
        r = sd_bus_message_skip(call, "a{ss}");
    if (r >= 0)
        r = sd_bus_message_read(call, "u", &flags);
    if (r < 0)
        return r;
    say(std::string{"asked "} + action + ' ' + kind + ' ' + key + '=' + name + ' ' +
        std::to_string(flags));
    return reply(call, static_cast<Polkit*>(polkit)->answer);
}

int onInput(sd_event_source* source, int fd, std::uint32_t, void* polkit) noexcept
{
    char buffer[64];
    const auto count = read(fd, buffer, sizeof buffer);
    if (count <= 0)
        return sd_event_exit(sd_event_source_get_event(source), 0);
    auto& answer = static_cast<Polkit*>(polkit)->answer;
    answer.assign(buffer, static_cast<std::size_t>(count));
    answer.erase(answer.find('\n'));
    say("will answer " + answer);
    return 0;
}

} // namespace

int main()
{
    Polkit polkit;
    sd_event* event = nullptr;
    sd_bus* bus = nullptr;
    const bool ready =
        sd_event_new(&event) >= 0 && sd_bus_open_system(&bus) >= 0 &&
        sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL) >= 0 &&
        sd_bus_add_object(
            bus, nullptr, "/org/freedesktop/PolicyKit1/Authority", &onCheck, &polkit) >= 0 &&
        sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0) >= 0 &&
        sd_event_add_io(event, nullptr, STDIN_FILENO, EPOLLIN, &onInput, &polkit) >= 0;
    if (ready)
        say("ready");
    const int status = ready ? sd_event_loop(event) : EXIT_FAILURE;
    sd_bus_flush_close_unref(bus);
    sd_event_unref(event);
    return status;
}
