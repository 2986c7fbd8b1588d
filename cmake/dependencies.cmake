# What assay links against, all from Debian: see README.md for the package names.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
# Not by pkg-config: that would bring gslcblas, which is 5 to 19 times slower than OpenBLAS.
find_library(GSL_LIBRARY gsl REQUIRED)
add_library(assay_gsl INTERFACE)
target_link_libraries(assay_gsl INTERFACE ${GSL_LIBRARY} PkgConfig::OPENBLAS m)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols)
pkg_check_modules(CRITERION IMPORTED_TARGET criterion)
