// A login that does not freeze the window, with Qt 6: the session is kept in the desktop's keyring, renewed
// as long as the window is open, and withdrawn at the server on sign-out.
//   ./qt6 issuer=https://as.example client_id=my-app [code=totp] [...]
#include <oauth_token/interactive_token_source.hpp>

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
#include <map>
#include <stop_token>
#include <string>
#include <utility>

using namespace oauth_token;

/// Questions and results come in Qt's event loop: they may touch widgets.
static void in_event_loop(std::function<void()> work) {
  QMetaObject::invokeMethod(qApp, std::move(work), Qt::QueuedConnection);
}

static SignInOptions options(SessionRecord wanted, const std::string& code_name) {
  SignInOptions options{.wanted = std::move(wanted), .replace = true, .executor = in_event_loop};
  options.session.keyring.may_prompt = true;  // a person is here, who can unlock it
  if (!code_name.empty()) options.factors = {code_name};
  return options;
}

class Window : public QWidget {
 public:
  Window(SessionRecord wanted, std::string name_of_code)
      : code_name_(std::move(name_of_code)),
        tokens_(options(std::move(wanted), code_name_),
                [this](const SignInQuestion& question, auto reply) { ask(question, reply); }) {
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
    show_page(Page::waiting, "Connecting");
    get_token();
  }

 private:
  enum class Page { waiting, question, failure, signed_in };

  // Mostly it is the one that is there already. Before each request to an API, ask like this.
  void get_token() {
    tokens_.token_async({}, stop_.get_token(), [this](const Result<Token>& token) {
      if (!token) return failed(Page::failure, token.error());
      show_page(Page::signed_in, "Signed in as " + tokens_.record().username + "." + until(*token));
    });
  }

  // The button answers.
  void ask(const SignInQuestion& question, std::function<void(Result<SignInAnswer>)> reply) {
    answer_ = std::move(reply);
    std::string sentence = "Sign in at " + question.server + ".";
    if (question.refused)
      sentence = words_for_person(*question.refused) + " Attempt " + std::to_string(question.attempt) +
                 " of " + std::to_string(question.attempts) + ".";
    show_page(Page::question, sentence);
    username_->setText(QString::fromStdString(question.username));
    (question.username.empty() ? username_ : password_)->setFocus();
  }

  void sign_out() {
    std::exchange(stop_, {}).request_stop();  // a renewal that nobody waits for any more
    show_page(Page::waiting, "Signing out");
    tokens_.revoke_async(stop_.get_token(), [this](const Result<void>& done) {
      done ? get_token() : failed(Page::signed_in, done.error());
    });
  }

  void failed(Page next, const Error& error) {
    if (error.error_class != ErrorClass::interrupted) show_page(next, words_for_person(error));
  }

  static std::string until(const Token& token) {
    if (!token.expires_at) return "";
    const auto end = QDateTime::fromSecsSinceEpoch(token.expires_at->time_since_epoch().count());
    return " The token is valid until " + end.toString("HH:mm:ss").toStdString() + ".";
  }

  void clicked() {
    if (page_ == Page::signed_in) return sign_out();
    const bool is_answer = page_ == Page::question;
    show_page(Page::waiting, is_answer ? "Signing in" : "Connecting");
    if (!is_answer) return get_token();
    const auto take = [](QLineEdit* field) {
      QByteArray text = field->text().toUtf8();
      Secret typed({text.constData(), static_cast<std::size_t>(text.size())});
      text.fill('\0');  // ours; Qt's own copies go when it needs their memory
      field->clear();
      return typed;
    };
    SignInAnswer given{.username = username_->text().toStdString(), .password = take(password_)};
    if (!code_name_.empty()) given.factors.push_back({.name = code_name_, .value = take(code_)});
    answer_(std::move(given));
  }

  void cancelled() {
    std::exchange(stop_, {}).request_stop();
    show_page(Page::failure, "Cancelled.");
  }

  void each_second() {
    ++seconds_;
    if (page_ == Page::waiting) say(text_ + ", " + std::to_string(seconds_) + " s");
    if (page_ == Page::signed_in && seconds_ == 3) get_token();
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

  std::string code_name_;  // the server's parameter for one, if it wants any
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
  InteractiveTokenSource tokens_;
};

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  std::map<std::string, std::string> words;  // NAME=VALUE
  for (const QString& argument : QApplication::arguments().mid(1)) {
    const std::string word = argument.toStdString();
    words[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  SessionRecord wanted;
  wanted.name = "qt6-example";
  wanted.client = {.issuer = words["issuer"],
                   .token_endpoint = words["token_endpoint"],
                   .revocation_endpoint = words["revocation_endpoint"],
                   .client_id = words["client_id"],
                   .ca_file = words["ca_file"]};
  Window window(std::move(wanted), words["code"]);
  window.show();
  return QApplication::exec();
}
