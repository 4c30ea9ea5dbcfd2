// A login that does not freeze the window, with Qt 6: the session is kept in the desktop's keyring, renewed
// as long as the window is open, and withdrawn at the server on sign-out.
//   ./qt6 issuer=https://as.example client_id=my-app [code=totp] [...]
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/text.hpp>
#include <oauth_token/token_source.hpp>

#include <QApplication>
#include <QDateTime>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>
#include <QWidget>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

using namespace oauth_token;

/// Questions and results come in Qt's event loop: they may touch widgets.
static void in_event_loop(std::function<void()> work) {
  QMetaObject::invokeMethod(qApp, std::move(work), Qt::QueuedConnection);
}

static bool is_cancelled(const Error& error) { return error.error_class == ErrorClass::interrupted; }

static std::string words(const Error& error) {
  if (error.description.empty()) return error.message;
  const std::string said = escape_for_terminal(error.description);
  return error.message + " The server says: " + said + (said.ends_with('.') ? "" : ".");
}

class Window : public QWidget {
 public:
  Window(SessionRecord from_command_line, std::string name_of_code)
      : wanted_(std::move(from_command_line)), code_name_(std::move(name_of_code)) {
    password_->setEchoMode(QLineEdit::Password);
    code_->setEchoMode(QLineEdit::Password);
    auto* const rows = new QFormLayout(form_);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addRow("&User name", username_);
    rows->addRow("&Password", password_);
    rows->addRow("One-time &code", code_);
    rows->setRowVisible(code_, !code_name_.empty());
    status_->setTextFormat(Qt::PlainText);
    status_->setWordWrap(true);
    progress_->setRange(0, 0);
    progress_->setTextVisible(false);
    auto* const bottom = new QHBoxLayout;
    bottom->addWidget(status_, 1);
    bottom->addWidget(cancel_);
    bottom->addWidget(button_);
    auto* const all = new QVBoxLayout(this);
    all->setContentsMargins(18, 18, 18, 18);
    all->setSpacing(14);
    all->addWidget(form_);
    all->addWidget(progress_);
    all->addLayout(bottom);
    resize(480, 0);
    connect(button_, &QPushButton::clicked, this, [this] { clicked(); });
    connect(cancel_, &QPushButton::clicked, this, [this] { cancelled(); });
    for (QLineEdit* const field : {username_, password_, code_})
      connect(field, &QLineEdit::returnPressed, button_, &QPushButton::click);
    auto* const clock = new QTimer(this);
    connect(clock, &QTimer::timeout, this, [this] { each_second(); });
    clock->start(1000);
    begin();
  }

 private:
  enum class Page { waiting, question, failure, signed_in };

  // The session of the last time, if there is one with this server; else somebody has to sign in.
  void begin() {
    SessionOptions options;
    options.keyring.may_prompt = true;  // a person is here, who can unlock it
    auto session = Session::open(wanted_.name, std::move(options));
    if (!session || !session->check_binding({.client = wanted_.client})) return sign_in_anew();
    wanted_.username = session->record().username;
    source_.emplace(std::move(session), in_event_loop);
    show_page(Page::waiting, "Looking for the token");
    renew();
  }

  void sign_in_anew() {
    source_.reset();
    wanted_.username.clear();
    SignInOptions options{.wanted = wanted_, .replace = true};
    options.session.keyring.may_prompt = true;
    options.executor = in_event_loop;
    if (!code_name_.empty()) options.factors = {code_name_};
    sign_in_.emplace(std::move(options),
                     [this](const SignInQuestion& question, auto reply) { ask(question, reply); });
    show_page(Page::waiting, "Connecting");
    sign_in_->run_async(stop_.get_token(), [this](const Result<Token>& token) {
      if (token) return begin();
      if (!is_cancelled(token.error())) show_page(Page::failure, words(token.error()));
    });
  }

  // The button answers.
  void ask(const SignInQuestion& question, std::function<void(Result<SignInAnswer>)> reply) {
    answer_ = std::move(reply);
    show_page(Page::question, !question.refused ? "Sign in at " + question.server + "."
                                                : words(*question.refused) + " Attempt " +
                                                      std::to_string(question.attempt) + " of " +
                                                      std::to_string(question.attempts) + ".");
    username_->setText(QString::fromStdString(question.username));
    (question.username.empty() ? username_ : password_)->setFocus();
  }

