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

# Every chipset of the model but the default one; tests/model/chipsets.sh compares.
set(GEMD_CHIPSETS q33 q35 pineview-g pineview-m 945g 945gm 945gme 915g 915gm e7221g)

# gemd_test_on_chipsets(NAME PROGRAM p [ARGUMENTS a...] [CHIPSETS c...]
# [ENVIRONMENT e...]): runs a test program that links tests/lib/chipset.c on each.
function(gemd_test_on_chipsets name)
    cmake_parse_arguments(T "" "PROGRAM" "ARGUMENTS;CHIPSETS;ENVIRONMENT" ${ARGN})
    if(NOT T_CHIPSETS)
        set(T_CHIPSETS ${GEMD_CHIPSETS})
    endif()
    foreach(chipset ${T_CHIPSETS})
        add_test(NAME ${name}_on_${chipset}
            COMMAND ${T_PROGRAM} ${T_ARGUMENTS} --chipset ${chipset})
        set_tests_properties(${name}_on_${chipset} PROPERTIES LABELS chipsets TIMEOUT 120
            ENVIRONMENT "${T_ENVIRONMENT}")
    endforeach()
endfunction()
