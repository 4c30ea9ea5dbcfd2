// Does one thing COUNT times, for instruction_counts_test.py to count what it takes.
//   cost_probe form library|libcurl COUNT
//   cost_probe assertion library|openssl KEY-FILE COUNT
//   cost_probe requests URL COUNT                       one after the other

#include "bench/peers/form.hpp"

#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token_client.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace {

using namespace oauth_token;

void require(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "cost_probe: %s\n", what);
  std::exit(1);
}

void build_forms(const std::string& with, int count) {
  CURL* const easy = curl_easy_init();
  SecretBuffer body;
  std::string text;
  for (int i = 0; i < count; ++i) {
    if (with == "library")
      form_by_library(body);
    else
      form_by_libcurl(easy, text);
  }
  require(body.size() + text.size() > 50, "the form is too short");
  curl_easy_cleanup(easy);
}

void assert_by_openssl(const char* file, int count) {
  std::FILE* const in = std::fopen(file, "r");
  require(in != nullptr, "the key file cannot be read");
  EVP_PKEY* const key = PEM_read_PrivateKey(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  require(key != nullptr, "the key is no key");
  EVP_MD* const digest =
      EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::string text(308, 'a');  // as long as what the library signs
  for (int i = 0; i < count; ++i) {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    std::array<unsigned char, 512> signature{};
    std::size_t size = signature.size();
    require(EVP_DigestSignInit(context, nullptr, digest, nullptr, key) == 1 &&
                EVP_DigestSign(context, signature.data(), &size,
                               reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
            "OpenSSL does not sign");
    EVP_MD_CTX_free(context);
  }
  EVP_MD_free(digest);
  EVP_PKEY_free(key);
}

void assert_by_library(const char* file, int count) {
  auto key = SigningKey::read(file);
  require(key.has_value(), "the library reads no key");
  const TokenClient client({.token_endpoint = "https://as.example.com/oauth2/v1/token",
                            .authentication = PrivateKeyJwt{.client_id = "a-client-of-usual-length",
                                                            .key = *std::move(key),
                                                            .assertion = {.key_id = "key-1"}}});
  for (int i = 0; i < count; ++i)
    require(client.client_assertion().has_value(), "the library makes no assertion");
}

void request_tokens(const std::string& url, int count) {
  const TokenClient client(
      {.token_endpoint = url, .authentication = NoAuthentication{"app"}, .transport_options = {.proxy = ""}});
  for (int i = 0; i < count; ++i) {
    const auto token =
        client.request(PasswordGrant{.username = "alice", .password = Secret("secret"), .scope = {"read"}});
    require(token.has_value(), "no token");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  require(words.size() >= 3, "usage: see the source");
  const int count = std::atoi(words.back().c_str());
  if (words[0] == "form") build_forms(words[1], count);
  if (words[0] == "requests") request_tokens(words[1], count);
  if (words[0] == "assertion" && words[1] == "library") assert_by_library(argv[3], count);
  if (words[0] == "assertion" && words[1] == "openssl") assert_by_openssl(argv[3], count);
}
