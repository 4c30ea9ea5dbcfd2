#include <oauth_token/error.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <profile/profile_edit.hpp>
#include <profile/toml_profiles.hpp>

namespace profile_edit_test {

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

std::string set(const std::string& text, const std::vector<ProfileSetting>& settings,
                const std::string& profile = "work") {
  const auto edited = text_with_settings(text, "c.toml", profile, settings);
  return edited ? *edited : edited.error().message;
}

std::string without(const std::string& text, const std::string& profile = "work") {
  const auto edited = text_without_profile(text, "c.toml", profile);
  return edited ? *edited : edited.error().message;
}

const ProfileSetting client{.key = "client-id", .values = {"new"}};
const ProfileSetting no_client{.key = "client-id"};

}  // namespace

TEST_CASE("a value is replaced where it stands, whatever is around it") {
  struct {
    std::string_view before, after;
  } const rows[] = {
      {"[profiles.work]\nclient-id = \"old\" # why\n", "[profiles.work]\nclient-id = \"new\" # why\n"},
      {"[profiles.work]\r\nclient-id='old'\r\nx=1\r\n", "[profiles.work]\r\nclient-id=\"new\"\r\nx=1\r\n"},
      {"[profiles.work]\n\t\"client-id\"  =  'old'", "[profiles.work]\n\t\"client-id\"  =  \"new\""},
      {"[ profiles . 'work' ] # é\nx = \"é🔑\"\nclient-id = \"é\" # é\n",
       "[ profiles . 'work' ] # é\nx = \"é🔑\"\nclient-id = \"new\" # é\n"},
      {"[profiles.work]\nclient-id = \"\"\"\nold\n[profiles.work]\n\"\"\" # c\ny = 1\n",
       "[profiles.work]\nclient-id = \"new\" # c\ny = 1\n"},
      {"[profiles.work]\nclient-id = [\n  \"a\", # one\n  \"]\",\n]\ny = 1\n",
       "[profiles.work]\nclient-id = \"new\"\ny = 1\n"},
      {"[profiles]\nwork = { a = 1, client-id = 'old', b = [1, 2] }\n",
       "[profiles]\nwork = { a = 1, client-id = \"new\", b = [1, 2] }\n"},
      {"profiles = { work = { client-id = 'old' } }\n", "profiles = { work = { client-id = \"new\" } }\n"},
      {"[profiles]\nwork.client-id = 'old'\nother.client-id = 'o'\n",
       "[profiles]\nwork.client-id = \"new\"\nother.client-id = 'o'\n"},
      {"profiles.work.client-id = 'old'\n", "profiles.work.client-id = \"new\"\n"},
      {"\xef\xbb\xbf[profiles.work]\nclient-id = 'old'\n",
       "\xef\xbb\xbf[profiles.work]\nclient-id = \"new\"\n"},
      {"[profiles.\"my.work\"]\nclient-id = 'o'\n[profiles.work]\nclient-id = 'old'\n",
       "[profiles.\"my.work\"]\nclient-id = 'o'\n[profiles.work]\nclient-id = \"new\"\n"},
  };
  for (const auto& row : rows) CHECK(set(std::string(row.before), {client}) == row.after);
}

TEST_CASE("a value that is the same already is left as it is written") {
  const std::string text = "[profiles.work]\nclient-id = '''new''' # why\nscope = [ 'a',\n 'b' ]\n";
  CHECK(set(text, {client, {.key = "scope", .values = {"a", "b"}, .form = ValueForm::list}}) == text);
}

TEST_CASE("a new key comes behind the last one of its profile") {
  struct {
    std::string_view before, after;
  } const rows[] = {
      {"[profiles.work]\na = 1 # one\n\n# about other\n[profiles.other]\nb = 1\n",
       "[profiles.work]\na = 1 # one\nclient-id = \"new\"\n\n# about other\n[profiles.other]\nb = 1\n"},
      {"[profiles.work]\na = 1", "[profiles.work]\na = 1\nclient-id = \"new\""},
      {"[profiles.work]\r\n  a = [\r\n    1,\r\n  ] # end\r\n",
       "[profiles.work]\r\n  a = [\r\n    1,\r\n  ] # end\r\n  client-id = \"new\"\r\n"},
      {"[profiles.work]\n", "[profiles.work]\nclient-id = \"new\"\n"},
      {"[profiles.work] # nothing yet", "[profiles.work] # nothing yet\nclient-id = \"new\""},
      {"\xef\xbb\xbf[profiles.work]\n", "\xef\xbb\xbf[profiles.work]\nclient-id = \"new\"\n"},
      {"[profiles]\nwork = {a=1}\n", "[profiles]\nwork = {a=1, client-id = \"new\"}\n"},
      {"[profiles]\nwork = {}\n", "[profiles]\nwork = { client-id = \"new\" }\n"},
      {"[profiles]\nwork.a = 1 # x\nother.a = 1\n",
       "[profiles]\nwork.a = 1 # x\nwork.client-id = \"new\"\nother.a = 1\n"},
      {"profiles.\"work\".a = 1\n", "profiles.\"work\".a = 1\nprofiles.\"work\".client-id = \"new\"\n"},
  };
  for (const auto& row : rows) CHECK(set(std::string(row.before), {client}) == row.after);
}

