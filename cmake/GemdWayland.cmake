# SPDX-License-Identifier: MIT
# Wayland's libraries, and code of its protocols, which the system's descriptions of them make.
pkg_check_modules(WAYLAND_CLIENT REQUIRED IMPORTED_TARGET wayland-client)
pkg_check_modules(WAYLAND_EGL_BACKEND REQUIRED IMPORTED_TARGET wayland-egl-backend)
pkg_get_variable(GEMD_WAYLAND_SCANNER wayland-scanner wayland_scanner)
pkg_get_variable(GEMD_WAYLAND_PROTOCOLS wayland-protocols pkgdatadir)
if(NOT GEMD_WAYLAND_SCANNER OR NOT GEMD_WAYLAND_PROTOCOLS)
    message(FATAL_ERROR "wayland-scanner and wayland-protocols are needed")
endif()

# gemd_wayland_protocol(TARGET NAME FILE SIDE): the target has NAME-SIDE-protocol.h; SIDE is client
# or server. FILE stands in wayland-protocols, without .xml.
function(gemd_wayland_protocol target name file side)
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/protocol-${target})
    set(description ${GEMD_WAYLAND_PROTOCOLS}/${file}.xml)
    set(header ${directory}/${name}-${side}-protocol.h)
    set(code ${directory}/${name}-protocol.c)
    add_custom_command(OUTPUT ${header} ${code}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
        COMMAND ${GEMD_WAYLAND_SCANNER} --strict ${side}-header ${description} ${header}
        COMMAND ${GEMD_WAYLAND_SCANNER} --strict private-code ${description} ${code}
        DEPENDS ${description} VERBATIM)
    set_source_files_properties(${code} PROPERTIES COMPILE_OPTIONS -w)
    target_sources(${target} PRIVATE ${header} ${code})
    target_include_directories(${target} SYSTEM PRIVATE ${directory})
endfunction()
