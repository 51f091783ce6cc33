# SPDX-License-Identifier: MIT
# Mesa's headers and archives as targets, from its own build's records (mesa_flags.py).
#
#   gemd_mesa_headers   include directories (SYSTEM) and the definitions that Mesa was compiled with
#   gemd_mesa           headers, and every archive of scripts/steps/mesa.sh as one group: a program
#                       pulls in what it refers to and no more. LLVM and the like only when needed.
#
# gemd_mesa_module(NAME): makes NAME, a library or program with gemd_mesa in it, link with the C++
# driver (parts of Mesa are C++), without undefined symbols and without Mesa's unused sections.

find_program(GEMD_PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT GEMD_PYTHON3)
    find_program(GEMD_PYTHON3 python3 REQUIRED)
endif()

set(mesa_flags_file ${CMAKE_BINARY_DIR}/generated/mesa_flags.cmake)
set(mesa_flags_script ${CMAKE_CURRENT_LIST_DIR}/mesa_flags.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mesa_flags_script})
if(NOT EXISTS ${mesa_flags_file} OR ${mesa_flags_script} IS_NEWER_THAN ${mesa_flags_file}
        OR ${GEMD_MESA_BUILD}/compile_commands.json IS_NEWER_THAN ${mesa_flags_file})
    execute_process(COMMAND ${GEMD_PYTHON3} ${mesa_flags_script} ${GEMD_MESA_BUILD}
        OUTPUT_VARIABLE mesa_flags COMMAND_ERROR_IS_FATAL ANY)
    file(WRITE ${mesa_flags_file} "${mesa_flags}")
endif()
include(${mesa_flags_file})

add_library(gemd_mesa_headers INTERFACE)
target_include_directories(gemd_mesa_headers SYSTEM INTERFACE ${mesa_includes}
    ${GEMD_MESA_SOURCE}/src/gallium/drivers ${GEMD_MESA_SOURCE}/src/gallium/winsys
    ${GEMD_MESA_SOURCE}/src/gallium/frontends)
target_compile_definitions(gemd_mesa_headers INTERFACE ${mesa_definitions})

# The archives refer to each other in circles: one group, as one item, so that it stays in order.
set(mesa_archives
    gallium/drivers/i915/libi915.a gallium/drivers/softpipe/libsoftpipe.a
    gallium/drivers/llvmpipe/libllvmpipe.a gallium/winsys/sw/null/libws_null.a
    mesa/libmesa.a mesa/libmesa_sse41.a gallium/auxiliary/libgallium.a
    gallium/auxiliary/libgalliumvl_stub.a compiler/glsl/libglsl.a compiler/glsl/glcpp/libglcpp.a
    compiler/nir/libnir.a compiler/libcompiler.a util/libxmlconfig.a util/libmesa_util.a
    util/libmesa_util_sse41.a util/format/libmesa_format.a c11/impl/libmesa_util_c11.a)
list(TRANSFORM mesa_archives PREPEND ${GEMD_MESA_BUILD}/src/)
foreach(archive ${mesa_archives})
    if(NOT EXISTS ${archive})
        message(FATAL_ERROR "Mesa's build lacks ${archive}: run scripts/run-tests, or step_mesa of "
            "scripts/steps/mesa.sh, once more")
    endif()
endforeach()
list(JOIN mesa_archives "," mesa_group)

add_library(gemd_mesa INTERFACE)
target_link_libraries(gemd_mesa INTERFACE gemd_mesa_headers
    -Wl,--start-group,${mesa_group},--end-group -Wl,--as-needed ${mesa_libraries} -pthread -ldl -lm)
set_target_properties(gemd_mesa PROPERTIES INTERFACE_LINK_DEPENDS "${mesa_archives}")

function(gemd_mesa_module name)
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
    target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,-Bsymbolic)
    if(NOT GEMD_SANITIZE) # a sanitizer's runtime comes with the program
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()
endfunction()
