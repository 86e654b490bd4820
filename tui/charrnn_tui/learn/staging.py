"""Sets the stage for a lesson on the play screen, and puts back what was there before. Knows nothing of steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text.colouring import COLOURINGS, Colouring
from charrnn_tui.text.escapes import unescape


@dataclass(frozen=True)
class Before:
    """What the user had on the play screen before the lesson."""

    model: str | None
    prompt: str | None
    seed: int | None
    controls: Controls
    speed: float | None
    endless: bool
    repeat_prompt: bool
    colouring: Colouring

    @classmethod
    def of(cls, play: PlayScreen) -> "Before":
        game, text = play.game, play.game.text
        return cls(
            play.model_name,
            text.prompt if text is not None else None,
            text.seed if text is not None else None,
            game.controls,
            game.speed,
            game.endless,
            game.repeat_prompt,
            play.colouring,
        )

    def put_back(self, play: PlayScreen) -> None:
        """Everything but the text, which `open_model` starts again."""
        game = play.game
        game.controls, game.speed, game.endless = replace(self.controls, hold={}), self.speed, self.endless
        game.repeat_prompt = self.repeat_prompt
        play.colouring, play.model_name = self.colouring, self.model


async def set_stage(play: PlayScreen, stage: Mapping[str, str]) -> None:
    """Starts a text from the settings of a lesson; what they don't name stays as it is."""
    game = play.game
    controls = replace(game.controls, hold={})
    if "temperature" in stage:
        controls = replace(controls, temperature=float(stage["temperature"]), greedy=False)
    if "greedy" in stage:
        controls = replace(controls, greedy=stage["greedy"] == "on")
    play.set_controls(controls)
    if "speed" in stage:
        game.speed = float(stage["speed"])
    if "endless" in stage:
        game.endless, game.repeat_prompt = stage["endless"] == "on", False
    if "colouring" in stage:
        play.colouring = next(known for known in COLOURINGS if known == stage["colouring"])
    if stage.keys() & {"model", "prompt", "seed"}:
        prompt = unescape(stage["prompt"][1:-1]) if "prompt" in stage else None
        seed = int(stage["seed"]) if "seed" in stage else None
        paused = stage.get("paused") == "on"
        await play.open_model(stage.get("model", play.model_name), prompt, seed, paused=paused).wait()
    elif "paused" in stage and game.paused is not (stage["paused"] == "on"):
        play.action_pause()


def corpus_path(stage: Mapping[str, str], lesson: Path) -> str:
    """The text file to train on, which stands beside the lesson; empty where it names none."""
    return str(lesson.parent / stage["corpus"]) if "corpus" in stage else ""
