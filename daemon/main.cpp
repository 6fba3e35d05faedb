// SPDX-License-Identifier: GPL-2.0-or-later
#include "configuration.hpp"
#include "daemon.hpp"
#include "exit_status.hpp"
#include "options.hpp"
#include "report/daemon_messages.hpp"
#include "report/log.hpp"
#include "sys/instance_lock.hpp"
#include "sys/netns.hpp"
#include "sys/time_slice.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include <malloc.h>

using namespace fwdguard;
using namespace fwdguard::daemon;

namespace {

int checkConfiguration(const Options& options)
{
    const Configuration configuration(options.config);
    for (const std::string& warning : configuration.warnings())
        std::fprintf(stderr, "warning: %s\n", warning.c_str());
    const std::string path = configuration.path();
    const std::size_t flows = configuration.flows().size();
    std::printf(
        "%s: %zu rules%s, good\n",
        path.empty() ? "built-in default" : path.c_str(),
        configuration.ruleCount(),
        flows == 0 ? ""
                   : (", " + std::to_string(flows) + (flows == 1 ? " flow" : " flows")).c_str());
    return done;
}

/// A daemon that had no processor for a while takes thousands of announcements at once. Sizes that
/// were freed once are usual to the C library, and it keeps them from then on, unless it is told
/// what is large.
void giveBackWhatIsLarge()
{
    constexpr int large = 128 * 1024; // what it begins with
    mallopt(M_MMAP_THRESHOLD, large); // NOLINT(concurrency-mt-unsafe): one thread
}

int guard(const Options& options, report::Log& log)
{
    giveBackWhatIsLarge();
    // Where this is refused, as by the unit's filter, the unit has it done from outside.
    static_cast<void>(sys::shortenTimeSlice(0));
    xtables::AuditStream audit = xtables::openAuditStream(); // it comes nowhere but out here
    if (options.netns)
        sys::enterNetns(*options.netns);
    const auto lock = sys::lockInstance(sys::currentNetns());
    if (const auto* other = std::get_if<sys::OtherInstance>(&lock)) {
        log.write(report::gaveUp(other->describe()));
        return failed;
    }
    // Until it is waited for, and once more when all ends, it would kill.
    std::signal(SIGHUP, SIG_IGN); // NOLINT(cert-err33-c): SIGHUP may be ignored
    Daemon daemon(options, log, std::move(audit));
    try {
        return daemon.run();
    } catch (const std::system_error& error) {
        // Also of "not permitted": what could be begun is not ended by a lack of rights, and only
        // the statuses that say so keep the service manager from starting it again.
        log.write(report::gaveUp(error.what()));
        // Who wants it to end now gets what is wanted, and not a death by that signal.
        for (const int signo : {SIGTERM, SIGINT})
            std::signal(signo, SIG_IGN); // NOLINT(cert-err33-c): both may be ignored
        return failed;
    }
}

constexpr const char* neededRights = "; fwd-guard needs CAP_NET_ADMIN in the network namespace it "
                                     "guards: run it as root, or through "
                                     "its unit (systemctl start fwd-guard)";

bool isNotPermitted(const std::system_error& error)
{
    return error.code() == std::errc::operation_not_permitted ||
           error.code() == std::errc::permission_denied;
}

/// Everything that can go wrong ends here, in one line and an exit status.
int run(const Options& options, report::Log& log)
{
    try {
        return options.checkConfig ? checkConfiguration(options) : guard(options, log);
    } catch (const ConfigurationError& error) {
        log.write(report::gaveUp(error.what()));
        return configuration;
    } catch (const std::system_error& error) {
        if (!isNotPermitted(error)) {
            log.write(report::gaveUp(error.what()));
            return failed;
        }
        log.write(report::gaveUp(std::string(error.what()) + neededRights));
        return notPermitted;
    }
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const std::variant<Options, int> parsed = parseOptions(argc, argv);
        if (const int* status = std::get_if<int>(&parsed))
            return *status;
        const auto& options = std::get<Options>(parsed);
        report::Log log(options.logLevel);
        return run(options, log);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fwd-guard: error: %s\n", error.what());
        return failed;
    }
}
