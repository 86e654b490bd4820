"""What the set-up says about a plan: what each preset costs, what to expect, or what is in the way. Pure."""

from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.corpus_reading import Look
from charrnn_tui.train.setup.draft import Plan
from charrnn_tui.train.setup.estimates import Estimate, Estimates

_NETWORK_COLUMNS = 84  # the width from which on there is room for the network


def preset_costs(plan: Plan, estimates: Estimates, chosen: str) -> dict[str, str]:
    """What presets cost, by name; those that aren't known yet are being measured."""
    costs = {}
    for name, settings in plan.presets.items():
        estimate = estimates.of(settings, plan.file)
        if estimate is None:
            costs[name] = "measuring…" if name == chosen else "…"
        else:
            costs[name] = "–" if estimate.problem else estimate.text
    return costs


def network_text(settings: TrainingSettings) -> str:
    """The network, and how often it sees the text."""
    network = settings.network
    layers = f"{network.layers} × " if network.layers > 1 else ""
    epochs = "1 epoch" if settings.epochs == 1 else f"{settings.epochs} epochs"
    return f"{layers}{network.cell.upper()} {network.units} · {epochs}"


def obstacle(seen: Look | None, plan: Plan, estimate: Estimate | None, missing: str) -> str:
    """Why training can't start, in a line; empty if it can. `missing` says what has to be installed first."""
    if missing:
        return missing
    if seen is None:
        return "Reading…"
    if seen.reading is None:
        return "Nothing to learn from yet" if seen.problem else "Choose a text to learn from"
    if plan.settings is None:
        return plan.problem
    return estimate.problem if estimate is not None and estimate.refused else ""


def expectation(seen: Look | None, plan: Plan, estimate: Estimate | None, width: int) -> str:
    """How long training takes and how large the model gets, as far as that is known."""
    if seen is None or seen.survey is None or plan.settings is None:
        return ""
    if estimate is None:
        return "Measuring how long it takes on this machine…"
    if estimate.problem:
        return estimate.problem
    network = f"  ·  {network_text(plan.settings)}" if width >= _NETWORK_COLUMNS else ""
    return f"{estimate.text}, measured just now on this machine{network}"