TEST_CASE("a new profile comes last, its name quoted where it must be") {
  CHECK(set("", {client}) == "[profiles.work]\nclient-id = \"new\"\n");
  CHECK(set("# mine", {client}) == "# mine\n\n[profiles.work]\nclient-id = \"new\"\n");
  CHECK(set("[profiles.a]\r\nx = 1\r\n", {client}) ==
        "[profiles.a]\r\nx = 1\r\n\r\n[profiles.work]\r\nclient-id = \"new\"\r\n");
  CHECK(set("[profiles.a]\n\n", {client, no_client, {.key = "a", .values = {"1"}}}, "my.\"work\"") ==
        "[profiles.a]\n\n[profiles.\"my.\\\"work\\\"\"]\na = \"1\"\n");
  CHECK(set("", {}) == "[profiles.work]\n");
}

TEST_CASE("a key is removed with its lines, between braces with its comma") {
  struct {
    std::string_view before, after;
  } const rows[] = {
      {"[profiles.work]\n# about a\na = 1\n# about the client\nclient-id = [ # c\n 1,\n 2 ] # d\nb = 1\n",
       "[profiles.work]\n# about a\na = 1\n# about the client\nb = 1\n"},
      {"[profiles.work]\r\nclient-id = 1\r\n", "[profiles.work]\r\n"},
      {"[profiles.work]\na = 1\nclient-id = 1", "[profiles.work]\na = 1\n"},
      {"[profiles]\nwork = { client-id = 1, a = 1 }", "[profiles]\nwork = { a = 1 }"},
      {"[profiles]\nwork = { a = 1, client-id = 1 }", "[profiles]\nwork = { a = 1 }"},
      {"[profiles]\nwork = { a = 1, client-id = [1,2] , b = 1 }", "[profiles]\nwork = { a = 1, b = 1 }"},
      {"[profiles]\nwork = {client-id=1}", "[profiles]\nwork = {}"},
      {"[profiles]\nwork.client-id = 1\nother.a = 1\n", "[profiles]\nother.a = 1\n"},
      {"[profiles.work]\na = 1\n", "[profiles.work]\na = 1\n"},
  };
  for (const auto& row : rows) CHECK(set(std::string(row.before), {no_client}) == row.after);
}

TEST_CASE("several keys are set and removed at once") {
  const std::vector<ProfileSetting> settings{
      {.key = "a"},
      {.key = "scope", .values = {"x y", "z"}, .form = ValueForm::list},
      {.key = "b"},
      {.key = "timeout", .values = {"30"}, .form = ValueForm::integer},
      {.key = "lenient", .values = {"true"}, .form = ValueForm::boolean}};
  CHECK(set("[profiles.work]\na = 1\nb = 2\n", settings) ==
        "[profiles.work]\nscope = [\"x y\", \"z\"]\ntimeout = 30\nlenient = true\n");
  CHECK(set("[profiles]\nwork = {a = 1, b = 2}\n", settings) ==
        "[profiles]\nwork = {scope = [\"x y\", \"z\"], timeout = 30, lenient = true}\n");
  CHECK(set("[profiles]\nwork.a = 1\nwork.b = 2\n", settings) ==
        "[profiles]\nwork.scope = [\"x y\", \"z\"]\nwork.timeout = 30\nwork.lenient = true\n");
}

TEST_CASE("any UTF-8 survives being written and read") {
  for (const std::string value :
       {"", "pä$$w+rd &=%20\"é", "a\\b\"c'd", "two\nlines\r\n\ttab", "\x01\x7f", "🔑 # no comment",
        "'''\"\"\"", "= ]", "007", "-0", "99999999999999999999", "TRUE"}) {
    for (const ValueForm form : {ValueForm::text, ValueForm::integer, ValueForm::boolean, ValueForm::list}) {
      const auto text = text_with_settings("", "c.toml", "work", {{"client-id", {value}, form}});
      REQUIRE(text);
      const auto read = parse_profiles(*text, "c.toml");
      REQUIRE(read);
      CHECK(read->profiles.at(0).keys.at(0).values == std::vector<std::string>{value});
    }
  }
}

