"""A training process without TensorFlow, for tests of the app: it speaks the same JSON lines on stdin and stdout,
writes the same files, and learns nothing.

It has two epochs. Environment variables say what it does: SCRIPTED_MODEL is a checkpoint folder, of which every epoch
is a copy; SCRIPTED_INTERIM is 1 where it shows its model between epochs; SCRIPTED_END is `done`, `wait` (after its
last epoch it ends only when told to), or how it breaks: `error`, `crash`, `kill`.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any


class ScriptedRun:
    """`sys.argv[1]` holds the settings as the training process gets them."""

    def __init__(self) -> None:
        self.settings = json.loads(sys.argv[1])
        self.out = Path(self.settings["out"])
        self.folder = self.out.parent / f".{self.out.name}.run"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.epochs = 2
        self.stopped, self.going_on = threading.Event(), threading.Event()
        self.going_on.set()
        self.detached = False
        self.gone = False
        self.live_model = self.folder / "now" / self.out.name
        self.interim = os.environ.get("SCRIPTED_INTERIM") == "1"
        self.journal = (self.folder / "events.jsonl").open("a" if self.settings["resume"] else "w")

    def tell(self, event: str, **values: Any) -> None:
        line = json.dumps({"event": event, **values})
        self.journal.write(json.dumps({"event": event, **values, "time": time.time()}) + "\n")
        self.journal.flush()
        if not self.gone:
            try:
                print(line, flush=True)
            except BrokenPipeError:
                self.gone = True

    def listen(self) -> None:
        for line in sys.stdin:
            command = json.loads(line)["command"]
            if command == "pause":
                self.going_on.clear()
                self.tell("paused")
            elif command == "resume":
                self.tell("resumed")
                self.going_on.set()
            elif command == "stop":
                self.stop()
            elif command == "detach":
                self.detached = True
        if not self.detached:
            self.stop()

    def stop(self, *_: object) -> None:
        self.stopped.set()
        self.going_on.set()

    def keep(self, folder: Path) -> str:
        if not folder.exists():
            shutil.copytree(os.environ["SCRIPTED_MODEL"], folder)
        return str(folder)

    def epoch(self, number: int) -> None:
        self.going_on.wait()
        for step in range(10 * number - 9, 10 * number + 1) if number else ():
            self.tell("step", step=step, steps=10 * self.epochs, epoch=number, bits=5.0 - number, rate=1234.0,
                      learning_rate=0.004, seconds_left=5.0)  # fmt: skip
        nats = (5.0 - number) * 0.6931
        self.tell("epoch", epoch=number, step=10 * number, training=nats if number else None, best=number > 0,
                  validation={"nats_per_token": nats}, seconds=1.0 * number,
                  checkpoint=self.keep(self.folder / "epochs" / f"{number:04}"))  # fmt: skip
        self.tell("sample", epoch=number, step=10 * number, prompt="the ", temperature=0.8, text=f"text {number}")
        if number and self.interim:
            # Its file is another one each time, as where the live model is replaced.
            shutil.rmtree(self.live_model.parent, ignore_errors=True)
            self.keep(self.live_model)
            self.tell("interim", epoch=number, step=10 * number + 1, prompt="the ", temperature=0.8,
                      text=f"moment {number}\nand on", validation=2.0)  # fmt: skip

    def run(self) -> int:
        signal.signal(signal.SIGINT, self.stop)
        threading.Thread(target=self.listen, daemon=True).start()
        done = 10 if self.settings["resume"] else 0
        self.tell("loading", message="starting")
        self.tell("start", name=self.settings["name"], folder=str(self.out), level="char", epochs=self.epochs,
                  steps=10 * self.epochs, done=done, uniform_bits=6.0, unigram_bits=4.5)  # fmt: skip
        for number in range(done // 10 + 1 if done else 0, self.epochs + 1):
            self.epoch(number)
        end = os.environ.get("SCRIPTED_END", "done")
        if end == "crash":
            print("Fatal: out of luck\nthe last line", file=sys.stderr, flush=True)
            os._exit(3)
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if end == "error":
            self.tell("error", message="the loss stopped being a number", kind="nan", exit_code=1,
                      checkpoint=str(self.folder / "epochs" / "0001"))  # fmt: skip
            return 1
        if end == "wait":
            self.stopped.wait()
        shutil.rmtree(self.live_model.parent, ignore_errors=True)
        self.keep(self.out)
        self.tell("saved", folder=str(self.out), validation=None)
        (self.folder / "state.npz").touch()
        self.tell("finished", reason="interrupted" if self.stopped.is_set() else "done", folder=str(self.out),
                  epochs=self.epochs, seconds=2.0)  # fmt: skip
        return 130 if self.stopped.is_set() else 0


if __name__ == "__main__":
    sys.exit(ScriptedRun().run())
