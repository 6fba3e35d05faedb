// SPDX-License-Identifier: GPL-2.0-or-later
// Stands in for libFuzzer where there is no clang: gives each file of the folders named to a target
// once, in a buffer of exactly its size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t replay(const std::filesystem::path& folder)
{
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        // Whoever comes after a crash reads here which file it was.
        std::cout << entry.path().filename().string() << std::endl;
        std::ifstream file{entry.path(), std::ios::binary};
        std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, {}};
        bytes.shrink_to_fit();
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++count;
    }
    return count;
}

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::filesystem::path> folders{argv + 1, argv + argc};
    std::size_t count = 0;
    for (const auto& folder : folders)
        count += replay(folder);
    std::cout << count << " inputs\n";
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
