"""conan create packaging/conan -s compiler.cppstd=20, from a checkout of the project.

The modules are in lib/oauth-token-0.1. A shared library finds them beside it; a program that is linked to the static one, and
goes elsewhere, takes them along beside itself.
"""

import pathlib

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.gnu import PkgConfigDeps

PARTS = ("CMakeLists.txt", "LICENSE", "include/*", "lib/*", "cli/*", "packaging/*")


class OauthToken(ConanFile):
    name = "oauth-token"
    version = "0.1.0"
    license = "MIT"
    description = "Exchange a user name and password for an OAuth 2.0 token, and keep it safely"
    topics = ("oauth2", "authentication", "keyring")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "keyring": [True, False]}
    default_options = {"shared": False, "keyring": True, "libcurl/*:with_ssl": "openssl"}

    def export_sources(self):
        top = pathlib.Path(self.recipe_folder).parent.parent
        for part in PARTS:
            copy(self, part, str(top), self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("oauth-token is for Linux")
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("tl-expected/[>=1.0]", transitive_headers=True)
        self.requires("boost/[>=1.74]", headers=True, libs=False, visible=False)
        # What the modules are linked to, and nobody else needs to be.
        self.requires("libcurl/[>=7.88]", transitive_libs=False)
        self.requires("openssl/[>=3.0]", transitive_libs=False)
        if self.options.keyring:
            self.requires("libsecret/[>=0.20]", transitive_libs=False)

    def generate(self):
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()  # libsecret is looked for by pkg-config
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["OAUTH_TOKEN_PROGRAM"] = False
        toolchain.cache_variables["OAUTH_TOKEN_TESTS"] = False
        toolchain.cache_variables["OAUTH_TOKEN_SHARED"] = bool(self.options.shared)
        toolchain.cache_variables["OAUTH_TOKEN_KEYRING"] = bool(self.options.keyring)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, str(pathlib.Path(self.package_folder) / "licenses"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "oauth_token")
        self.cpp_info.set_property("cmake_target_name", "oauth_token::oauth_token")
        self.cpp_info.set_property("pkg_config_name", "oauth_token")
        self.cpp_info.libs = ["oauth_token"]
        self.cpp_info.system_libs = ["dl", "pthread"]
