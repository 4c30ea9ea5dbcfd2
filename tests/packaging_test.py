"""What `cmake --install` puts into a prefix is all that a user needs: the program, and the library for a project of theirs."""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile
import unittest

from support.authorization_servers import OidcProvider

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"])


def run(*command, environment=None, input=b"", with_errors=False):
    done = subprocess.run(
        [str(word) for word in command], env=environment, input=input, capture_output=True, timeout=200, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with status {done.returncode}\n{(done.stdout + done.stderr).decode()}")
    return (done.stdout + (done.stderr if with_errors else b"")).decode()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-package."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.server = OidcProvider().start()
        cls.addClassCleanup(cls.server.stop)

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def test_the_program_runs_from_where_it_was_installed(self):
        program = self.prefix / "bin" / "oauth-token"
        self.assertRegex(run(program, "--version", environment=self.environment()), r"\d+\.\d+\.\d+")
        token = run(
            program, "password", "--issuer", self.server.issuer, "--cacert", self.server.ca_file, "--client-id",
            self.server.client_id_public, "--username", self.server.username, "--password-stdin", "--store", "none",
            environment=self.environment(), input=self.server.password.encode(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\n\Z")

    def test_the_completions_are_those_that_the_program_prints(self):
        program = self.prefix / "bin" / "oauth-token"
        for shell, place in (
            ("bash", "bash-completion/completions/oauth-token"),
            ("zsh", "zsh/*/_oauth-token"),
            ("fish", "fish/vendor_completions.d/oauth-token.fish"),
        ):
            printed = run(program, "completion", shell, environment=self.environment())
            self.assertEqual([path.read_text() for path in (self.prefix / "share").glob(place)], [printed], place)

    def test_the_manual_is_where_man_looks(self):
        for page in ("oauth-token.1", "oauth-token-profile-set.1", "oauth_token.3", "oauth-token-profile.5"):
            self.assertTrue((self.prefix / "share" / "man" / f"man{page[-1]}" / page).is_file(), page)
        found = run("man", "-M", self.prefix / "share" / "man", "-w", "oauth-token-password")
        self.assertEqual(found.strip(), str(self.prefix / "share" / "man" / "man1" / "oauth-token-password.1"))

    def test_what_is_installed_is_hardened_and_says_what_it_is_made_of(self):
        alone = self.folder / "alone"  # other tests add their programs to the prefix
        run("cmake", "--install", BUILD, "--prefix", alone)
        run(PROJECT / "packaging/contents.py", alone)

    def test_every_file_of_a_release_is_compiled_with_the_hardening_options(self):
        kind = re.search("^CMAKE_BUILD_TYPE:.*=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M)[1]
        wanted = {"-fstack-protector-strong", "-D_GLIBCXX_ASSERTIONS"}
        if platform.machine() in ("x86_64", "aarch64"):
            wanted.add("-fcf-protection" if platform.machine() == "x86_64" else "-mbranch-protection=standard")
        if kind not in ("", "Debug"):
            wanted.add("-D_FORTIFY_SOURCE=3")
        rows = json.loads((BUILD / "compile_commands.json").read_text())
        rows = [row for row in rows if pathlib.Path(row["file"]).relative_to(PROJECT).parts[0] in ("lib", "cli")]
        self.assertGreater(len(rows), 100)
        for row in rows:
            self.assertLessEqual(wanted, set(row["command"].split()), row["file"])

    def build(self, source, name, *choices):
        """The folder of a project that was built against the prefix."""
        folder = self.folder / name
        run("cmake", "-S", source, "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", *choices)
        run("cmake", "--build", folder)
        return folder

    def request_a_token(self, program, server):
        token = run(
            program, server, self.server.client_id_public, self.server.username, self.server.ca_file,
            environment=self.environment(), input=self.server.password.encode(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\Z")

    def keep_a_token(self, program):
        state = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        said = run(
            program, self.server.issuer, self.server.client_id_public, self.server.username, state, self.server.ca_file,
            environment=self.environment(), input=self.server.password.encode(),
        )
        self.assertEqual(said, "a Bearer token of 43 bytes\n")

    def libraries(self, program):
        """Those of ours that it is linked to."""
        return set(re.findall(r"NEEDED.*\[(liboauth.*)\]", run("readelf", "-d", program)))

    def test_the_examples_build_and_run_against_the_installed_library(self):
        examples = self.build(PROJECT / "examples", "examples")
        self.assertEqual(self.libraries(examples / "password"), {"liboauth_token.so.0.1"})
        self.assertEqual(self.libraries(examples / "c_api"), {"liboauth_token_c.so.0"})
        self.request_a_token(examples / "password", self.server.token_endpoint)
        self.request_a_token(examples / "c_api", self.server.issuer)
        self.keep_a_token(examples / "own_store")
        token = run(
            examples / "client_assertion", self.server.issuer, "es256-client", self.server.key_es256,
            self.server.ca_file, environment=self.environment(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\Z")
        printed = run(
            self.prefix / "bin" / "async", self.server.token_endpoint, self.server.client_id,
            environment={**self.environment(), "CLIENT_SECRET": self.server.client_secret,
                         "SSL_CERT_FILE": self.server.ca_file},
        )
        self.assertEqual(printed, "10 tokens, 0 failures\n")

    def test_programs_without_run_time_type_information_link_the_static_library(self):
        # Programs in the prefix find its modules beside them.
        self.build(
            PROJECT / "examples", "static", "-Doauth_token_USE_STATIC_LIBS=ON", "-DCMAKE_CXX_FLAGS=-fno-rtti",
            f"-DCMAKE_RUNTIME_OUTPUT_DIRECTORY={self.prefix}/bin",
        )
        self.assertEqual(self.libraries(self.prefix / "bin/own_store"), set())
        self.keep_a_token(self.prefix / "bin/own_store")

    def test_a_program_elsewhere_with_the_static_library_has_its_modules_beside_it(self):
        project = self.folder / "elsewhere"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            f"""cmake_minimum_required(VERSION 3.25)
            project(app LANGUAGES CXX)
            set(oauth_token_USE_STATIC_LIBS ON)
            find_package(oauth_token 0.1 REQUIRED)
            add_executable(own_store {PROJECT}/examples/own_store.cpp)
            target_link_libraries(own_store PRIVATE oauth_token::oauth_token)
            oauth_token_modules_beside(own_store)
            """
        )
        program = self.build(project, "elsewhere-build") / "own_store"
        self.keep_a_token(program)
        next(program.parent.glob("oauth-token-*")).unlink()
        done = subprocess.run([program, self.server.issuer, "c", "u", self.folder, self.server.ca_file], input=b"x",
                              env=self.environment(), capture_output=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr.decode(), 'The module "[a-z]+" cannot be loaded: there is no /.*, nor /')

    def test_components_are_found_as_far_as_they_were_built(self):
        project = self.folder / "components"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            """cmake_minimum_required(VERSION 3.25)
            project(app LANGUAGES CXX)
            find_package(oauth_token 0.1 QUIET COMPONENTS ${wanted})
            message("found: ${oauth_token_FOUND}")
            """
        )
        for wanted, found in (("", "1"), ("keyring", "1"), ("keyring;c;shared;static", "1"), ("pigeon", "0")):
            said = run("cmake", "-S", project, "-B", project / "build", f"-Dwanted={wanted}",
                       f"-DCMAKE_PREFIX_PATH={self.prefix}", with_errors=True)
            self.assertIn(f"found: {found}", said, wanted)

    def test_pkg_config_links_either_library(self):
        folder = next(self.prefix.glob("lib*/**/pkgconfig"))
        environment = {**self.environment(), "PKG_CONFIG_PATH": str(folder)}
        for package, compile_it, server in (
            ("oauth_token", ["c++", "-std=c++20", "password.cpp"], self.server.token_endpoint),
            ("oauth_token_c", ["cc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", "c_api.c"], self.server.issuer),
        ):
            with self.subTest(package=package):
                *compiler, source = compile_it
                flags = run("pkg-config", "--cflags", "--libs", package, environment=environment).split()
                program = self.folder / package
                run(*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", PROJECT / "examples" / source, "-o", program,
                    *flags, f"-Wl,-rpath,{folder.parent}")
                self.request_a_token(program, server)

    def test_pkg_config_links_the_static_library_alone(self):
        folder = next(self.prefix.glob("lib*/**/pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "--static", "oauth_token",
                    environment={**self.environment(), "PKG_CONFIG_PATH": str(folder)}).split()
        alone = self.folder / "alone"
        alone.mkdir()
        shutil.copy(folder.parent / "liboauth_token.a", alone)
        program = self.prefix / "bin" / "static_password"
        run("c++", "-std=c++20", PROJECT / "examples/password.cpp", "-o", program, f"-L{alone}", *flags)
        self.assertEqual(self.libraries(program), set())
        self.request_a_token(program, self.server.token_endpoint)

    def test_pkg_config_links_the_shared_libraries(self):
        folder = next(self.prefix.glob("lib*/**/pkgconfig"))
        for package, compiler, source, place in (
            ("oauth_token", ("c++", "-std=c++20"), "password.cpp", self.server.token_endpoint),
            ("oauth_token_c", ("cc", "-std=c99"), "c_api.c", self.server.issuer),
        ):
            flags = run("pkg-config", "--cflags", "--libs", package,
                        environment={**self.environment(), "PKG_CONFIG_PATH": str(folder)}).split()
            program = self.folder / package
            run(*compiler, PROJECT / "examples" / source, "-o", program, *flags, f"-Wl,-rpath,{folder.parent}")
            self.assertEqual({name.partition(".")[0] for name in self.libraries(program)}, {f"lib{package}"})
            self.request_a_token(program, place)

    def test_the_shared_library_exports_public_names_and_nothing_else(self):
        library = next(self.prefix.glob("lib*/**/liboauth_token.so.0.1"))
        listed = [line.split(" ", 2)[2] for line in run("nm", "-DC", "--defined-only", library).splitlines()]
        decoration = r"^(typeinfo|typeinfo name|vtable) for |(\[abi:|\(|@@).*"
        names = {re.sub(decoration, "", name) for name in listed if not name.startswith("OAUTH_TOKEN_")}
        self.assertGreater(len(names), 100)
        texts = {path.name: path.read_text() for path in (self.prefix / "include/oauth_token").glob("*.hpp")}
        self.assertEqual([name for name in texts if "#pragma GCC visibility push(default)" not in texts[name]], [])
        headers = "".join(texts.values())
        for name in sorted(names):
            own = name.split("::")[-1].lstrip("~")
            self.assertTrue(name.startswith("oauth_token::") and re.search(rf"\b{re.escape(own)}", headers), name)

    def test_each_public_header_compiles_alone_with_the_flags_of_pkg_config(self):
        flags = run(
            "pkg-config", "--cflags", "oauth_token",
            environment={**self.environment(), "PKG_CONFIG_PATH": str(next(self.prefix.glob("lib/**/pkgconfig")))},
        ).split()
        headers = sorted((self.prefix / "include" / "oauth_token").glob("*.hpp"))
        self.assertGreater(len(headers), 5)
        for header in headers:
            with self.subTest(header=header.name):
                run("c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", *flags,
                    "-include", header, "-x", "c++", "/dev/null")


class Recipes(unittest.TestCase):
    """Those of other systems."""

    def read(self, name):
        return (PROJECT / name).read_text()

    def test_each_has_the_version_of_the_project(self):
        version = re.search(r"project\(oauth_token VERSION (\S+)", self.read("CMakeLists.txt"))[1]
        for name, place in (
            ("arch/PKGBUILD", "pkgver=(.*)"), ("conan/conanfile.py", 'version = "(.*)"'),
            ("deb/changelog", r"oauth-token \((.*)-"), ("homebrew/oauth-token.rb", r"oauth-token-(.*)\.tar"),
            ("rpm/oauth-token.spec", "Version: +(.*)"), ("vcpkg/vcpkg.json", '"version": "(.*)"'),
        ):
            self.assertEqual(re.search(place, self.read("packaging/" + name))[1], version, name)
        interface = version.rpartition(".")[0]
        self.assertIn(f"Package: liboauth-token{interface}\n", self.read("packaging/deb/control"))
        self.assertIn(f"%global interface {interface}\n", self.read("packaging/rpm/oauth-token.spec"))

    def test_each_chooses_among_options_that_there_are(self):
        there = set(re.findall(r"^(?:option|set)\((OAUTH_TOKEN_\w+)", self.read("CMakeLists.txt"), re.M))
        for name in ("arch/PKGBUILD", "conan/conanfile.py", "deb/rules", "homebrew/oauth-token.rb", "rpm/oauth-token.spec",
                     "vcpkg/portfile.cmake"):
            chosen = set(re.findall(r"OAUTH_TOKEN_\w+", self.read("packaging/" + name)))
            self.assertTrue(chosen and chosen <= there, (name, chosen - there))

    def test_each_asks_for_what_the_build_looks_for_and_nothing_more(self):
        looked_for = {"boost", "curl", "openssl", "libsecret", "expected", "tomlplusplus"}
        self.assertEqual(
            {name.lower() for name in re.findall(r"find_package\((\w[\w-]*)", self.read("CMakeLists.txt"))}
            - {"threads", "pkgconfig"} | {"libsecret"},
            {name.replace("expected", "tl-expected") for name in looked_for},
        )
        every = looked_for | {"json"}
        for name, asking in (
            ("arch/PKGBUILD", r"depends=\((.*)\)"), ("conan/conanfile.py", r'requires\("(.*)/'),
            ("deb/control", r"Build-Depends:((?:.*,\n)+.*)"), ("homebrew/oauth-token.rb", 'depends_on "(.*)"'),
            ("rpm/oauth-token.spec", "BuildRequires: +(.*)"), ("vcpkg/vcpkg.json", '"dependencies": ((?s:.*))'),
        ):
            asked = " ".join(re.findall(asking, self.read("packaging/" + name))).replace("libssl", "openssl")
            wanted = looked_for - ({"tomlplusplus"} if name.startswith("conan") else set())
            self.assertEqual({part for part in every if part in asked}, wanted, name)


if __name__ == "__main__":
    unittest.main()
