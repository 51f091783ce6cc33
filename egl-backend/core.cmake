# SPDX-License-Identifier: MIT
# gemd_egl_core: Mesa's EGL core with its GLVND entry, compiled from its pristine source with the
# definitions of Mesa's own build.
#
#   gemd_egl_core_includes, gemd_egl_core_definitions   what code on top of it needs too
#   gemd_egl_glapi   the objects of Mesa's GL dispatch, linked in: a libglapi.so.0 of the system
#                    may be in the same process and may be another version

set(core ${GEMD_MESA_SOURCE}/src/egl/main)
set(generator ${GEMD_MESA_SOURCE}/src/egl/generate)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)

foreach(kind source header)
    string(SUBSTRING ${kind} 0 1 extension)
    string(REPLACE s c extension ${extension})
    add_custom_command(OUTPUT ${generated}/g_egldispatchstubs.${extension}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
        # Mesa's source stays as it was fetched: no byte code beside it.
        COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1
            ${GEMD_PYTHON3} ${generator}/gen_egl_dispatch.py ${kind}
            ${generator}/egl.xml ${generator}/egl_other.xml
            > ${generated}/g_egldispatchstubs.${extension}
        DEPENDS ${generator}/gen_egl_dispatch.py ${generator}/eglFunctionList.py
        VERBATIM)
endforeach()

file(GLOB core_sources CONFIGURE_DEPENDS ${core}/egl*.c)
add_library(gemd_egl_core OBJECT ${core_sources}
    ${generated}/g_egldispatchstubs.c ${generated}/g_egldispatchstubs.h)
target_link_libraries(gemd_egl_core PRIVATE gemd_mesa_headers gemd_drm_headers PkgConfig::WAYLAND_CLIENT)

set(gemd_egl_core_includes ${core} ${generated})
# The native platform is the default display's. Of those on which the core allows windows, DRM fits
# a framebuffer best. GBM is that platform with a native display.
set(gemd_egl_core_definitions USE_LIBGLVND=1 HAVE_SURFACELESS_PLATFORM HAVE_X11_PLATFORM
    HAVE_DRM_PLATFORM
    HAVE_XCB_PLATFORM
    HAVE_WAYLAND_PLATFORM
    _EGL_NATIVE_PLATFORM=_EGL_PLATFORM_DRM)
target_include_directories(gemd_egl_core SYSTEM PRIVATE ${gemd_egl_core_includes}
    ${GEMD_MESA_SOURCE}/src/gbm/main)
target_compile_definitions(gemd_egl_core PRIVATE ${gemd_egl_core_definitions} HAVE_MINCORE)
# GLVND's entry is ours, around Mesa's (vendor.c).
set_source_files_properties(${core}/eglglvnd.c PROPERTIES
    COMPILE_DEFINITIONS __egl_Main=gemd_core_main)
# Without libdrm: the machine's DRM devices are not ours to list. What EGL asks of it about devices
# is answered by drm_device.c.
set_source_files_properties(${core}/egldevice.c PROPERTIES COMPILE_OPTIONS -DHAVE_LIBDRM)
# Mesa's warnings are Mesa's, and so are its ways with null pointers.
target_compile_options(gemd_egl_core PRIVATE -UHAVE_LIBDRM -fvisibility=hidden -w
    -fno-sanitize=undefined)

set(gemd_egl_glapi)
foreach(object entry mapi_glapi stub table u_current u_execmem)
    list(APPEND gemd_egl_glapi
        ${GEMD_MESA_BUILD}/src/mapi/shared-glapi/libglapi.so.0.0.0.p/.._${object}.c.o)
endforeach()
set_source_files_properties(${gemd_egl_glapi} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
