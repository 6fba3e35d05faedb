# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration parser. Its corpus: the examples and the bad files of the unit tests.
if(FWDGUARD_FUZZ)
  add_executable(config_fuzz "${CMAKE_CURRENT_LIST_DIR}/config_fuzz.cpp")
  target_link_libraries(config_fuzz PRIVATE fwdguard_config fwdguard_flags)
  target_link_options(config_fuzz PRIVATE -fsanitize=fuzzer)
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/config_corpus") # what it finds stays here
  add_test(NAME "fuzz: the configuration parser, 30 seconds"
    COMMAND config_fuzz -max_total_time=30 -max_len=4096 -print_final_stats=1
      "-dict=${CMAKE_CURRENT_LIST_DIR}/config_fuzz.dict"
      "${CMAKE_CURRENT_BINARY_DIR}/config_corpus"
      "${PROJECT_SOURCE_DIR}/config/examples" "${PROJECT_SOURCE_DIR}/tests/unit/config/bad")
  set_tests_properties("fuzz: the configuration parser, 30 seconds" PROPERTIES LABELS fuzz)
endif()
