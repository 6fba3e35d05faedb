// SPDX-License-Identifier: GPL-2.0-or-later
// Calls the method that the first argument names as often as the second says, with as many calls
// under way as the third says, and tells how many of them were answered, and how.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include <systemd/sd-bus.h>

namespace {

struct Flood {
    sd_bus* bus = nullptr;
    std::string method;
    unsigned long toSend = 0;
    unsigned long underWay = 0;
    std::map<std::string, unsigned long> answers;
};

int onReply(sd_bus_message* reply, void* userdata, sd_bus_error*) noexcept
{
    auto& flood = *static_cast<Flood*>(userdata);
    const sd_bus_error* error = sd_bus_message_get_error(reply);
    ++flood.answers[error != nullptr ? error->name : "done"];
    --flood.underWay;
    return 0;
}

int send(Flood& flood)
{
    const bool holds = flood.method == "Hold";
    const int r = sd_bus_call_method_async(
        flood.bus,
        nullptr,
        "org.fwdguard1",
        "/org/fwdguard1",
        "org.fwdguard1.Manager",
        flood.method.c_str(),
        &onReply,
        &flood,
        holds ? "st" : nullptr,
        "all",
        std::uint64_t{60});
    --flood.toSend;
    ++flood.underWay;
    return r;
}

int run(Flood& flood, unsigned long window)
{
    while (flood.toSend > 0 || flood.underWay > 0) {
        while (flood.toSend > 0 && flood.underWay < window)
            if (send(flood) < 0)
                return EXIT_FAILURE;
        const int r = sd_bus_process(flood.bus, nullptr);
        if (r < 0 || (r == 0 && sd_bus_wait(flood.bus, UINT64_MAX) < 0))
            return EXIT_FAILURE;
    }
    for (const auto& [answer, count] : flood.answers)
        std::cout << answer << ' ' << count << '\n';
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4)
        return EXIT_FAILURE;
    Flood flood;
    flood.method = argv[1];
    flood.toSend = std::stoul(argv[2]);
    if (sd_bus_open_system(&flood.bus) < 0)
        return EXIT_FAILURE;
    const int status = run(flood, std::stoul(argv[3]));
    sd_bus_flush_close_unref(flood.bus);
    return status;
}
