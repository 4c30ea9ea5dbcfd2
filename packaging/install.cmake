# What a developer gets: libraries, headers, and the files by which CMake and pkg-config find them.
include(CMakePackageConfigHelpers)
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/oauth_token)

set(libraries static)
install(TARGETS oauth_token EXPORT oauth_token_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
if(OAUTH_TOKEN_SHARED)
  list(APPEND libraries shared c)
  install(TARGETS oauth_token_shared_library EXPORT oauth_token_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT runtime NAMELINK_COMPONENT development)
  install(TARGETS oauth_token_c EXPORT oauth_token_c LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT c NAMELINK_COMPONENT development)
endif()
# A file of targets for each library: a distribution may leave one out.
foreach(library IN LISTS libraries)
  install(EXPORT oauth_token_${library} NAMESPACE oauth_token:: DESTINATION ${cmake_folder} FILE oauth_token-${library}.cmake
          COMPONENT development)
endforeach()
install(DIRECTORY include/oauth_token DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(keyring_module ${OAUTH_TOKEN_MODULE_DIR}/oauth_token_keyring.so)
configure_package_config_file(packaging/oauth_tokenConfig.cmake.in oauth_tokenConfig.cmake
                              INSTALL_DESTINATION ${cmake_folder} PATH_VARS keyring_module OAUTH_TOKEN_MODULE_DIR)
write_basic_package_version_file(oauth_tokenConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/oauth_tokenConfig.cmake ${PROJECT_BINARY_DIR}/oauth_tokenConfigVersion.cmake
        DESTINATION ${cmake_folder} COMPONENT development)

# The prefix is known when it is installed: `cmake --install --prefix` may name another.
foreach(name oauth_token oauth_token_c)
  set(prefix @CMAKE_INSTALL_PREFIX@)
  configure_file(packaging/${name}.pc.in ${name}.pc.in @ONLY)
  install(CODE "configure_file(\"${PROJECT_BINARY_DIR}/${name}.pc.in\" \"${PROJECT_BINARY_DIR}/${name}.pc\" @ONLY)"
          COMPONENT development)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT development)
endforeach()

include(packaging/sbom.cmake)
