"""The prompt on a real terminal: nothing typed is shown, and the terminal is given back as it was, whatever ends it."""

import os
import pathlib
import signal
import subprocess
import termios
import unittest

from support.program import Terminal, text

ASK = os.path.join(os.environ.get("OAUTH_TOKEN_BUILD", "build"), "bin", "ask")
ENVIRONMENT = {"PATH": os.path.dirname(ASK) + ":" + os.defpath, "PS1": "ready> ", "TERM": "dumb", "LANG": "C.UTF-8"}
QUESTION = "Password for alice at https://as.example: "
SHELL = ["bash", "--norc", "--noprofile", "--noediting", "-i"]


class Asked(Terminal):
    """One question on a terminal of its own; the answer goes to a pipe."""

    def __init__(self, *arguments, **options):
        super().__init__(list(arguments) or [ASK, QUESTION], ENVIRONMENT,
                         **{"stdout": subprocess.PIPE, **options})

    @classmethod
    def after(cls, preparation):
        """The question, asked by a shell that first runs `preparation`."""
        return cls("sh", "-c", f"{preparation}; exec {ASK} '{QUESTION}'")

    def modes(self):
        return termios.tcgetattr(self._master)

    def answer(self):
        """The answer, once the process has ended with status 0."""
        out = self.process.stdout.read()
        status = self.wait()
        assert status == 0, (status, self.screen)
        return text(out)

    def complaint(self):
        """Status and last line."""
        return self.wait(), self.screen.rpartition("\n")[0].rpartition("\n")[2].strip()


class Prompt(unittest.TestCase):
    def test_a_secret_is_not_shown_and_the_terminal_is_as_it_was(self):
        with Asked.after("read go") as terminal:
            before = terminal.modes()
            terminal.type("\n")
            terminal.wait_for(QUESTION)
            self.assertFalse(terminal.echo())
            terminal.type("pä$$w+rd &=%20\"é \n")
            self.assertEqual(terminal.answer(), "pä$$w+rd &=%20\"é ")
            self.assertEqual(terminal.screen, "\r\n" + QUESTION + "\r\n")
            self.assertEqual(terminal.modes(), before)

    def test_a_user_name_is_shown(self):
        with Asked(ASK, "-e", "User name: ") as terminal:
            terminal.wait_for("User name: ")
            self.assertTrue(terminal.echo())
            terminal.type("jöe\x7f\x7fürgen\n")
            self.assertEqual(terminal.answer(), "jürgen")
            self.assertIn("User name: jöe", terminal.screen)

    def test_an_empty_answer_is_asked_for_again(self):
        with Asked() as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("\n")
            terminal.wait_for("Nothing was typed.")
            terminal.wait_for(QUESTION)
            terminal.type("secret\n")
            self.assertEqual(terminal.answer(), "secret")

    def test_long_passwords_arrive_whole(self):
        for length in (4096, 60_000):
            with self.subTest(length=length), Asked() as terminal:
                password = ("0123456789abcdef" * 4000)[:length]
                terminal.wait_for(QUESTION)
                terminal.type(password + "\n")
                self.assertEqual(terminal.answer(), password)

    def test_bytes_that_are_no_utf_8_pass(self):
        with Asked() as terminal:
            terminal.wait_for(QUESTION)
            terminal.type(b"caf\xe9\xff\n")
            self.assertEqual(terminal.answer().encode("utf-8", "surrogateescape"), b"caf\xe9\xff")

    def test_erase_takes_a_whole_character_and_kill_the_line(self):
        with Asked() as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("wrong\x15a🔑é\x7f\x7fb\n")
            self.assertEqual(terminal.answer(), "ab")

    def test_the_terminals_own_erase_key_counts(self):
        with Asked.after("stty erase '#' kill '@'") as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("wrong@abc#\n")
            self.assertEqual(terminal.answer(), "ab")

    def test_ctrl_d_on_an_empty_line_gives_up(self):
        with Asked() as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("\x04")
            self.assertEqual(terminal.complaint(), (2, "usage: No password was given."))
            self.assertTrue(terminal.echo())

    def test_ctrl_d_where_the_answer_is_shown_gives_up_too(self):
        with Asked(ASK, "-e", QUESTION) as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("\x04")
            self.assertEqual(terminal.complaint(), (2, "usage: No password was given."))

    def test_control_characters_of_the_question_do_not_reach_the_terminal(self):
        with Asked(ASK, "Password for \x1b[31mred\u202e: ") as terminal:
            terminal.wait_for("Password for \\x1b[31mred\\u{202e}: ")
            terminal.type("x\n")
            self.assertEqual(terminal.answer(), "x")

    def test_standard_input_is_not_read(self):
        read, write = os.pipe()
        os.write(write, b"not for the prompt\n")
        os.close(write)
        with Asked(stdin=read) as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("secret\n")
            self.assertEqual(terminal.answer(), "secret")
        self.assertEqual(os.read(read, 100), b"not for the prompt\n")
        os.close(read)

    def test_without_a_terminal_it_is_an_error(self):
        for arguments in ([ASK, QUESTION], [ASK, "-e", QUESTION]):
            done = subprocess.run(arguments, input=b"secret\n", capture_output=True, start_new_session=True,
                                  env=ENVIRONMENT, timeout=20)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertEqual(done.stderr, b"usage: There is no terminal on which to ask for the password.\n")


