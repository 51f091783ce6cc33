# SPDX-License-Identifier: MIT
# wl_drm: code of the protocol that Mesa describes, made from its pristine source.
#
#   gemd_wl_drm(TARGET SIDE)   the target has wl-drm-SIDE-protocol.h; SIDE is client or server
pkg_check_modules(WAYLAND_SERVER REQUIRED IMPORTED_TARGET wayland-server)
pkg_get_variable(GEMD_WL_DRM_SCANNER wayland-scanner wayland_scanner)

function(gemd_wl_drm target side)
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/wl-drm-${target})
    set(description ${GEMD_MESA_SOURCE}/src/egl/wayland/wayland-drm/wayland-drm.xml)
    set(header ${directory}/wl-drm-${side}-protocol.h)
    set(code ${directory}/wl-drm-protocol.c)
    add_custom_command(OUTPUT ${header} ${code}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
        COMMAND ${GEMD_WL_DRM_SCANNER} ${side}-header ${description} ${header}
        COMMAND ${GEMD_WL_DRM_SCANNER} private-code ${description} ${code}
        DEPENDS ${description} VERBATIM)
    set_source_files_properties(${code} PROPERTIES COMPILE_OPTIONS -w)
    target_sources(${target} PRIVATE ${header} ${code})
    target_include_directories(${target} SYSTEM PRIVATE ${directory})
endfunction()
