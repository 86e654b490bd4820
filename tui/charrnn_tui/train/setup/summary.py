"""What is said of a set-up: what a preset is and costs, what to expect, or what stands in the way. Pure."""

from collections.abc import Mapping

from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.corpus_reading import Look
from charrnn_tui.train.setup.draft import Plan
from charrnn_tui.train.setup.estimates import Estimate, Estimates
from charrnn_tui.train.setup.preset_list import PresetRow


def preset_rows(
    plans: Mapping[str, TrainingSettings], estimates: Estimates, chosen: str, measured: bool
) -> dict[str, PresetRow]:
    """The lines of presets by their names; `measured` says whether estimates are to come at all."""
    rows = {}
    for name, settings in plans.items():
        estimate = estimates.of(settings)
        if estimate is None:
            cost = "" if not measured else "measuring …" if name == chosen else "…"
        else:
            cost = "–" if estimate.problem else estimate.text
        rows[name] = PresetRow(network_text(settings), cost)
    return rows


def network_text(settings: TrainingSettings) -> str:
    """What is trained, and how long."""
    network = settings.network
    layers = f"{network.layers} × " if network.layers > 1 else ""
    epochs = "1 epoch" if settings.epochs == 1 else f"{settings.epochs} epochs"
    return f"{layers}{network.cell.upper()} {network.units} · {epochs}"


def standing(seen: Look | None, plan: Plan, estimate: Estimate | None, missing: str, width: int) -> tuple[str, bool]:
    """A line of what to expect, or of what stands in the way, and whether it is the latter."""
    if seen is None:
        return "looking …", True
    if seen.reading is None:
        return "there is nothing to learn from yet" if seen.problem else "choose a text to learn from", True
    if plan.settings is None:
        return plan.problem, True
    if missing or seen.survey is None:
        return "", bool(missing)
    if estimate is None:
        return "measuring how long it takes on this machine …", False
    if estimate.problem:
        return estimate.problem, estimate.refused
    network = f"  ·  {network_text(plan.settings)}" if width >= 72 else ""
    return f"{estimate.text}, measured here{network}", False