class Signals(unittest.TestCase):
    def check_death(self, number, end):
        with Asked.after("read go") as terminal:
            before = terminal.modes()
            terminal.type("\n")
            terminal.wait_for(QUESTION)
            terminal.type("half")
            end(terminal)
            self.assertEqual(terminal.wait(), -number)
            self.assertEqual(terminal.modes(), before)
            self.assertTrue(terminal.echo())
            self.assertNotIn("half", terminal.screen)

    def test_ctrl_c_restores_the_terminal_and_kills(self):
        self.check_death(signal.SIGINT, lambda terminal: terminal.type("\x03"))

    def test_ctrl_backslash_restores_the_terminal_and_kills(self):
        self.check_death(signal.SIGQUIT, lambda terminal: terminal.type("\x1c"))

    def test_sigterm_and_sighup_restore_the_terminal_and_kill(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                self.check_death(number, lambda terminal, number=number: terminal.send_signal(number))

    def test_a_signal_that_was_ignored_stays_ignored(self):
        with Asked.after("trap '' INT HUP") as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("\x03")
            terminal.send_signal(signal.SIGHUP)
            terminal.type("secret\n")
            self.assertEqual(terminal.answer(), "secret")

    def test_echo_that_was_off_stays_off(self):
        with Asked.after("stty -echo") as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), -signal.SIGINT)
            self.assertFalse(terminal.echo())

    def test_a_terminal_that_is_gone_is_an_error(self):
        process = subprocess.Popen(
            ["python3", "-c", HANG_UP, ASK, QUESTION], stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True)
        # A read is told of an end or of an error, by how far the kernel has come with hanging up.
        self.assertIn(process.communicate(timeout=30)[1].decode(),
                      ("usage: No password was given.\n", "usage: The terminal cannot be used to ask for the password.\n"))


# Opens a terminal, starts the program on it with SIGHUP ignored, and closes the terminal once it asks.
HANG_UP = """
import os, pty, signal, sys
errors = os.dup(2)
child, master = pty.fork()
if child == 0:
    os.dup2(errors, 2)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.argv[1], sys.argv[1:])
while b"example: " not in os.read(master, 1000):
    pass
os.close(master)
os.waitpid(child, 0)
"""


def state_of(process):
    return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


