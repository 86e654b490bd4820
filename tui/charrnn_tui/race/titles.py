"""What the title bar and the lines above the lanes say about a race. Knows no widgets."""

from charrnn_engine.generation.race import Lane
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.game import RaceGame
from charrnn_tui.ui.formats import speed_text

_BETWEEN = "  ·  "


def title(game: RaceGame) -> str:
    """The model, seed and controls that all lanes have in common, as far as they have."""
    lanes = game.lanes
    first = lanes[0]
    parts = ["race"]
    if all(lane.model is first.model for lane in lanes):
        parts.append(first.model.name)
    if all(lane.seed == first.seed for lane in lanes):
        parts.append(f"seed {first.seed}")
    if game.vary != "temperature" and _same_controls(game):
        parts.append(_controls_text(first.controls))
    return _BETWEEN.join(parts)


def state(game: RaceGame, *, with_rate: bool) -> str:
    """The speed and whether the lanes run, with the measured rate at full speed if asked for."""
    playback = game.playback
    parts = [speed_text(playback.speed)]
    if playback.race.ended:
        parts.append("■ all ended")
    elif playback.race.behind:
        parts.append("» catching up")
    else:
        parts.append("▶ playing" if playback.playing else "‖ paused")
    running = playback.playing and not playback.race.ended
    if with_rate and running and playback.speed is None and (rate := playback.meter.rate()):
        parts.insert(0, f"{rate:,.0f} chars/s a lane")
    return _BETWEEN.join(parts)


def lane_name(game: RaceGame, lane: Lane) -> str:
    """What distinguishes a lane from the others: what the race varies in, and its controls if they differ."""
    controls = _controls_text(lane.controls)
    if game.vary == "temperature":
        return controls
    own = {"seed": f"seed {lane.seed}", "prompt": f"“{lane.prompt}”", "model": lane.model.name}[game.vary]
    return own if _same_controls(game) else f"{controls} {own}"


def _same_controls(game: RaceGame) -> bool:
    return len({lane.controls for lane in game.lanes}) == 1


def _controls_text(controls: Controls) -> str:
    return "greedy" if controls.greedy else f"T {controls.temperature:.2f}"
