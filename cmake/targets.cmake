# SPDX-License-Identifier: GPL-2.0-or-later
# One interface target for the flags, one static library a folder. The dependency direction of the
# design (core <- rooms <- daemon) is what each folder passes as DEPENDS.
set(FWDGUARD_SANITIZE "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined")
option(FWDGUARD_COVERAGE "Instrument for gcov" OFF)
option(FWDGUARD_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(FWDGUARD_WERROR "Treat warnings as errors" OFF)
option(FWDGUARD_PRECOMPILE "Precompile the standard library's headers" OFF)

add_library(fwdguard_flags INTERFACE)
target_compile_features(fwdguard_flags INTERFACE cxx_std_20)
target_compile_options(fwdguard_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${FWDGUARD_WERROR}>:-Werror>)
# Small beats fast: a repair runs through each line of code once, after some command has pushed all of
# it out of the caches. A tenth of the time from hearing to sending the repair (tests/bench).
target_compile_options(fwdguard_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-Os> -fno-plt)
if(FWDGUARD_SANITIZE)
  target_compile_options(fwdguard_flags INTERFACE
    -fsanitize=${FWDGUARD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(fwdguard_flags INTERFACE -fsanitize=${FWDGUARD_SANITIZE})
  # Reading behind the end of a vector, but within what it has allocated, is no finding of theirs.
  target_compile_definitions(fwdguard_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(FWDGUARD_COVERAGE)
  target_compile_options(fwdguard_flags INTERFACE --coverage)
  target_link_options(fwdguard_flags INTERFACE --coverage)
endif()
if(FWDGUARD_FUZZ)
  target_compile_options(fwdguard_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# Reading them is more than half of what compiling a file costs. Not everywhere: clang-tidy cannot read what
# GCC has precompiled, and a file that does not name what it needs would go unnoticed.
if(FWDGUARD_PRECOMPILE)
  add_library(fwdguard_standard_headers OBJECT "${CMAKE_CURRENT_LIST_DIR}/standard_headers.cpp")
  target_link_libraries(fwdguard_standard_headers PRIVATE fwdguard_flags)
  target_precompile_headers(fwdguard_standard_headers PRIVATE "${CMAKE_CURRENT_LIST_DIR}/standard_headers.hpp")
endif()

# fwdguard_library(<room> SOURCES <file>... [DEPENDS <target>...])
# Headers are included as "<room>/<file>.hpp" from lib/.
function(fwdguard_library room)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(fwdguard_${room} STATIC ${ARG_SOURCES})
  target_include_directories(fwdguard_${room} PUBLIC "${PROJECT_SOURCE_DIR}/lib")
  target_link_libraries(fwdguard_${room} PUBLIC ${ARG_DEPENDS} PRIVATE fwdguard_flags)
  if(FWDGUARD_PRECOMPILE)
    target_precompile_headers(fwdguard_${room} REUSE_FROM fwdguard_standard_headers)
  endif()
endfunction()