class JobControl(unittest.TestCase):
    def shell(self):
        terminal = Terminal(SHELL, ENVIRONMENT)
        self.addCleanup(terminal.__exit__)
        terminal.wait_for("ready> ")
        return terminal

    @staticmethod
    def asked(terminal, command=f"ask '{QUESTION}'"):
        """Types the command and waits until the question stands there without echo."""
        terminal.type(command + "\n")
        terminal.wait_for(QUESTION)
        terminal.wait_until(lambda: not terminal.echo())

    def answered(self, terminal):
        """Answers; the shell has its terminal back as it was."""
        terminal.type("secret\n")
        terminal.wait_for("secret")
        terminal.wait_for("ready> ")
        self.assertTrue(terminal.echo())

    def test_ctrl_z_gives_the_terminal_back_and_fg_asks_anew(self):
        terminal = self.shell()
        self.asked(terminal)
        terminal.type("forgotten\x1a")
        terminal.wait_for("Stopped")
        terminal.wait_for("ready> ")
        self.assertTrue(terminal.echo())
        terminal.type("echo still $((40+2))\n")
        terminal.wait_for("still 42")
        for _ in range(2):  # and once more
            terminal.wait_for("ready> ")
            self.asked(terminal, "fg")
            terminal.type("\x1a")
            terminal.wait_for("Stopped")
        terminal.wait_for("ready> ")
        self.asked(terminal, "fg")
        self.answered(terminal)
        self.assertNotIn("forgotten", terminal.screen)
        self.assertEqual(terminal.screen.count("secret"), 1)

    def test_in_the_background_it_waits_to_be_brought_forward(self):
        terminal = self.shell()
        terminal.type(f"ask '{QUESTION}' &\n")
        terminal.wait_for("ready> ")
        terminal.wait_until(lambda: self.job_is("Stopped", terminal))
        self.assertTrue(terminal.echo())
        self.asked(terminal, "fg")
        self.answered(terminal)

    @staticmethod
    def job_is(state, terminal):
        terminal.type("jobs\n")
        terminal.wait_for("ready> ")
        return state in terminal.screen

    def test_after_sigstop_and_fg_it_asks_anew_without_echo(self):
        terminal = self.shell()
        self.asked(terminal)
        group = os.tcgetpgrp(terminal._master)
        os.killpg(group, signal.SIGSTOP)
        terminal.wait_for("Stopped")
        terminal.wait_for("ready> ")
        self.asked(terminal, "fg")
        self.answered(terminal)

    def test_ended_while_it_is_stopped_it_leaves_the_terminal_to_the_shell(self):
        terminal = self.shell()
        self.asked(terminal)
        group = os.tcgetpgrp(terminal._master)
        os.killpg(group, signal.SIGSTOP)
        terminal.wait_for("Stopped")
        terminal.wait_for("ready> ")
        before = termios.tcgetattr(terminal._master)
        # What the shell's own kill does, after which bash at times forgets to look how the job ended.
        os.killpg(group, signal.SIGTERM)
        os.killpg(group, signal.SIGCONT)
        terminal.wait_until(lambda: self.job_is("Terminated", terminal))
        self.assertEqual(termios.tcgetattr(terminal._master), before)

    def test_ended_in_the_background_it_leaves_what_is_typed_to_the_shell(self):
        terminal = self.shell()
        shell = os.tcgetpgrp(terminal._master)
        self.asked(terminal)
        group = os.tcgetpgrp(terminal._master)
        os.killpg(group, signal.SIGSTOP)
        terminal.wait_for("Stopped")
        terminal.wait_for("ready> ")
        os.kill(shell, signal.SIGSTOP)  # so that the line waits for its reader
        terminal.type("echo typed $((40+2))\n")
        os.killpg(group, signal.SIGTERM)
        os.killpg(group, signal.SIGCONT)
        terminal.wait_until(lambda: state_of(group) == "Z")
        os.kill(shell, signal.SIGCONT)
        terminal.wait_for("typed 42")

    def test_ctrl_c_ends_the_program_and_not_the_shell(self):
        terminal = self.shell()
        self.asked(terminal)
        terminal.type("\x03")
        terminal.wait_for("ready> ")
        self.assertTrue(terminal.echo())
        terminal.type("echo status $?\n")
        terminal.wait_for("status 130")

    def test_what_is_typed_ahead_is_left_for_the_next_reader(self):
        terminal = self.shell()
        self.asked(terminal, f"ask '{QUESTION}' | tr a-z A-Z")
        terminal.type("secret\necho next $((40+2))\n")
        terminal.wait_for("SECRET")
        terminal.wait_for("next 42")
        self.assertNotIn("secret", terminal.screen)


if __name__ == "__main__":
    unittest.main()
