"""Units that the lanes of a race may hold, each with the property that it was found for. Knows no screen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from charrnn_engine.errors import ControlsError
from charrnn_engine.inside import Property, place_of, property_named, regex_property
from charrnn_engine.network.model import CharRNN


@dataclass(frozen=True)
class RacedUnit:
    """A unit by its name, such as `c2.145`; `description` says what it follows, and is empty if unknown."""

    name: str
    description: str
    what: Property
    """The property that the figures below the lanes measure."""


def known_units(model: CharRNN) -> list[RacedUnit]:
    """The units that the model's card lists and its network has."""
    listed = model.card.get("units") if isinstance(model.card, Mapping) else None
    units = [_listed(model, unit) for unit in listed] if isinstance(listed, list) else []
    return [unit for unit in units if unit is not None]


def first_unit(model: CharRNN) -> RacedUnit:
    """The first unit of the card; without one, unit 0 of the first layer."""
    position = property_named("line-position" if "\n" in model.vocabulary.ids else "word-position")
    return next(iter(known_units(model)), RacedUnit("h1.0", "", position))


def unit_named(model: CharRNN, name: str, before: RacedUnit) -> RacedUnit:
    """A unit of the network; one that the card doesn't list is measured by the property of the unit before it. Raises
    ControlsError for a unit that the network lacks.
    """
    place_of(model.network, name)
    unlisted = replace(before, name=name, description="")
    return next((unit for unit in known_units(model) if unit.name == name), unlisted)


def _listed(model: CharRNN, unit: object) -> RacedUnit | None:
    """A card is a file, so that anything may stand in it."""
    if not isinstance(unit, Mapping):
        return None
    name, description, what = (str(unit.get(key, "")) for key in ("unit", "name", "property"))
    try:
        place_of(model.network, name)
        is_regex = len(what) > 2 and what[0] == what[-1] == "/"
        return RacedUnit(name, description, regex_property(what[1:-1]) if is_regex else property_named(what))
    except ControlsError:
        return None
