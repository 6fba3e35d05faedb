# SPDX-License-Identifier: GPL-2.0-or-later
# Catch2 2 (Debian 12) and 3 (Debian 13) differ in headers, targets and main(): tests include
# "support/catch.hpp" and link what fwdguard_test() gives them.
find_package(Catch2 REQUIRED)
include(Catch)
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  set(FWDGUARD_CATCH_TARGET Catch2::Catch2WithMain)
else()
  add_library(fwdguard_catch_main STATIC "${PROJECT_SOURCE_DIR}/tests/support/catch_main.cpp")
  target_link_libraries(fwdguard_catch_main PUBLIC Catch2::Catch2)
  # Catch2's string_view printing is compiled in from C++17 on, in both its header and this library.
  target_compile_features(fwdguard_catch_main PUBLIC cxx_std_20)
  set(FWDGUARD_CATCH_TARGET fwdguard_catch_main)
endif()

# Catch2's header is half of what compiling a test costs, so all tests share it precompiled.
add_library(fwdguard_catch_header OBJECT "${PROJECT_SOURCE_DIR}/tests/support/catch_header.cpp")
target_include_directories(fwdguard_catch_header PRIVATE "${PROJECT_SOURCE_DIR}/tests")
target_link_libraries(fwdguard_catch_header PRIVATE ${FWDGUARD_CATCH_TARGET} fwdguard_flags)
target_precompile_headers(fwdguard_catch_header PRIVATE
  "${PROJECT_SOURCE_DIR}/tests/support/catch.hpp"
  $<$<BOOL:${FWDGUARD_PRECOMPILE}>:${PROJECT_SOURCE_DIR}/cmake/standard_headers.hpp>)

# fwdguard_test(<name> LABEL <tier> SOURCES <file>... [DEPENDS <target>...] [PROPERTIES <ctest property>...])
# One executable; every TEST_CASE becomes a CTest test labelled with its tier.
function(fwdguard_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS;PROPERTIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/lib")
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} ${FWDGUARD_CATCH_TARGET} fwdguard_flags)
  target_precompile_headers(${name} REUSE_FROM fwdguard_catch_header)
  catch_discover_tests(${name} TEST_PREFIX "${ARG_LABEL}: " PROPERTIES LABELS ${ARG_LABEL} ${ARG_PROPERTIES})
endfunction()
