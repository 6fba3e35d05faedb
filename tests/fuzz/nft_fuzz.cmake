# SPDX-License-Identifier: GPL-2.0-or-later
# The netlink decoders. Their corpora are recorded from the kernel by record_nft.py.
if(FWDGUARD_FUZZ)
  foreach(target messages expressions)
    add_executable(nft_${target}_fuzz "${CMAKE_CURRENT_LIST_DIR}/nft_${target}_fuzz.cpp")
    target_link_libraries(nft_${target}_fuzz PRIVATE fwdguard_nft fwdguard_flags)
    target_link_options(nft_${target}_fuzz PRIVATE -fsanitize=fuzzer)
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/nft_${target}_corpus") # what it finds stays here
    add_test(NAME "fuzz: netlink ${target}, 30 seconds"
      COMMAND nft_${target}_fuzz -max_total_time=30 -max_len=8192 -print_final_stats=1
        "${CMAKE_CURRENT_BINARY_DIR}/nft_${target}_corpus"
        "${CMAKE_CURRENT_LIST_DIR}/corpus/nft-${target}")
    set_tests_properties("fuzz: netlink ${target}, 30 seconds" PROPERTIES LABELS fuzz)
  endforeach()
endif()
