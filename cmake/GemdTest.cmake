# SPDX-License-Identifier: MIT
# gemd_test(NAME SOURCES a.c LIBRARIES x y [LABELS l...] [TIMEOUT seconds]): one cmocka program, one
# CTest test. Data and tool paths reach it as defines: GEMD_SOURCE_DIR, GEMD_BINARY_DIR.
function(gemd_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
    add_executable(${name} ${T_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE gemd_flags ${T_LIBRARIES} PkgConfig::CMOCKA)
    target_compile_definitions(${name} PRIVATE GEMD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        GEMD_BINARY_DIR="${CMAKE_BINARY_DIR}")
    add_test(NAME ${name} COMMAND ${name})
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 120)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT})
endfunction()