  // Mostly it is the token that is there already. Before each request to an API, ask like this.
  void renew() {
    source_->token_async({}, stop_.get_token(), [this](const Result<Token>& token) {
      if (token) return show_page(Page::signed_in, "Signed in as " + wanted_.username + "." + until(*token));
      if (token.error().error_class == ErrorClass::reauthenticate) return sign_in_anew();
      if (!is_cancelled(token.error())) show_page(Page::signed_in, words(token.error()));
    });
  }

  static std::string until(const Token& token) {
    if (!token.expires_at) return "";
    const auto end = QDateTime::fromSecsSinceEpoch(token.expires_at->time_since_epoch().count());
    return " The token is valid until " + end.toString("HH:mm:ss").toStdString() + ".";
  }

  void sign_out() {
    drop_requests();
    show_page(Page::waiting, "Signing out");
    source_->revoke_async(stop_.get_token(), [this](const Result<void>& done) {
      if (done) return sign_in_anew();
      if (!is_cancelled(done.error())) show_page(Page::signed_in, words(done.error()));
    });
  }

  void drop_requests() { std::exchange(stop_, {}).request_stop(); }

  void clicked() {
    if (page_ == Page::signed_in) return sign_out();
    if (page_ == Page::failure) return begin();
    const auto take = [](QLineEdit* field) {
      QByteArray text = field->text().toUtf8();
      Secret typed({text.constData(), static_cast<std::size_t>(text.size())});
      text.fill('\0');  // ours; Qt's own copies go when it needs their memory
      field->clear();
      return typed;
    };
    SignInAnswer given{.username = username_->text().toStdString(), .password = take(password_)};
    if (Secret typed = take(code_); !typed.empty())
      given.factors.push_back({.name = code_name_, .value = std::move(typed)});
    show_page(Page::waiting, "Signing in");
    answer_(std::move(given));
  }

  void cancelled() {
    drop_requests();
    show_page(Page::failure, "Cancelled.");
  }

  void each_second() {
    ++seconds_;
    if (page_ == Page::waiting) say(text_ + ", " + std::to_string(seconds_) + " s");
    if (page_ == Page::signed_in && seconds_ == 3) renew();
  }

  void show_page(Page next, const std::string& sentence) {
    page_ = next;
    text_ = sentence;
    seconds_ = 0;
    form_->setVisible(page_ != Page::signed_in);
    form_->setEnabled(page_ == Page::question);
    progress_->setVisible(page_ == Page::waiting);
    cancel_->setVisible(page_ == Page::waiting);
    button_->setVisible(page_ != Page::waiting);
    const char* const offers[] = {"", "&Sign in", "&Try again", "Sign &out"};
    button_->setText(offers[static_cast<int>(page_)]);
    say(text_);
  }

  void say(const std::string& sentence) {
    status_->setText(QString::fromStdString(sentence));
    setWindowTitle(QString::fromStdString(sentence));
  }

  SessionRecord wanted_;
  std::string code_name_;
  QWidget* form_ = new QWidget;
  QLineEdit *username_ = new QLineEdit, *password_ = new QLineEdit, *code_ = new QLineEdit;
  QLabel* status_ = new QLabel;
  QProgressBar* progress_ = new QProgressBar;
  QPushButton *cancel_ = new QPushButton("&Cancel"), *button_ = new QPushButton;
  Page page_ = Page::waiting;
  std::string text_ = {};  // what the status says,
  int seconds_ = 0;        // and since when
  std::stop_source stop_ = {};
  std::function<void(Result<SignInAnswer>)> answer_ = {};
  std::optional<InteractiveSignIn> sign_in_ = {};
  std::optional<TokenSource> source_ = {};
};

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  SessionRecord wanted;
  wanted.name = "qt6-example";
  std::string scope, code;
  const std::pair<std::string_view, std::string*> settings[] = {
      {"issuer=", &wanted.client.issuer},
      {"token_endpoint=", &wanted.client.token_endpoint},
      {"client_id=", &wanted.client.client_id},
      {"revocation_endpoint=", &wanted.client.revocation_endpoint},
      {"ca_file=", &wanted.client.ca_file},
      {"scope=", &scope},
      {"code=", &code}};
  for (const std::string_view word : std::span<char*>(argv, static_cast<std::size_t>(argc)))
    for (const auto& [name, value] : settings)
      if (word.starts_with(name)) *value = word.substr(name.size());
  if (!scope.empty()) wanted.scope = {scope};

  Window window(std::move(wanted), std::move(code));
  window.show();
  return QApplication::exec();
}
