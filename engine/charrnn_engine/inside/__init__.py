"""Looking inside a network: what its units are while it reads a text, which of them follow a property of the text,
what holding them does, and which characters a prediction depends on.
"""

from charrnn_engine.inside.activations import activations, chunks_of_activations, own_texts, read_sample
from charrnn_engine.inside.connectivity import connectivity
from charrnn_engine.inside.contexts import Context, contexts
from charrnn_engine.inside.effects import Effect, measure_effects
from charrnn_engine.inside.properties import PROPERTIES, Property, property_named, regex_property
from charrnn_engine.inside.ranking import RankedUnit, Ranking, rank_units
from charrnn_engine.network.units import place_of, unit_names

__all__ = [
    "PROPERTIES",
    "Context",
    "Effect",
    "Property",
    "RankedUnit",
    "Ranking",
    "activations",
    "chunks_of_activations",
    "connectivity",
    "contexts",
    "measure_effects",
    "own_texts",
    "place_of",
    "property_named",
    "rank_units",
    "read_sample",
    "regex_property",
    "unit_names",
]
