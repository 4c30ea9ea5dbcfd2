# An overlay port: vcpkg install oauth-token --overlay-ports=packaging/vcpkg, from a checkout of the project.
set(SOURCE_PATH "${CURRENT_PORT_DIR}/../..")
vcpkg_check_features(OUT_FEATURE_OPTIONS choices FEATURES
  keyring OAUTH_TOKEN_KEYRING
  tool OAUTH_TOKEN_PROGRAM)
string(COMPARE EQUAL "${VCPKG_LIBRARY_LINKAGE}" "dynamic" shared)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${choices} -DOAUTH_TOKEN_TESTS=OFF -DOAUTH_TOKEN_SHARED=${shared})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME oauth_token CONFIG_PATH lib/cmake/oauth_token)
vcpkg_fixup_pkgconfig()
if("tool" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES oauth-token AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
