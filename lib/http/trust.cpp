#include "http/trust.hpp"

#include "base/characters.hpp"
#include "base/waiting.hpp"
#include "http/called_from_c.hpp"
#include "http/server_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

namespace oauth_token::http {
namespace {

// Where the distributions keep the authorities they trust.
constexpr const char* system_folder = "/etc/ssl/certs";
constexpr std::array system_bundles = {"/etc/ssl/certs/ca-certificates.crt",
                                       "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                       "/etc/ssl/cert.pem"};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// "5ed36f99.0": the first eight digits of a hash of the subject's name.
bool is_hash_link(std::string_view name) noexcept {
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return name.size() >= 10 && std::all_of(name.begin(), name.begin() + 8, is_hex) && name[8] == '.' &&
         is_digit(name[9]);
}

bool has_hash_links(const std::string& folder) {
  const Descriptor entries(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Every other entry of such a folder is one. What readdir(3) asks for at a time is the whole folder: 0.3
  // ms.
  alignas(dirent64) std::array<char, 2048> some{};
  bool found = false;
  ssize_t length = 0;
  while (!found && (length = ::getdents64(entries.get(), some.data(), some.size())) > 0) {
    for (std::size_t at = 0; !found && at < static_cast<std::size_t>(length);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(some.data() + at);
      found = is_hash_link(&entry->d_name[0]);
      at += entry->d_reclen;
    }
  }
  return found;
}

// `folders` as in SSL_CERT_DIR: several, with colons between.
bool any_has_hash_links(std::string_view folders) {
  while (!folders.empty()) {
    const std::string folder(folders.substr(0, folders.find(':')));
    if (has_hash_links(folder)) return true;
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
  }
  return false;
}

int report_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

TlsReport* report_of(const SSL* ssl) {
  return static_cast<TlsReport*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), report_index()));
}

void keep_certificate(TlsReport& report, X509* certificate) {
  if (certificate == nullptr || X509_up_ref(certificate) != 1) return;
  report.certificate = std::shared_ptr<X509>(certificate, X509_free);
}

bool names_a_server(const X509* certificate) {
  bool found = false;
  each_server_name(certificate, [&](const GENERAL_NAME*) { found = true; });
  return found;
}

// For every certificate of the chain, from the authority down to the server's.
int verify(int is_fine, X509_STORE_CTX* context) {
  const auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsReport* const report = ssl == nullptr ? nullptr : report_of(ssl);
  if (report == nullptr || report->verify_error != 0) return is_fine;
  report->depth = X509_STORE_CTX_get_error_depth(context);
  X509* const certificate = X509_STORE_CTX_get_current_cert(context);
  keep_certificate(*report, certificate);
  if (is_fine != 0 && report->depth == 0 && !names_a_server(certificate)) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
    is_fine = 0;
  }
  if (is_fine == 0) report->verify_error = X509_STORE_CTX_get_error(context);
  return is_fine;
}

bool says_revoked(OCSP_RESPONSE* response, X509* certificate) {
  OCSP_BASICRESP* const basic = OCSP_response_get1_basic(response);
  bool revoked = false;
  for (int i = 0; basic != nullptr && certificate != nullptr && i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* const single = OCSP_resp_get0(basic, i);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                      const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    const bool is_ours = ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
    if (is_ours &&
        OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr) == V_OCSP_CERTSTATUS_REVOKED)
      revoked = true;
  }
  OCSP_BASICRESP_free(basic);
  return revoked;
}

// Nothing stapled is accepted, as everywhere; so is an answer that is old or not understood. Its signature is
// not looked at: a server that says of itself that it is revoked is believed.
int check_stapled_status(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  const long length = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
  TlsReport* const report = report_of(ssl);
  if (bytes == nullptr || length <= 0 || report == nullptr) return 1;
  OCSP_RESPONSE* const response = d2i_OCSP_RESPONSE(nullptr, &bytes, length);
  if (response == nullptr) {
    ERR_clear_error();
    return 1;
  }
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  report->revoked = says_revoked(response, certificate);
  if (report->revoked) {
    report->depth = 0;
    keep_certificate(*report, certificate);
  }
  OCSP_RESPONSE_free(response);
  ERR_clear_error();
  return report->revoked ? 0 : 1;
}

// The chain as it was verified, else as the server sent it.
void note_state(const SSL* ssl, int where, int value) {
  TlsReport* const report = report_of(ssl);
  if (report != nullptr && where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
    report->alert = value & 0xff;
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0 || report == nullptr) return;
  report->version = SSL_get_version(ssl);
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  if (chain == nullptr) chain = SSL_get_peer_cert_chain(ssl);
  if (chain != nullptr)
    report->chain = {X509_chain_up_ref(chain),
                     [](STACK_OF(X509) * own) { sk_X509_pop_free(own, X509_free); }};
}

