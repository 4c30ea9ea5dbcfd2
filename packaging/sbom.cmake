# What the packages are made of (SPDX 2.3), with the versions that this build has found.
set(components "")
set(relationships "")
function(oauth_token_component name version license how)
  string(APPEND components [[,
    {
      "SPDXID": "SPDXRef-]] "${name}" [[",
      "name": "]] "${name}" [[",
      "versionInfo": "]] "${version}" [[",
      "downloadLocation": "NOASSERTION",
      "filesAnalyzed": false,
      "licenseConcluded": "]] "${license}" [[",
      "licenseDeclared": "]] "${license}" [[",
      "copyrightText": "NOASSERTION"
    }]])
  string(APPEND relationships [[,
    {
      "spdxElementId": "SPDXRef-oauth-token",
      "relationshipType": "]] "${how}" [[",
      "relatedSpdxElement": "SPDXRef-]] "${name}" [["
    }]])
  set(components "${components}" PARENT_SCOPE)
  set(relationships "${relationships}" PARENT_SCOPE)
endfunction()

oauth_token_component(libcurl "${CURL_VERSION_STRING}" curl DYNAMIC_LINK)
oauth_token_component(openssl "${OPENSSL_VERSION}" Apache-2.0 DYNAMIC_LINK)
if(OAUTH_TOKEN_KEYRING)
  oauth_token_component(libsecret "${libsecret_VERSION}" LGPL-2.1-or-later DYNAMIC_LINK)
  pkg_check_modules(glib QUIET glib-2.0)
  oauth_token_component(glib "${glib_VERSION}" LGPL-2.1-or-later DYNAMIC_LINK)
endif()
oauth_token_component(tl-expected "${tl-expected_VERSION}" CC0-1.0 STATIC_LINK)
oauth_token_component(boost "${Boost_VERSION_STRING}" BSL-1.0 STATIC_LINK)
set(libstdcxx_version ${CMAKE_CXX_COMPILER_VERSION})
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -x c++ -std=c++20 -E -dM -include version /dev/null OUTPUT_VARIABLE macros)
  string(REGEX REPLACE ".*_GLIBCXX_RELEASE ([0-9]+).*" "\\1" libstdcxx_version "${macros}")
endif()
oauth_token_component(libstdcxx "${libstdcxx_version}" "GPL-3.0-or-later WITH GCC-exception-3.1" STATIC_LINK)
if(OAUTH_TOKEN_PROGRAM)
  oauth_token_component(tomlplusplus "${tomlplusplus_VERSION}" MIT STATIC_LINK)
endif()

# The same sources give the same bytes, so without SOURCE_DATE_EPOCH the time is the beginning of it.
set(clock $ENV{SOURCE_DATE_EPOCH})
if(NOT clock)
  set(ENV{SOURCE_DATE_EPOCH} 0)
endif()
string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
if(NOT clock)
  unset(ENV{SOURCE_DATE_EPOCH})
endif()
# Each list has a name of its own, which its content gives.
string(UUID identity NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 TYPE SHA1
       NAME "${PROJECT_VERSION} ${created} ${components}")
configure_file(packaging/sbom.spdx.json.in sbom.spdx.json @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sbom.spdx.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/${OAUTH_TOKEN_MODULES} COMPONENT runtime)
