# signet_folder(NAME DEPS folders... LINKS libraries...)
#
# One folder of src/ is one static library. Files ending in _test.cc become the test program
# signet_NAME_test. DEPS are the folders whose headers may be included; tools/check_layers.py
# holds the whole table. LINKS are third-party and reach only this folder's own sources, unless
# they are listed after PUBLIC_LINKS because a header of the folder shows their types.
include(GoogleTest)

function(signet_folder name)
  cmake_parse_arguments(ARG "" "" "DEPS;LINKS;PUBLIC_LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  list(TRANSFORM ARG_DEPS PREPEND signet_)
  add_library(signet_${name} STATIC ${sources})
  target_link_libraries(signet_${name} PUBLIC signet_settings ${ARG_DEPS} ${ARG_PUBLIC_LINKS}
                                       PRIVATE ${ARG_LINKS})
  if(tests)
    add_executable(signet_${name}_test ${tests})
    target_link_libraries(signet_${name}_test PRIVATE signet_${name} ${ARG_LINKS} GTest::gmock
                                                      GTest::gtest_main Threads::Threads)
    # Tests are half of what there is to compile. What they test is as shipped all the same.
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
      target_compile_options(signet_${name}_test PRIVATE -O0 -g0 -U_FORTIFY_SOURCE)
    endif()
    gtest_discover_tests(signet_${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
                         DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit)
  endif()
endfunction()
