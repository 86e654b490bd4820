"""The play path and training need nothing that only Unix has: they run where its names are missing, as on Windows.

Only what our own modules import is changed, because Textual and TensorFlow have code for each system. The app and
training have never been run on Windows or macOS themselves.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.command import environment, import_path

SITE = '''
import builtins, os, signal, subprocess, sys
from types import ModuleType

MISSING = {
    "os": """chown fchmod fork forkpty getgid geteuid getpgid getloadavg getuid kill killpg mkfifo nice O_NONBLOCK
        posix_spawn pread pwrite register_at_fork sched_getaffinity set_blocking setpgid setsid sysconf uname wait3
        waitid""".split(),
    "signal": """SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2
        SIGWINCH ITIMER_REAL alarm pthread_kill pthread_sigmask setitimer sigwait SIG_BLOCK SIG_SETMASK""".split(),
    "subprocess": [],
}
ABSENT = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}

class Popen(subprocess.Popen):
    def __init__(self, *args, **options):
        assert not {"preexec_fn", "pass_fds", "process_group", "umask"} & set(options), options
        options.pop("start_new_session", None)
        super().__init__(*args, **options)

    def send_signal(self, number):
        if number != signal.SIGTERM:
            raise ValueError(f"Unsupported signal: {number}")
        super().send_signal(number)

    def kill(self):
        self.terminate()

MADE = {}
for name, missing in MISSING.items():
    MADE[name] = ModuleType(name)
    MADE[name].__dict__.update({key: value for key, value in vars(sys.modules[name]).items() if key not in missing})
MADE["subprocess"].Popen = Popen
whole = builtins.__import__

def without(name, globals=None, locals=None, fromlist=(), level=0):
    if (globals or {}).get("__name__", "").startswith("charrnn_") or (globals or {}).get("__package__") in OURS:
        if name in ABSENT:
            raise ImportError(f"No module named {name!r}")
        if name in MADE:
            return MADE[name]
    return whole(name, globals, locals, fromlist, level)

OURS = {"charrnn_engine.training", "charrnn_tui"}  # whose __main__ is called __main__
builtins.__import__ = without

def no_proc(event, args):
    if event == "open" and str(args[0]).startswith("/proc/"):
        raise FileNotFoundError(2, "No such file or directory", args[0])

sys.addaudithook(no_proc)
'''

APP = """
import asyncio, sys
from pathlib import Path
import charrnn_engine.runs.lock
assert charrnn_engine.runs.lock.fcntl is None  # the names are missing indeed
from tests.tui.pilot import app_for, playing, until

async def play():
    app = app_for(Path(sys.argv[1]))
    async with app.run_test(size=(100, 30)) as pilot:
        play = await playing(pilot)
        await pilot.press("g", "up", "space", "right", "left", "2")
        for key in ("c", "m", "s", "b", "t", "question_mark"):
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not play)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is play)
        await pilot.press("q")
    assert app.return_code in (0, None), app.return_code
    assert app.problem is None, app.problem

asyncio.run(play())
"""

COMMANDS = """
import sys
from charrnn_tui.cli import main
small, corpus = sys.argv[1:]
for args in (
    ["models"],
    ["sample", small, "--samples", "400", "--max-chars", "200", "--seed", "1"],
    ["evaluate", small, corpus],
    ["train", corpus, "--name", "new", "--units", "4", "--epochs", "1", "--batch", "4", "--window", "16", "--nice"],
    ["sample", "new", "--max-chars", "5"],
):
    if TRAINS or "new" not in args:
        code = main(args)
        assert code == 0, (args, code)
"""


def run(script: str, tmp_path: Path, *args: object) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, args)],
        env=environment(PYTHONPATH=import_path(tmp_path)),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]


def corpus(folder: Path) -> Path:
    path = folder / "corpus.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\r\n" * 40, encoding="utf-8", newline="")
    return path


def test_the_app_plays_where_the_names_of_unix_are_missing(model_folder: Path, tmp_path: Path) -> None:
    run(APP, tmp_path, model_folder)


def test_models_are_listed_sampled_and_measured_where_the_names_of_unix_are_missing(
    model_folder: Path, tmp_path: Path
) -> None:
    run(f"TRAINS = False\n{COMMANDS}", tmp_path, model_folder, corpus(tmp_path))


@pytest.mark.keras
def test_a_model_is_trained_where_the_names_of_unix_are_missing(model_folder: Path, tmp_path: Path) -> None:
    run(f"TRAINS = True\n{COMMANDS}", tmp_path, model_folder, corpus(tmp_path))
