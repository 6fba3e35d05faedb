# SPDX-License-Identifier: GPL-2.0-or-later
# Everything comes from the distribution's packages; nothing is vendored or downloaded.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libmnl REQUIRED IMPORTED_TARGET libmnl>=1.0.4)
pkg_check_modules(libnftnl REQUIRED IMPORTED_TARGET libnftnl>=1.2.4)
pkg_check_modules(libip4tc REQUIRED IMPORTED_TARGET libip4tc>=1.8)
pkg_check_modules(libip6tc REQUIRED IMPORTED_TARGET libip6tc>=1.8)
pkg_check_modules(libsystemd REQUIRED IMPORTED_TARGET libsystemd>=252)
pkg_check_modules(sdbusxx REQUIRED IMPORTED_TARGET sdbus-c++>=1.2)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_program(FWDGUARD_XML2CPP sdbus-c++-xml2cpp REQUIRED)
