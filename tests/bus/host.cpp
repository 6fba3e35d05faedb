// SPDX-License-Identifier: GPL-2.0-or-later
// A guard without a kernel: the Service on an event loop, steered by lines on standard input,
// telling on standard output what happens to it. The input is also the second channel that shows
// whether the loop still turns.
#include "bus/canned.hpp"
#include "bus/service.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

#include <sys/epoll.h>

namespace {

using namespace fwdguard;

void say(const std::string& line)
{
    std::cout << line << std::endl;
}

/// Does nothing, says what was asked, and fails as told.
struct FakeCommands final : bus::Commands {
    bus::Service* service = nullptr;
    std::string text;
    bool allInPlace = true;
    bool later = false; ///< a check is answered when told so
    std::string failure;

    void refresh() override { say("refresh"); }
    std::string statusText() override { return text; }
    void check() override
    {
        failIfTold();
        say("check");
        if (!later)
            service->checked(allInPlace);
    }
    void reload() override
    {
        failIfTold();
        say("reload");
    }
    void hold(const std::string& rule, std::chrono::seconds duration) override
    {
        failIfTold();
        say("hold " + rule + ' ' + std::to_string(duration.count()));
    }
    void release(const std::string& rule) override
    {
        failIfTold();
        say("release " + rule);
    }

    void failed(std::exception_ptr /*failure*/) noexcept override { say("half done"); }

    void failIfTold() const
    {
        using Kind = bus::CommandError::Kind;
        if (failure == "config")
            throw bus::CommandError{Kind::configInvalid, "fwd-guard.json: /rules: found 3"};
        if (failure == "failed")
            throw bus::CommandError{Kind::failed, "the kernel said no"};
        if (failure == "other")
            throw std::runtime_error{"something unforeseen"};
    }
};

class Host {
  public:
    explicit Host(sd_event* event)
        : event_(event),
          service_(
              event,
              commands_,
              {.version = "9.8.7",
               .incidentText = [](const Incident&) { return busTest::deletionText(); },
               .urgent =
                   [this] {
                       return std::exchange(urgentAnswers_, std::max(urgentAnswers_ - 1, 0)) > 0;
                   },
               .onChange =
                   [](bool connected, const auto& why) {
                       say(connected ? "connected" : "disconnected: " + why);
                   }})
    {
        commands_.service = &service_;
    }

    void obey(const std::string& line)
    {
        std::istringstream words{line};
        std::string verb;
        std::string argument;
        words >> verb >> argument;
        if (verb == "publish")
            publish(busTest::canned(argument));
        else if (verb == "repaired")
            service_.repaired(busTest::deletion(), "to-docker0: deleted from ip filter FORWARD");
        else if (verb == "garbage")
            service_.repaired(busTest::deletion(), std::string{"by \xff\xc0\x80 and \0 nul", 16});
        else if (verb == "state")
            service_.stateChanged("to-docker0", "waiting", "the table is gone");
        else if (verb == "urgent")
            urgentAnswers_ = std::stoi(argument);
        else if (verb == "flood")
            flood(std::stoul(argument));
        else if (verb == "fail")
            commands_.failure = argument;
        else if (verb == "not-in-place")
            commands_.allInPlace = false;
        else if (verb == "later")
            commands_.later = true;
        else if (verb == "checked")
            service_.checked(commands_.allInPlace);
        else if (verb == "ping")
            say("pong " + argument);
        else if (verb == "quit")
            sd_event_exit(event_, 0);
        else
            throw std::invalid_argument("cannot obey: " + line);
    }

  private:
    void publish(const busTest::Canned& canned)
    {
        commands_.text = canned.json;
        service_.publish(canned.status, canned.configError);
    }

    /// Each publication changes something, and each has an incident to tell.
    void flood(std::size_t count)
    {
        auto canned = busTest::canned("calm");
        for (std::size_t i = 0; i < count; ++i) {
            canned.status.repairs = i + 1;
            publish(canned);
            service_.repaired(busTest::deletion(), "flood");
        }
        say("flooded");
    }

    sd_event* event_;
    int urgentAnswers_ = 0; ///< so often something else is urgent
    FakeCommands commands_;
    bus::Service service_;
};

int onInput(sd_event_source* source, int fd, std::uint32_t, void* host) noexcept
{
    static std::string pending;
    char buffer[256];
    const auto count = read(fd, buffer, sizeof buffer);
    if (count <= 0)
        return sd_event_exit(sd_event_source_get_event(source), 0);
    pending.append(buffer, static_cast<std::size_t>(count));
    try {
        for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            static_cast<Host*>(host)->obey(pending.substr(0, end));
            pending.erase(0, end + 1);
        }
    } catch (const std::exception& e) {
        std::cerr << "fwdguard_bus_host: " << e.what() << '\n';
        return sd_event_exit(sd_event_source_get_event(source), 1);
    }
    return 0;
}

} // namespace

int main()
{
    sd_event* event = nullptr;
    if (sd_event_new(&event) < 0)
        return EXIT_FAILURE;
    int status = EXIT_FAILURE;
    {
        Host host{event};
        if (sd_event_add_io(event, nullptr, STDIN_FILENO, EPOLLIN, &onInput, &host) >= 0)
            status = sd_event_loop(event);
    }
    say("ended");
    sd_event_unref(event);
    return status;
}
