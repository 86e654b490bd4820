"""What the set-up says about a plan: what each preset costs, what to expect, or what is in the way. Pure."""

from collections.abc import Mapping

from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.corpus_reading import Look
from charrnn_tui.train.setup.draft import Plan
from charrnn_tui.train.setup.estimates import Estimate, Estimates
from charrnn_tui.train.setup.preset_list import PresetRow

_NETWORK_COLUMNS = 72  # the width from which on the start bar describes the network


def preset_rows(
    plans: Mapping[str, TrainingSettings], estimates: Estimates, chosen: str, measured: bool
) -> dict[str, PresetRow]:
    """The rows of presets by name; `measured` says whether estimates can be expected."""
    rows = {}
    for name, settings in plans.items():
        estimate = estimates.of(settings)
        if estimate is None:
            cost = "" if not measured else "measuring…" if name == chosen else "…"
        else:
            cost = "–" if estimate.problem else estimate.text
        rows[name] = PresetRow(network_text(settings), cost)
    return rows


def network_text(settings: TrainingSettings) -> str:
    """The network, and how often it sees the text."""
    network = settings.network
    layers = f"{network.layers} × " if network.layers > 1 else ""
    epochs = "1 epoch" if settings.epochs == 1 else f"{settings.epochs} epochs"
    return f"{layers}{network.cell.upper()} {network.units} · {epochs}"


def obstacle(seen: Look | None, plan: Plan, estimate: Estimate | None, missing: str) -> str:
    """Why training can't start, in a line; empty if it can."""
    if seen is None:
        return "Reading…"
    if seen.reading is None:
        return "Nothing to learn from yet" if seen.problem else "Choose a text to learn from"
    if plan.settings is None:
        return plan.problem
    if estimate is not None and estimate.refused:
        return estimate.problem
    return missing


def expectation(seen: Look | None, plan: Plan, estimate: Estimate | None, width: int) -> str:
    """How long training takes and how large the model gets, as far as that is known."""
    if seen is None or seen.survey is None or plan.settings is None:
        return ""
    if estimate is None:
        return "Measuring how long it takes on this machine…"
    if estimate.problem:
        return estimate.problem
    network = f"  ·  {network_text(plan.settings)}" if width >= _NETWORK_COLUMNS else ""
    return f"{estimate.text}, measured on this machine{network}"
