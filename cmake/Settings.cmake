# Flags for our own targets; third-party headers come in as SYSTEM and are not warned about.

add_library(signet_settings INTERFACE)
target_include_directories(signet_settings INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(signet_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wformat=2
  -Wextra-semi -Wno-missing-designated-field-initializers -Werror)
target_compile_definitions(signet_settings INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(signet_settings INTERFACE -fuse-ld=lld-19)

set(SIGNET_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(SIGNET_FUZZ "Build the fuzz targets with libFuzzer instead of the corpus replayer" OFF)

if(SIGNET_SANITIZE)
  add_compile_options(-fsanitize=${SIGNET_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SIGNET_SANITIZE})
endif()
if(SIGNET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=3 -fPIE)
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
