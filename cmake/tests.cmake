# assay_test(NAME source... LIBRARIES...): one Criterion program, one CTest test. The first argument
# after the name is its source file, what follows is linked.
#
# Criterion passes a test that leaks, so every test also fails on what a sanitizer prints. Each
# leaves its results in <build>/tap/<name>.tap, where tests/run counts them.

function(assay_test name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE assay_options ${ARGN} PkgConfig::CRITERION)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/tap)
  add_test(NAME ${name} COMMAND ${name} --quiet -j1 --tap=${CMAKE_BINARY_DIR}/tap/${name}.tap)
  assay_test_properties(${name})
endfunction()

# assay_script_test(NAME script args...): a program of its own; its exit status is its verdict.
function(assay_script_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "ASSAY_BIN=${CMAKE_BINARY_DIR}/bin")
  assay_test_properties(${name})
endfunction()

function(assay_test_properties name)
  set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION "Sanitizer:|runtime error:"
                                          TIMEOUT 300)
endfunction()
