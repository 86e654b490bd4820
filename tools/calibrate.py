"""Temperature scaling (Guo et al. 2017, arXiv:1706.04599): one number, fitted on the validation part, by which the
logits of a trained model are multiplied, so that it is as sure as it is right. Needs no TensorFlow.

`python tools/calibrate.py FOLDER CORPUS --held-out 0.1` rewrites the checkpoint in FOLDER with
the number multiplied into its head. The last tenth of the corpus is what training with `--validation 0.1` left out.
"""

import argparse
import io
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from charrnn_engine.checkpoints.model_files import head_arrays
from charrnn_engine.checkpoints.store import MODEL_FILE, load, write_checkpoint
from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.encoding import encoder
from charrnn_engine.evaluation.scoring import WINDOW, score, window_rows
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import CharRNN

_LEAST, _MOST, _PRECISION = 0.3, 1.5, 0.01
_GOLDEN = (5**0.5 - 1) / 2


def loss(model: CharRNN, ids: NDArray[np.int32], scale: float) -> float:
    """Nats per token on windows of 256 from a fresh state, with the logits multiplied by `scale`."""
    head = model.network.head
    scaled = Dense(head.kernel * np.float32(scale), head.bias * np.float32(scale))
    other = replace(model, network=replace(model.network, head=scaled))
    return score(other, window_rows(ids, model.vocabulary, WINDOW)).nats_per_token


def fitted_scale(model: CharRNN, ids: NDArray[np.int32]) -> float:
    """The scale of the least loss, to a hundredth, by golden section: the loss is convex in it."""
    low, high = _LEAST, _MOST
    inner = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    losses = [loss(model, ids, scale) for scale in inner]
    while high - low > _PRECISION:
        if losses[0] < losses[1]:
            high, inner[1], losses[1] = inner[1], inner[0], losses[0]
            inner[0] = high - _GOLDEN * (high - low)
            losses[0] = loss(model, ids, inner[0])
        else:
            low, inner[0], losses[0] = inner[0], inner[1], losses[1]
            inner[1] = low + _GOLDEN * (high - low)
            losses[1] = loss(model, ids, inner[1])
    return round((low + high) / 2, 2)


def rescale(model_file: Path, scale: float, target: Path) -> None:
    """Rewrites the archive with the kernel and bias of the head multiplied by `scale`."""
    with zipfile.ZipFile(model_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        for path in head_arrays(model_file):
            file[path][...] = (file[path][()].astype(np.float64) * scale).astype(file[path].dtype)
    members["model.weights.h5"] = weights.getvalue()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def calibrate(folder: Path, corpus: str, held_out: float) -> float:
    """Fits the scale on the end of a running text and rewrites the checkpoint; returns the scale.

    The card says so and loses its held-out figures, which no longer hold: measure again. Raises CharRNNError for a
    checkpoint that is none, one that was calibrated before, or a corpus that can't be read.
    """
    model = load(folder)
    if "calibration" in model.card:
        raise CharRNNError(f"{folder}: it has been calibrated before")
    ids = encoder(model.vocabulary)("".join(Source(corpus, ()).chunks()))
    ids = ids[int(len(ids) * (1 - held_out)) :]
    scale = fitted_scale(model, ids)
    with tempfile.TemporaryDirectory() as temporary:
        rescaled = Path(temporary) / MODEL_FILE
        rescale(folder / MODEL_FILE, scale, rescaled)
        card = {key: value for key, value in model.card.items() if key != "held_out"}
        card["calibration"] = {
            "logits_multiplied_by": scale,
            "fitted_on": f"the last {held_out:.0%} of {Path(corpus).name}, which chose the best epoch, too",
            "loss_before": round(loss(model, ids, 1.0), 4),
            "command": f"python tools/calibrate.py {folder.name} {Path(corpus).name} --held-out {held_out:g}",
        }
        write_checkpoint(folder, rescaled, model.vocabulary, card)
    return scale


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus")
    parser.add_argument("--held-out", type=float, default=0.1, metavar="FRACTION")
    arguments = parser.parse_args()
    try:
        scale = calibrate(arguments.folder, arguments.corpus, arguments.held_out)
    except CharRNNError as error:
        print(f"calibration: {error}", file=sys.stderr)
        return 2
    print(f"logits multiplied by {scale:g}; measure again with: charrnn-tui evaluate --record", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
