# cmake -P dry_run.cmake FOLDER: runs the portfile with stand-ins for vcpkg's functions, for several choices of features and
# linkage, and configures the project in FOLDER with the options that come of it.
cmake_minimum_required(VERSION 3.25)
math(EXPR last "${CMAKE_ARGC} - 1")
set(folder ${CMAKE_ARGV${last}})
set(CURRENT_PORT_DIR ${CMAKE_CURRENT_LIST_DIR})
file(READ ${CURRENT_PORT_DIR}/vcpkg.json manifest)

function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 asked "" OUT_FEATURE_OPTIONS FEATURES)
  while(asked_FEATURES)
    list(POP_FRONT asked_FEATURES feature option)
    string(JSON description GET "${manifest}" features ${feature} description)  # an error where there is none
    if(feature IN_LIST FEATURES)
      list(APPEND options -D${option}=ON)
    else()
      list(APPEND options -D${option}=OFF)
    endif()
  endwhile()
  set(${asked_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 asked "" SOURCE_PATH OPTIONS)
  file(REMOVE_RECURSE ${folder})
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${asked_SOURCE_PATH} -B ${folder} -G Ninja -DCMAKE_BUILD_TYPE=Release
            -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_BINDIR=bin ${asked_OPTIONS}
    OUTPUT_QUIET ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  if(said)
    message(FATAL_ERROR "With ${asked_OPTIONS}, CMake says:\n${said}")
  endif()
endfunction()

# What the portfile takes from the installation has to be in it.
function(require_installed text)
  file(GLOB_RECURSE scripts ${folder}/cmake_install.cmake)
  foreach(script IN LISTS scripts)
    file(READ ${script} content)
    if(content MATCHES "${text}")
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "With the features \"${FEATURES}\", nothing is installed as ${text}.")
endfunction()

function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 asked "" "PACKAGE_NAME;CONFIG_PATH" "")
  require_installed(/${asked_CONFIG_PATH}\".*/${asked_PACKAGE_NAME}Config\\.cmake\")
endfunction()

function(vcpkg_fixup_pkgconfig)
  require_installed(/lib/pkgconfig\")
endfunction()

function(vcpkg_copy_tools)
  cmake_parse_arguments(PARSE_ARGV 0 asked AUTO_CLEAN "" TOOL_NAMES)
  foreach(name IN LISTS asked_TOOL_NAMES)
    require_installed(/bin/${name}\")
  endforeach()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 asked "" "" FILE_LIST)
  file(COPY ${asked_FILE_LIST} DESTINATION ${folder})
endfunction()

function(vcpkg_cmake_install)
endfunction()

set(CURRENT_PACKAGES_DIR ${folder}/package)
foreach(choice "" "keyring" "keyring;tool")
  foreach(VCPKG_LIBRARY_LINKAGE static dynamic)
    set(FEATURES ${choice})
    include(${CURRENT_PORT_DIR}/portfile.cmake)
  endforeach()
endforeach()
