#include "base/child.hpp"

#include "base/reading.hpp"

#include <oauth_token/secret_source.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oauth_token {
namespace {

constexpr std::chrono::milliseconds time_to_end{50};           // after SIGTERM
constexpr std::chrono::milliseconds time_to_be_ended{1000};    // after SIGKILL
constexpr std::size_t output_limit = secret_source_limit + 2;  // a newline may still be taken off

struct Pipe {
  Descriptor read;
  Descriptor write;
};

// Above 2, so that the child's own 0 to 2 can be put in place in any order, even where a host has closed
// them.
Descriptor above_standard(Descriptor descriptor) {
  if (descriptor.get() > 2) return descriptor;
  return Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 3));
}

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{above_standard(Descriptor(ends[0])), above_standard(Descriptor(ends[1]))};
  if (!pipe.read || !pipe.write) return std::nullopt;
  return pipe;
}

// SIGPIPE for one write, kept from a host that has not asked for it.
class NoPipeSignal {
 public:
  NoPipeSignal() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  NoPipeSignal(NoPipeSignal&&) = delete;
  NoPipeSignal& operator=(NoPipeSignal&&) = delete;
  ~NoPipeSignal() {
    const timespec at_once{};
    if (!was_pending_)
      while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

std::vector<char*> environment_without_ours() {
  std::vector<char*> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("OAUTH_TOKEN_")) kept.push_back(*entry);
  kept.push_back(nullptr);
  return kept;
}

class Child {
 public:
  Child(pid_t id, bool has_group) noexcept
      : id_(id), has_group_(has_group), ended_(static_cast<int>(::syscall(SYS_pidfd_open, id, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() { finish(); }

  // Becomes readable when the child ends; -1 on a kernel that has none.
  [[nodiscard]] int descriptor() const noexcept { return ended_.get(); }

  // Looks without reaping: as long as the leader is not reaped, its group's number belongs to nobody else.
  bool has_ended() noexcept {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) gone_ = true;
    return gone_ || info.si_pid == id_;
  }

  // Ends what is left of the child and of its own group, politely first, and returns how the child ended;
  // nothing when this process cannot know, since it ignores SIGCHLD or may not end the child, sudo perhaps.
  std::optional<siginfo_t> finish() noexcept {
    if (reaped_) return std::nullopt;
    reaped_ = true;
    const pid_t whom = has_group_ ? -id_ : id_;
    if (!has_ended()) {
      ::kill(whom, SIGTERM);
      ::kill(whom, SIGCONT);
      ends_within(time_to_end);
    }
    if (gone_) return std::nullopt;
    ::kill(whom, SIGKILL);
    if (!ends_within(time_to_be_ended) || gone_) return std::nullopt;
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED) != 0)
      if (errno != EINTR) return std::nullopt;
    return info;
  }

 private:
  bool ends_within(std::chrono::milliseconds limit) noexcept {
    for (auto waited = std::chrono::milliseconds(0); waited < limit && !has_ended(); ++waited) {
      pollfd on{.fd = descriptor(), .events = POLLIN, .revents = 0};
      ::poll(&on, 1, 1);
    }
    return has_ended();
  }

  pid_t id_;
  bool has_group_;
  Descriptor ended_;
  bool gone_ = false;
  bool reaped_ = false;
};

// 0, or the error's number.
int spawn(const ChildProgram& program, const Descriptor& input, const Descriptor& output, pid_t& id) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  if (input)
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  else
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (output)
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  else
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);

  sigset_t none;
  sigset_t standard;
  ::sigemptyset(&none);
  ::sigemptyset(&standard);
  for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU})
    ::sigaddset(&standard, number);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &standard);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  const auto flags =
      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (program.own_group ? POSIX_SPAWN_SETPGROUP : 0);
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));

  std::vector<std::string> words = program.words;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int failed = ::posix_spawnp(&id, arguments[0], &actions, &attributes, arguments.data(),
                                    environment_without_ours().data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Moves input and output between this process and the command until the command has ended.
class Conversation {
 public:
  Conversation(Child& child, Descriptor to, Descriptor from, std::string_view input)
      : child_(child), to_(std::move(to)), from_(std::move(from)), input_(input) {
    for (const Descriptor* end : {&to_, &from_})
      if (*end) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
    if (input_.empty()) to_.close();
  }

  Wake run(const Waiting& waiting, std::optional<Deadline> deadline) {
    while (!child_.has_ended() && output_.size() < output_limit) {
      std::array<pollfd, 3> on{{{.fd = to_.get(), .events = POLLOUT, .revents = 0},
                                {.fd = from_.get(), .events = POLLIN, .revents = 0},
                                {.fd = child_.descriptor(), .events = POLLIN, .revents = 0}}};
      // Without a descriptor for its end the child is looked at every 10 ms.
      const auto next = Deadline::clock::now() + std::chrono::milliseconds(10);
      const auto until = child_.descriptor() < 0 && (!deadline || next < *deadline) ? next : deadline;
      const Wake woken = waiting.wait(on, until);
      if (woken == Wake::stopped || (woken == Wake::deadline && until == deadline)) return woken;
      if (on[0].revents != 0) write_some();
      if (on[1].revents != 0) read_some();
    }
    while (from_ && output_.size() < output_limit && read_some()) {
    }
    return Wake::ready;
  }

  SecretBuffer& output() { return output_; }

 private:
  void write_some() {
    const NoPipeSignal quiet;
    const ssize_t written = ::write(to_.get(), input_.data(), input_.size());
    if (written > 0) input_.remove_prefix(static_cast<std::size_t>(written));
    const bool broken = written < 0 && errno != EAGAIN && errno != EINTR;
    // A command that does not read all of its input says by its status whether that was right.
    if (input_.empty() || broken) to_.close();
  }

  bool read_some() {
    const auto room = room_to_read(output_);
    const ssize_t count = ::read(from_.get(), room.data(), room.size());
    if (count > 0) output_.grew(static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) from_.close();
    return count > 0;
  }

  Child& child_;
  Descriptor to_;
  Descriptor from_;
  std::string_view input_;
  SecretBuffer output_;
};

}  // namespace

ChildEnd run_child(const ChildProgram& program, const Waiting& waiting) {
  ChildEnd end;
  std::optional<Pipe> input(std::in_place);
  std::optional<Pipe> output(std::in_place);
  if (program.input != nullptr) input = make_pipe();
  if (program.wants_output) output = make_pipe();
  if (!input || !output) {
    end.start_error = errno;
    return end;
  }
  std::optional<Deadline> deadline;
  if (program.time_limit) deadline = Deadline::clock::now() + *program.time_limit;
  pid_t id = -1;
  end.start_error = spawn(program, input->read, output->write, id);
  if (end.start_error != 0) return end;
  Child child(id, program.own_group);
  input->read.close();
  output->write.close();

  Conversation conversation(child, std::move(input->write), std::move(output->read),
                            program.input != nullptr ? program.input->expose() : std::string_view());
  end.woken = conversation.run(waiting, deadline);
  end.too_much = conversation.output().size() >= output_limit;
  end.how = child.finish();
  end.output = conversation.output().take();
  return end;
}

}  // namespace oauth_token
