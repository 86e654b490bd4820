"""What the title bar and the lines above the lanes say about a race. Knows no widgets."""

from dataclasses import replace

from charrnn_engine.generation.race import Lane
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.game import RaceGame
from charrnn_tui.ui.formats import hold_text, speed_text
from charrnn_tui.ui.keys import Shown

_BETWEEN = "  ·  "


def title(game: RaceGame) -> str:
    """Which of model, seed and controls all lanes have in common."""
    lanes = game.lanes
    first = lanes[0]
    parts = ["race"]
    if all(lane.model is first.model for lane in lanes):
        parts.append(first.model.name)
    if all(lane.seed == first.seed for lane in lanes):
        parts.append(f"seed {first.seed}")
    if game.vary != "temperature" and _same_controls(game):
        parts.append(_controls_text(first.controls))
    if game.vary == "hold":
        parts.append(f"{game.unit.name} {game.unit.description}".strip())
    return _BETWEEN.join(parts)


def state(game: RaceGame, *, with_rate: bool) -> str:
    """The speed and whether the lanes run, with the measured rate at full speed if asked for."""
    playback = game.playback
    unit = game.lanes[0].model.vocabulary.level
    parts = [speed_text(playback.speed, unit)]
    if playback.race.ended:
        parts.append("■ all ended")
    elif playback.race.behind:
        parts.append("» catching up")
    else:
        parts.append("▶ playing" if playback.playing else "‖ paused")
    running = playback.playing and not playback.race.ended
    if with_rate and running and playback.speed is None and (rate := playback.meter.rate()):
        parts.insert(0, f"{speed_text(rate, unit)} a lane")
    return _BETWEEN.join(parts)


def variation_notice(game: RaceGame, keys: Shown) -> str:
    """What to say once the lanes vary in something else."""
    key = {name: shown for name in ("prompt", "model", "unit") for shown, _ in [keys.get(f"race.{name}", (name, ""))]}
    unit = f"{game.unit.name} ({game.unit.description})" if game.unit.description else game.unit.name
    said = {
        "seed": "Each lane uses its own seed",
        "prompt": f"{key['prompt']} edits the selected lane's prompt",
        "model": f"{key['model']} opens the next model in the selected lane",
        "hold": f"Lanes hold {unit} at different values; {key['unit']} picks a unit",
    }
    return said.get(game.vary, "")


def lane_names(game: RaceGame, lane: Lane) -> list[str]:
    """What distinguishes a lane from the others, the longest form first: what the lanes vary in, and the lane's
    controls where they differ, too.
    """
    controls = _controls_text(lane.controls)
    if game.vary == "temperature":
        return [controls]
    held = game.held(game.lanes.index(lane))
    value = "free" if held is None else hold_text(f"{held:g}sd")
    own = {
        "seed": [f"seed {lane.seed}", f"{lane.seed}"],
        "prompt": [f"“{lane.prompt}”"],
        "model": [lane.model.name, f"…{lane.model.name[-10:]}"],
        "hold": [f"{game.unit.name} {value}", value],
    }[game.vary]
    return own if _same_controls(game) else [*(f"{controls} {name}" for name in own), own[-1]]


def _same_controls(game: RaceGame) -> bool:
    """Whether the lanes have the same controls, held units aside."""
    return len({replace(lane.controls, hold={}) for lane in game.lanes}) == 1


def _controls_text(controls: Controls) -> str:
    return "greedy" if controls.greedy else f"T {controls.temperature:.2f}"
