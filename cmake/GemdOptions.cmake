# SPDX-License-Identifier: MIT
# What a builder may choose, and the flags that all of our own code is compiled with.

set(GEMD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

set(GEMD_FUZZ "" CACHE STRING "Fuzz targets instead of all else, for libfuzzer or afl (tests/fuzz/run)")

if(DEFINED ENV{XDG_CACHE_HOME})
    set(gemd_cache $ENV{XDG_CACHE_HOME}/gemd)
else()
    set(gemd_cache $ENV{HOME}/.cache/gemd)
endif()
set(GEMD_MESA_SOURCE ${gemd_cache}/mesa-22.3.6/source CACHE PATH "Pristine Mesa source tree")
set(GEMD_MESA_BUILD ${gemd_cache}/mesa-22.3.6/build CACHE PATH "Its build (scripts/steps/mesa.sh)")
if(EXISTS ${GEMD_MESA_BUILD}/gemd-complete)
    set(GEMD_HAVE_MESA TRUE)
else()
    set(GEMD_HAVE_MESA FALSE)
    message(STATUS "No Mesa build in ${GEMD_MESA_BUILD}: winsys, EGL driver and GL tools are left out")
endif()

# Warnings are errors for our code; Mesa's headers and sources get their own flags where used.
add_library(gemd_flags INTERFACE)
target_compile_options(gemd_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wpointer-arith -Wwrite-strings -Wundef -Wno-unused-parameter -fvisibility=hidden>)
target_include_directories(gemd_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(gemd_flags INTERFACE _GNU_SOURCE GEMD_VERSION="${PROJECT_VERSION}")

if(GEMD_SANITIZE)
    add_compile_options(-fsanitize=${GEMD_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${GEMD_SANITIZE})
endif()
if(GEMD_FUZZ STREQUAL libfuzzer)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# gemd_library(NAME SOURCES...): a static library of our own code.
function(gemd_library name)
    add_library(${name} STATIC ${ARGN})
    target_link_libraries(${name} PUBLIC gemd_flags)
endfunction()
