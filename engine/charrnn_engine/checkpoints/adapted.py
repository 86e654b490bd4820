"""Writes a model whose head has learnt something as a checkpoint: a copy of the archive that it came from, with the
head's numbers replaced where they lie. Needs neither Keras nor h5py.
"""

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charrnn_engine.checkpoints.files import named
from charrnn_engine.checkpoints.hdf5_file import HDF5File
from charrnn_engine.checkpoints.limits import MAX_PACKED_BYTES, MAX_WEIGHTS_BYTES
from charrnn_engine.checkpoints.model_files import head_arrays
from charrnn_engine.checkpoints.store import MODEL_FILE, write_checkpoint
from charrnn_engine.checkpoints.zip_members import ZipMembers
from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import CharRNN

_WEIGHTS = "model.weights.h5"


def write_adapted(folder: Path, source: Path, model: CharRNN, learnt: Mapping[str, Any]) -> None:
    """Writes `model` to `folder`, which is whole at every instant, as `write_checkpoint` does. `source` is the file
    of the model that it was before; `find_checkpoint` names it.

    The head is stored with the precision that the archive has: as float16 it is rounded to about a thousandth. The
    card says what was `learnt`, and loses its held-out figures, which no longer hold. Raises CheckpointError for a
    source that isn't a Keras archive with plain arrays and a head of this shape, and OSError if the disk refuses.
    """
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / MODEL_FILE
        with named(source):
            _copy_with_head(source, copy, model.network.head)
        card = {key: value for key, value in model.card.items() if key != "held_out"}
        write_checkpoint(folder, copy, model.vocabulary, {**card, "adapted": dict(learnt)})


def _copy_with_head(source: Path, target: Path, head: Dense) -> None:
    if source.suffix != ".keras":
        raise CheckpointError("what was learnt can only be written beside a Keras archive (.keras)")
    ways, arrays = head_arrays(source), (head.kernel, head.bias)
    if len(ways) != len(arrays):
        raise CheckpointError("its head has no bias, which is learnt too, so that there is no place for it")
    with ZipMembers(source) as archive:
        file, size = archive.open(_WEIGHTS, MAX_WEIGHTS_BYTES, MAX_PACKED_BYTES)
        structure = HDF5File(file, size)
        file.seek(0)
        weights = bytearray(file.read(size))
        for way, array in zip(ways, arrays, strict=True):
            place = structure.dataset(way)
            if place is None or place.shape != array.shape or place.chunk_shape or place.filters or not place.dtype:
                raise CheckpointError("its head is stored in another shape, or packed, so it can't be replaced")
            assert place.address is not None  # it has been read from there
            weights[place.address : place.address + place.size] = np.asarray(array, place.dtype).tobytes()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, bytes(weights) if name == _WEIGHTS else old.read(name))
