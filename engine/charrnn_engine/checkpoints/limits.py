"""How large a model may be that is opened. Within these limits reading it takes bounded time and memory."""

MAX_LAYERS = 64
MAX_SIZE = 65_536
"""Most units of a layer, or tokens of a vocabulary."""
MAX_PARAMETERS = 48_000_000
MAX_TABLE = MAX_PARAMETERS
"""Most floats of the table that an Embedding and the first layer's kernel are multiplied out to."""
MAX_CONFIG_BYTES = 2_000_000
MAX_JSON_BYTES = 8_000_000
"""Of vocabulary.json and card.json."""
MAX_WEIGHTS_BYTES = 512_000_000
"""Of the weights, which are read from the disk: with an optimizer's state they are several times the network."""
MAX_PACKED_BYTES = 64_000_000
"""Of weights that are deflated within an archive, which Keras doesn't do: they are unpacked in memory."""
