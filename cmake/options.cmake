# What every target of the tree is compiled with.
#
# ASSAY_SANITIZE  a -fsanitize list ("address,undefined", "thread"), empty for none
# ASSAY_WERROR    warnings are errors (CI)

set(ASSAY_SANITIZE "" CACHE STRING "sanitizers, as in -fsanitize=")
option(ASSAY_WERROR "treat warnings as errors" OFF)

get_filename_component(assay_root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

add_library(assay_options INTERFACE)
target_compile_features(assay_options INTERFACE c_std_17)
target_compile_definitions(assay_options INTERFACE _GNU_SOURCE)
target_include_directories(assay_options INTERFACE ${assay_root} ${assay_root}/include)
target_compile_options(
  assay_options
  INTERFACE -fvisibility=hidden -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
            -Wmissing-prototypes -Wformat=2 -Wcast-qual -Wwrite-strings -Wundef -Wvla
            -Wdouble-promotion -Wswitch-enum -Wimplicit-fallthrough)
if(ASSAY_WERROR)
  target_compile_options(assay_options INTERFACE -Werror)
endif()
if(ASSAY_SANITIZE)
  target_compile_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE}
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(assay_options INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()