int on_verify(int is_fine, X509_STORE_CTX* context) {
  return called_from_c(0, [&] { return verify(is_fine, context); });
}

int on_stapled_status(SSL* ssl, void*) {
  constexpr int fatal = -1;
  return called_from_c(fatal, [&] { return check_stapled_status(ssl); });
}

void on_state(const SSL* ssl, int where, int value) {
  called_from_c(0, [&] { return note_state(ssl, where, value), 0; });
}

}  // namespace

Result<std::shared_ptr<const Trust>> Trust::choose(const TransportOptions& options) {
  const auto trust = std::make_shared<Trust>();
  trust->verify_ = !options.insecure_tls;
  if (!trust->verify_) return trust;
  if (!options.ca_file.empty()) {
    trust->file_ = options.ca_file;
    trust->chosen_by_ = "--cacert";
    if (auto loaded = trust->load(); !loaded) return fail(std::move(loaded.error()));
    return trust;
  }
  if (trust->file_ = variable("CURL_CA_BUNDLE"); !trust->file_.empty()) {
    trust->chosen_by_ = "CURL_CA_BUNDLE";
    return trust;
  }
  trust->file_ = variable("SSL_CERT_FILE");
  trust->folder_ = variable("SSL_CERT_DIR");
  if (!trust->file_.empty() || !trust->folder_.empty())
    trust->chosen_by_ = trust->file_.empty() ? "SSL_CERT_DIR" : "SSL_CERT_FILE";
  return trust;
}

// Reading a bundle costs 0.17 ms a certificate, a hashed folder only those that are needed.
void Trust::choose_system() const {
  if (has_hash_links(system_folder)) {
    folder_ = system_folder;
    return;
  }
  const auto* const bundle = std::find_if(system_bundles.begin(), system_bundles.end(),
                                          [](const char* path) { return ::access(path, R_OK) == 0; });
  if (bundle != system_bundles.end()) file_ = *bundle;
}

Result<void> Trust::load() const {
  std::call_once(once_, [this] {
    if (!verify_) return;
    if (file_.empty() && folder_.empty()) choose_system();
    const std::string by = chosen_by_.empty() ? "" : " (" + chosen_by_ + ")";
    if (file_.empty() && folder_.empty()) {
      store_ = fail(ErrorClass::config, "This system has no certificates of authorities to trust.",
                    "Install the package ca-certificates, or name a file with --cacert.");
      return;
    }
    if (file_.empty() && !chosen_by_.empty() && !any_has_hash_links(folder_)) {
      store_ =
          fail(ErrorClass::config, "The folder " + folder_ + by + " has no hash links, or cannot be read.",
               "Run \"openssl rehash\" on it, or name a file with --cacert.");
      return;
    }
    if (!file_.empty() && ::access(file_.c_str(), R_OK) != 0) {
      store_ =
          fail(ErrorClass::config,
               "The file " + file_ + by + " cannot be read: " + std::generic_category().message(errno) + ".",
               "It should hold the authorities to trust, as PEM.");
      return;
    }
    std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
    const bool loaded = store != nullptr &&
                        (file_.empty() || X509_STORE_load_file(store.get(), file_.c_str()) == 1) &&
                        (folder_.empty() || X509_STORE_load_path(store.get(), folder_.c_str()) == 1);
    ERR_clear_error();
    if (!loaded) {
      store_ = fail(ErrorClass::config, "The file " + file_ + by + " holds no certificate.",
                    "It should hold the authorities to trust, as PEM.");
      return;
    }
    // As curl does: an intermediate or the server's own certificate in the file is trusted, too.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    store_ = std::move(store);
  });
  if (!store_) return fail(store_.error());
  return {};
}

void Trust::prepare(void* ssl_context, TlsReport& report) const {
  auto* const context = static_cast<SSL_CTX*>(ssl_context);
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
  // libcurl would write the keys to SSLKEYLOGFILE.
  SSL_CTX_set_keylog_callback(context, nullptr);
  SSL_CTX_set_ex_data(context, report_index(), &report);
  if (report.is_examined || report.own) SSL_CTX_set_info_callback(context, on_state);
  if (!verify_) return;
  // Not what a configuration file that OPENSSL_CONF names says: level 2 refuses RSA below 2048 bits and
  // SHA-1.
  SSL_CTX_set_security_level(context, std::max(SSL_CTX_get_security_level(context), 2));
  SSL_CTX_set1_cert_store(context, store_->get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, on_stapled_status);
}

}  // namespace oauth_token::http