TEST_CASE("a profile is removed from its header to its last key, comments around it stay") {
  struct {
    std::string_view before, after;
  } const rows[] = {
      {"# top\n\n[profiles.a]\nx = 1\n\n[profiles.work]\nx = 1\n# in it\ny = [\n1]\n\n# about "
       "b\n[profiles.b]\nx = 1\n",
       "# top\n\n[profiles.a]\nx = 1\n\n# about b\n[profiles.b]\nx = 1\n"},
      {"[profiles.a]\nx = 1\n\n[profiles.work]\nx = 1\n", "[profiles.a]\nx = 1\n"},
      {"[profiles.a]\r\nx = 1\r\n\r\n[profiles.work]\r\nx = 1\r\n", "[profiles.a]\r\nx = 1\r\n"},
      {"[profiles.work]\nx = 1\n[profiles.b]\n", "[profiles.b]\n"},
      {"[profiles.work]", ""},
      {"[profiles]\nwork = { a = 1 } # c\nb = {}\n", "[profiles]\nb = {}\n"},
      {"profiles = { a = {}, work = {x=1}, b = {} }\n", "profiles = { a = {}, b = {} }\n"},
      {"[profiles]\nwork.a = 1\nb.a = 1\nwork.b = [\n1]\n", "[profiles]\nb.a = 1\n"},
      {"[profiles.\"work.x\"]\n[profiles.work]\n[profiles.\"x.work\"]\n",
       "[profiles.\"work.x\"]\n[profiles.\"x.work\"]\n"},
  };
  for (const auto& row : rows) CHECK(without(std::string(row.before)) == row.after);
  CHECK(without("[profiles.a]\n") == "c.toml holds no profile \"work\".");
}

TEST_CASE("setting a new profile and removing it gives the same bytes back") {
  for (const std::string text : {"", "# c\n", "[profiles.a]\nx = 1\n", "[profiles.a]\r\nx = 1\r\n"})
    CHECK(without(set(text, {client})) == text);
}

TEST_CASE("what cannot be edited stays untouched") {
  CHECK(set("profiles = { a = {} }\n", {client}) ==
        "c.toml is written in a form that this program does not edit.");
}

TEST_CASE("10 000 lines are edited in place") {
  std::string before;
  for (int i = 0; i < 2500; ++i)
    before += "# comment " + std::to_string(i) + "\n[profiles.p" + std::to_string(i) +
              "]\nissuer = \"https://as" + std::to_string(i) + ".example\"\n\n";
  std::string after = before;
  const std::string line = "issuer = \"https://as1234.example\"\n";
  after.insert(after.find(line) + line.size(), "client-id = \"new\"\n");
  CHECK((set(before, {client}, "p1234") == after));
}

TEST_CASE("a text that is no configuration is refused by line, without its values") {
  struct {
    std::string_view text, message;
  } const rows[] = {
      {"[profiles.work]\nx = secret\n", "c.toml is not written in TOML at line 2, column 5."},
      {"[profiles.work]\nx = \"secret\n", "c.toml is not written in TOML at line 2, column 12."},
      {"[profiles.work]\nx = 1\n[profiles.work]\n", "c.toml is not written in TOML at line 3, column 1."},
      {"[profiles.work]\nx = \"\xff\"\n", "c.toml is not written in TOML at line 2, column 5."},
      {"issuer = 'x'\n", "c.toml, line 1: no such setting: \"issuer\"."},
      {"profiles = 1\n", "c.toml, line 1: no such setting: \"profiles\"."},
      {"[[profiles]]\n", "c.toml, line 1: no such setting: \"profiles\"."},
      {"[profiles]\nwork = 1\n", "c.toml, line 2: \"work\" is no table."},
      {"[profiles.work]\nx = 1.5\n", "c.toml, line 2: \"x\" has a value of the wrong type."},
      {"[profiles.work]\nx = 2020-01-01\n", "c.toml, line 2: \"x\" has a value of the wrong type."},
      {"[profiles.work]\nx = [[1]]\n", "c.toml, line 2: \"x\" has a value of the wrong type."},
      {"[profiles.work.sub]\nx = 1\n", "c.toml, line 1: \"sub\" has a value of the wrong type."},
      {"[profiles.work]\n\"a\\u001b\" = {}\n", "c.toml, line 2: \"a\\x1b\" has a value of the wrong type."},
  };
  for (const auto& row : rows) {
    const auto read = parse_profiles(row.text, "c.toml");
    REQUIRE(!read);
    CHECK(read.error().error_class == ErrorClass::config);
    CHECK(read.error().message == row.message);
    CHECK(!read.error().hint.empty());
    CHECK(read.error().hint.find("secret") == std::string::npos);
  }
}

}  // namespace profile_edit_test
