"""What the set-up says about a plan: the cost of each preset, and what to expect or what is in the way. Pure."""

from charrnn_engine.corpus.survey import Survey
from charrnn_engine.runs.limits import rough_seconds
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.corpus_reading import Look
from charrnn_tui.train.setup.draft import Plan
from charrnn_tui.train.setup.estimates import Estimate, Estimates

_START_SECONDS = 8.0  # of TensorFlow, where it hasn't been measured
_NETWORK_COLUMNS = 84  # the width from which on there is room for the network


def preset_costs(plan: Plan, estimates: Estimates, survey: Survey) -> dict[str, str]:
    """The time and size of each preset, by name: `≈` if measured, `about` if worked out from the sizes.

    A measured preset shows how fast this machine is, which makes the others more exact.
    """
    measured = {
        name: found
        for name, settings in plan.presets.items()
        if (found := estimates.of(settings, plan.file)) is not None
    }
    rough = {
        name: rough_seconds(settings, survey.characters, len(survey.alphabet))
        for name, settings in plan.presets.items()
    }
    pace, start = 1.0, _START_SECONDS
    for name, found in measured.items():
        if not found.problem and rough[name][0]:
            pace, start = (found.seconds - found.start_seconds) / rough[name][0], found.start_seconds
    costs = {}
    for name, (seconds, size) in rough.items():
        if name in measured:
            costs[name] = "–" if measured[name].problem else f"≈ {measured[name].text}"
        else:
            costs[name] = f"about {Estimate(start, pace * seconds, size, epochs=1).text}"
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
        return "Measuring exactly how long it takes on this machine…"
    if estimate.problem:
        return estimate.problem
    network = f"  ·  {network_text(plan.settings)}" if width >= _NETWORK_COLUMNS else ""
    return f"≈ {estimate.text}, measured just now on this machine{network}"
