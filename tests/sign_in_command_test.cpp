#include <chrono>
#include <functional>
#include <string>

#include <doctest/doctest.h>
#include <request/sign_in_command.hpp>

namespace sign_in_command_test {

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

// Of the session "work" at as.example, as a person signed in.
SessionRecord record_with(const std::function<void(SessionRecord&)>& change = {}) {
  SessionRecord record;
  record.name = "work";
  record.grant_type = "password";
  record.username = "alice";
  record.client.token_endpoint = "https://as.example/token";
  record.client.client_id = "app";
  if (change) change(record);
  return record;
}

std::string command_for(const SessionRecord& record, const ProfileFile& file = {}) {
  return sign_in_command(Settings(), file, record);
}

ProfileFile file_with(const std::string& name, decltype(Profile::values) values) {
  return {.path = "config.toml", .profiles = {{.name = name, .values = std::move(values)}}};
}

const std::string start = "oauth-token password --token-endpoint https://as.example/token --client-id app";

}  // namespace

TEST_CASE("without a profile, the command says all that the session does not have by itself") {
  struct {
    std::function<void(SessionRecord&)> change;
    std::string options;
  } const rows[] = {
      {[](SessionRecord&) {}, ""},
      {[](SessionRecord& record) { record.client.client_auth = "none"; }, ""},
      {[](SessionRecord& record) {
         record.client.client_auth = "client_secret_basic";
         record.client.client_secret = SecretFile{"/secret"};
       },
       " --client-secret-file /secret"},
      {[](SessionRecord& record) {
         record.client.client_auth = "client_secret_post";
         record.client.client_secret = SecretCommand{"pass it's"};
         record.client.basic_encoding = BasicEncoding::raw;
       },
       " --client-auth client_secret_post --basic-encoding raw --client-secret-command 'pass it'\\''s'"},
      {[](SessionRecord& record) {
         record.client.client_auth = "private_key_jwt";
         record.client.assertion = {.key = "/key", .not_before = true};
         record.client.assertion.lifetime = std::chrono::seconds(30);
       },
       " --signing-key /key --assertion-lifetime 30 --assertion-nbf"},
      {[](SessionRecord& record) {
         record.client.client_auth = "private_key_jwt";
         record.client.client_assertion = SecretFile{"/jwt"};
       },
       " --client-assertion-file /jwt"},
      {[](SessionRecord& record) {
         record.client.dpop.use = DpopUse::optional;
         record.client.headers = {{"X-Tenant", "a b"}};
         record.client.proxy = "http://alice:s3cret@proxy.example:3128";
         record.client.lenient = true;
       },
       " --dpop=optional --header 'X-Tenant: a b' --proxy http://USER:PASSWORD@proxy.example:3128 "
       "--lenient"},
  };
  for (const auto& row : rows)
    CHECK(command_for(record_with(row.change)) == start + row.options + " --username alice --session work");
  CHECK(command_for(record_with([](SessionRecord& record) {
          record.username.clear();
          record.scope = {"read", "write"};
          record.store = "file:/tokens";
          record.store_key_file = "/k";
        })) == start + " --scope read --scope write --store file:/tokens --store-key-file /k --session work");
}

TEST_CASE("another grant is a request, and the default session needs no name") {
  CHECK(command_for(record_with([](SessionRecord& record) {
          record.grant_type = "urn:x y";
          record.username.clear();
        })) ==
        "oauth-token request 'urn:x y' --token-endpoint https://as.example/token --client-id app"
        " --session work");
  CHECK(command_for(record_with([](SessionRecord& record) { record.name = "default"; })) ==
        start + " --username alice");
}

TEST_CASE("a profile of the session's name says what it says, the command the rest") {
  const auto issued = [](SessionRecord& record) { record.client.issuer = "https://as.example"; };
  CHECK(command_for(record_with(), file_with("work", {{"token-endpoint", {"https://as.example/token"}},
                                                      {"client-id", {"app"}}})) ==
        "oauth-token password work --username alice");
  CHECK(command_for(record_with(issued), file_with("work", {{"issuer", {"https://as.example"}}})) ==
        "oauth-token password work --client-id app --username alice");
  CHECK(command_for(record_with(issued), file_with("work", {{"issuer", {"https://other.example"}}})) ==
        "oauth-token password work --issuer https://as.example --client-id app --username alice");
  CHECK(command_for(record_with(), file_with("work", {{"client-id", {"app"}}, {"lenient", {"false"}}})) ==
        "oauth-token password work --token-endpoint https://as.example/token --username alice");
}

TEST_CASE("a profile that says what no option takes back is left out") {
  const ProfileFile scoped = file_with("work", {{"client-id", {"app"}}, {"scope", {"read"}}});
  CHECK(command_for(record_with(), scoped) == start + " --username alice --session work");
  const ProfileFile with_file = file_with("work", {{"client-id", {"app"}}, {"client-secret-file", {"/old"}}});
  CHECK(command_for(record_with(), with_file) == start + " --username alice --session work");
  // Another place for the same secret hides the profile's.
  CHECK(command_for(record_with([](SessionRecord& record) {
                      record.client.client_auth = "client_secret_basic";
                      record.client.client_secret = SecretCommand{"pass"};
                    }),
                    with_file) ==
        "oauth-token password work --token-endpoint https://as.example/token "
        "--client-secret-command pass --username alice");
}

TEST_CASE("the profile \"default\" counts where the session's own is missing") {
  CHECK(command_for(record_with(), file_with("default", {{"client-id", {"app"}}})) ==
        "oauth-token password --token-endpoint https://as.example/token --username alice --session work");
  CHECK(command_for(record_with(), file_with("default", {{"scope", {"read"}}})) ==
        start + " --username alice --session work");
}

TEST_CASE("a secret in the keyring is what a profile of any name says, else it comes from a file") {
  const SessionRecord kept = record_with([](SessionRecord& record) {
    record.client.client_auth = "client_secret_basic";
    record.client.client_secret = SecretInKeyring{};
  });
  decltype(Profile::values) values = {{"token-endpoint", {"https://as.example/token"}},
                                      {"client-id", {"app"}},
                                      {"client-secret-in-keyring", {"true"}}};
  CHECK(command_for(kept, file_with("work", values)) == "oauth-token password work --username alice");
  CHECK(command_for(kept, file_with("corp", values)) ==
        "oauth-token password corp --username alice --session work");
  CHECK(command_for(kept, file_with("default", values)) ==
        "oauth-token password --username alice --session work");
  const std::string from_file = start + " --username alice --client-secret-file FILE --session work";
  CHECK(command_for(kept) == from_file);
  values["client-id"] = {"another"};
  CHECK(command_for(kept, file_with("corp", values)) == from_file);
  values = {{"token-endpoint", {"https://as.example/token"}}, {"client-id", {"app"}}};
  CHECK(command_for(kept, file_with("work", values)) == from_file);
  values = {{"token-endpoint", {"https://other.example/token"}},
            {"client-id", {"app"}},
            {"client-secret-in-keyring", {"true"}}};
  CHECK(command_for(kept, file_with("corp", values)) == from_file);
}

}  // namespace sign_in_command_test
