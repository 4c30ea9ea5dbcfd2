// Runs commands in turn and prints TIME:CPU:PEAK for each run, one round a line: how long it took and its CPU time, both in
// nanoseconds, and the peak of its resident memory in KiB (of a pipe, the larger one).
//   runs ROUNDS COMMAND [, COMMAND]...   where COMMAND is words, words | words, status=N words, or input=FILE output=FILE words
// Standard output of a command goes to /dev/null; so does standard error where it has to end with status N. One that ends
// with another status than 0 or N ends everything. A single round is not warmed up to.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { warm_up_rounds = 3, max_commands = 32 };

struct command {
  char **first;   // the words of the first program
  char **second;  // of the one it is piped to, or null
  int status;     // with which it has to end
  int input, output;
};

struct cost {
  long long time, cpu;
  long peak;
};

static void fail(const char *what) {
  fprintf(stderr, "runs: %s\n", what);
  exit(1);
}

static pid_t start(char **words, int input, int output, int error_output) {
  posix_spawn_file_actions_t actions;
  pid_t pid;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, error_output, 2);
  const int error = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
  if (error != 0) fail(strerror(error));
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

static long long nanoseconds(struct timeval time) { return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL; }

static void finish(pid_t pid, const struct command *command, struct cost *cost) {
  int status = 0;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0)
    if (errno != EINTR) fail("wait4 failed");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != command->status) {
    fprintf(stderr, "runs: %s ended with wait status %d\n", command->first[0], status);
    exit(1);
  }
  cost->cpu += nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
  if (usage.ru_maxrss > cost->peak) cost->peak = usage.ru_maxrss;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct cost run(const struct command *command, int nothing) {
  struct cost cost = {0, 0, 0};
  const long long began = now();
  if (command->second == NULL) {
    const int error_output = command->status == 0 ? 2 : nothing;
    finish(start(command->first, command->input, command->output, error_output), command, &cost);
  } else {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2 failed");
    const pid_t first = start(command->first, nothing, ends[1], 2);
    const pid_t second = start(command->second, ends[0], nothing, 2);
    close(ends[0]);
    close(ends[1]);
    finish(first, command, &cost);
    finish(second, command, &cost);
  }
  cost.time = now() - began;
  return cost;
}

int main(int argc, char **argv) {
  struct command commands[max_commands];
  int count = 0;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (argc < 3) fail("usage: runs ROUNDS COMMAND [, COMMAND]...");
  for (int i = 2; i < argc; ++i) {
    if (count == max_commands) fail("too many commands");
    struct command *const command = &commands[count++];
    command->second = NULL;
    command->status = 0;
    command->input = command->output = nothing;
    if (strncmp(argv[i], "input=", 6) == 0) {
      command->input = open(argv[i++] + 6, O_RDONLY | O_CLOEXEC);
      command->output = open(argv[i++] + 7, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (command->input < 0 || command->output < 0) fail(strerror(errno));
    }
    if (strncmp(argv[i], "status=", 7) == 0) command->status = atoi(argv[i++] + 7);
    command->first = &argv[i];
    for (; i < argc && strcmp(argv[i], ",") != 0; ++i) {
      if (strcmp(argv[i], "|") != 0) continue;
      argv[i] = NULL;
      command->second = &argv[i + 1];
    }
    argv[i] = NULL;
  }
  const int rounds = atoi(argv[1]);
  for (int round = rounds == 1 ? 0 : -warm_up_rounds; round < rounds; ++round) {
    for (int i = 0; i < count; ++i) {
      const struct cost cost = run(&commands[i], nothing);
      if (round >= 0) printf("%lld:%lld:%ld%c", cost.time, cost.cpu, cost.peak, i + 1 < count ? ' ' : '\n');
    }
  }
  return 0;
}
