"""The compact embedder: our own small copy-detection network, run by ONNX Runtime.

Torch, whose import alone takes seconds, is imported only where a GPU is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import onnxruntime.capi.onnxruntime_pybind11_state as ort_state
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from models.calibration import Calibration, calibration_path, load_calibration
from models.compact_graph import Architecture, build_graph
from models.embedder import RGB, Region, Vectors, require_rgb
from models.errors import CorruptWeights
from models.weights_file import require_weights, write_hash

NAME = "compact"
SHIPPED = Path(__file__).parent / "weights" / "compact-v2.safetensors"
BATCH_SIZE = 16
"""Pictures a pass; larger ones gained nothing on a CPU."""
REDUCING_GAP = 2.0
"""Large pictures are first shrunk by whole pixels to this many times the input."""
FORMAT = "compact/1"
ORT_ERRORS = (ort_state.Fail, ort_state.InvalidArgument, ort_state.InvalidGraph)


class CompactEmbedder:
    """Embeds a picture and its regions in one pass of a small network.

    Attributes:
        name: `compact`, or `compact:<file>` for other weights than the shipped ones.
        weights_hash: SHA-256 of the weights file.
        calibration: as measured with these weights; None if no file lies beside them.
    """

    def __init__(
        self,
        weights: Path | None = None,
        *,
        device: str = "cpu",
        threads: int = 1,
        is_calibrated: bool = True,
    ) -> None:
        """Load the network.

        Args:
            weights: a file that `save_weights` wrote; None for the shipped one.
            device: `cpu` or `cuda`. In bfloat16 on a GPU a vector differs from the
                CPU's by what moves its score in the third decimal.
            threads: that one call may use on a CPU.
            is_calibrated: read the calibration beside the weights, if there is one.

        Raises:
            MissingWeights: no such file.
            CorruptWeights: cut off, altered, or not such a file.
            ModelError: CUDA was asked for, and there is none.
        """
        path = weights or SHIPPED
        remedy = (
            "Install the package again: the file is part of it."
            if weights is None
            else "Train it with scripts/train_compact.py, or use the model `compact`."
        )
        self.name = NAME if weights is None else f"{NAME}:{weights}"
        self.weights_hash = require_weights(path, remedy=remedy)
        self._architecture, arrays = load_weights(path, remedy=remedy)
        self.calibration: Calibration | None = None
        if is_calibrated:
            self.calibration = load_calibration(path, self.weights_hash, remedy=remedy)
        self._run, self._batch_size = _start(
            path, self._architecture, arrays, device, threads
        )
        if self.calibration and self.calibration.background.shape[1] != self.dim:
            raise CorruptWeights(
                f"{calibration_path(path)}: its background has vectors of "
                f"{self.calibration.background.shape[1]} values, the weights give "
                f"{self.dim}. {remedy}"
            )

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._architecture.dim

    @property
    def input_px(self) -> int:
        """Side of the square that a picture is squashed to."""
        return self._architecture.input_px

    @property
    def regions(self) -> tuple[Region, ...]:
        """What `embed_regions` looks at; the first is the whole picture."""
        return self._architecture.regions

    def embed(self, images: Sequence[RGB]) -> Vectors:
        """Embed whole pictures; see `Embedder.embed`."""
        return np.ascontiguousarray(self.embed_regions(images)[:, 0])

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        """Embed every region of each picture; see `Embedder.embed_regions`."""
        parts = [np.zeros((0, len(self.regions), self.dim), np.float32)]
        for start in range(0, len(images), self._batch_size):
            batch = images[start : start + self._batch_size]
            parts.append(self._run(np.stack([self._square(image) for image in batch])))
        return np.concatenate(parts)

    def _square(self, image: RGB) -> RGB:
        require_rgb(image)
        side = (self.input_px, self.input_px)
        resized = Image.fromarray(image).resize(
            side, Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP
        )
        return np.asarray(resized)


def _start(
    path: Path,
    architecture: Architecture,
    arrays: Mapping[str, NDArray[np.float32]],
    device: str,
    threads: int,
) -> tuple[Callable[[RGB], NDArray[np.float32]], int]:
    """Get the network ready; return what runs it, and how many pictures a pass."""
    errors: tuple[type[Exception], ...] = ORT_ERRORS
    try:
        if device == "cpu":
            return start_session(architecture, arrays, threads), BATCH_SIZE
        from models.compact_cuda import BATCH_SIZE as CUDA_BATCH_SIZE
        from models.compact_cuda import start_network
        from models.torch_run import choose_device

        errors = (RuntimeError,)
        chosen = choose_device(device, threads=threads)
        return start_network(architecture, arrays, chosen), CUDA_BATCH_SIZE
    except KeyError as error:
        raise CorruptWeights(
            f"{path}: the array {error} of its own architecture is missing. "
            "Export it again with scripts/train_compact.py."
        ) from error
    except errors as error:
        raise CorruptWeights(
            f"{path}: its arrays do not fit its architecture ({error}). "
            "Export it again with scripts/train_compact.py."
        ) from error


def start_session(
    architecture: Architecture, arrays: Mapping[str, NDArray[np.float32]], threads: int
) -> Callable[[RGB], NDArray[np.float32]]:
    """Get ONNX Runtime ready; see `models.compact_cuda.start_network`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        build_graph(architecture, arrays),
        options,
        providers=["CPUExecutionProvider"],
    )

    def run(pixels: RGB) -> NDArray[np.float32]:
        embedded: NDArray[np.float32] = session.run(None, {"pixels": pixels})[0]
        return embedded

    return run


def load_weights(
    path: Path, *, remedy: str
) -> tuple[Architecture, dict[str, NDArray[np.float32]]]:
    """Read a compact network's shape and arrays.

    Raises:
        CorruptWeights: not a file that `save_weights` wrote.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise CorruptWeights(
                    f"{path}: expected weights of format {FORMAT}, found "
                    f"{metadata.get('format', 'another model')}. {remedy}"
                )
            architecture = Architecture.from_json(metadata["architecture"])
            arrays = {
                name: file.get_tensor(name).astype(np.float32)
                for name in sorted(file.keys())
            }
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CorruptWeights(
            f"{path}: no compact weights in it ({error}). {remedy}"
        ) from error
    return architecture, arrays


def save_weights(
    path: Path,
    architecture: Architecture,
    arrays: Mapping[str, NDArray[np.float32]],
) -> None:
    """Write weights as float16 with their architecture, and the hash file beside."""
    metadata = {"format": FORMAT, "architecture": architecture.to_json()}
    # safetensors writes the bytes as they lie, so they must lie in the order of indices
    halves = {name: array.astype(np.float16, "C") for name, array in arrays.items()}
    path.write_bytes(save(halves, metadata))
    write_hash(path)
