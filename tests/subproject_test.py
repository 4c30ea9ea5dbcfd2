"""The project as a part of another one: by add_subdirectory and by FetchContent, and built to the end once."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.authorization_servers import OidcProvider

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"])
SUBDIRECTORY = f'add_subdirectory("{PROJECT}" oauth_token)'
FETCH = f"""include(FetchContent)
FetchContent_Declare(oauth_token SOURCE_DIR "{PROJECT}")
FetchContent_MakeAvailable(oauth_token)"""
HOST = """cmake_minimum_required(VERSION 3.25)
project(host LANGUAGES CXX)
enable_testing()
{take}
add_executable(host host.cpp)
target_link_libraries(host PRIVATE oauth_token::oauth_token)
oauth_token_modules_beside(host)
foreach(name CMAKE_BUILD_TYPE CMAKE_CXX_STANDARD CMAKE_CXX_EXTENSIONS CMAKE_CXX_FLAGS CMAKE_CXX_VISIBILITY_PRESET
        CMAKE_POSITION_INDEPENDENT_CODE CMAKE_RUNTIME_OUTPUT_DIRECTORY CMAKE_LIBRARY_OUTPUT_DIRECTORY
        CMAKE_EXPORT_COMPILE_COMMANDS BUILD_SHARED_LIBS BUILD_TESTING)
  message(STATUS "${{name}}=<${{${{name}}}}>")
endforeach()
"""


class Subproject(unittest.TestCase):
    def configure(self, take, *choices, folder=None, host="#include <oauth_token/session.hpp>\nint main() {}\n"):
        """(what cmake said, the folder of the build)"""
        if folder is None:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-host."))
            self.addCleanup(shutil.rmtree, folder)
        (folder / "CMakeLists.txt").write_text(HOST.format(take=take))
        (folder / "host.cpp").write_text(host)
        done = subprocess.run(
            ["cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja", "-DCMAKE_CXX_COMPILER_LAUNCHER=", *choices],
            capture_output=True, text=True, timeout=200, check=False, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, folder / "build"

    def ninja(self, build, *words):
        return subprocess.run(["ninja", "-C", build, *words], capture_output=True, text=True, timeout=60, check=True).stdout

    def test_the_host_keeps_its_own_settings_and_gets_no_tests_and_no_program(self):
        for take in (SUBDIRECTORY, FETCH):
            with self.subTest(take=take):
                said, build = self.configure(take)
                self.assertEqual([line for line in said.splitlines() if "=<" in line and not line.endswith("=<>")], [])
                self.assertNotIn("CMAKE_BUILD_TYPE:STRING=RelWithDebInfo", (build / "CMakeCache.txt").read_text())
                targets = self.ninja(build, "-t", "targets", "all")
                self.assertNotIn("_test", targets)
                self.assertNotIn("main.cpp", targets)
                self.assertNotIn("liboauth_token.so", targets)
                listed = subprocess.run(["ctest", "-N"], cwd=build, capture_output=True, text=True, check=True).stdout
                self.assertIn("Total Tests: 0", listed)

    def test_the_hosts_sources_are_compiled_with_no_option_of_ours(self):
        _, build = self.configure(SUBDIRECTORY)
        commands = json.loads(self.ninja(build, "-t", "compdb"))
        command = next(row["command"] for row in commands if row["file"].endswith("/host.cpp"))
        options = [word for word in command.split() if word.startswith("-") and word[:2] not in ("-I", "-M", "-o", "-c")]
        self.assertEqual([word for word in options if word not in ("-std=gnu++20", "-isystem")], [])

    def test_a_host_that_wants_shared_libraries_gets_one(self):
        _, build = self.configure(SUBDIRECTORY, "-DBUILD_SHARED_LIBS=ON", "-DOAUTH_TOKEN_SHARED=ON")
        self.assertIn("liboauth_token.so.0.1", self.ninja(build, "-t", "query", "host"))

    def test_a_unified_host_without_a_build_type_and_without_rtti_is_built_silently_and_gets_a_token(self):
        folder = BUILD / "subproject"  # kept, so that what has not changed is not compiled again
        folder.mkdir(exist_ok=True)
        _, build = self.configure(
            FETCH + "\nadd_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)", "-DOAUTH_TOKEN_WERROR=ON",
            "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=32",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}",
            folder=folder, host=(PROJECT / "examples/password.cpp").read_text(),
        )
        built = subprocess.run(["ninja", "-C", build, "-j", str(os.cpu_count()), "host"], capture_output=True, text=True, check=False)
        self.assertEqual(built.returncode, 0, built.stdout[-5000:])
        server = OidcProvider().start()
        self.addCleanup(server.stop)
        done = subprocess.run(
            [build / "host", server.token_endpoint, server.client_id_public, server.username, server.ca_file],
            input=server.password, capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        self.assertRegex(done.stdout, r"\A[A-Za-z0-9_-]{43}\Z", done.stderr)


if __name__ == "__main__":
    unittest.main()
