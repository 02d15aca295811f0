"""The compact network as it is run: an ONNX graph built from named arrays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from models.embedder import WHOLE, Region

OPSET = 17
IR_VERSION = 8
GEM_EPSILON = 1e-4
"""Smallest activation that is pooled: keeps the cube root's slope finite."""
NORM_EPSILON = 1e-6
"""Shortest length that a vector is divided by."""

REGIONS = (
    WHOLE,
    *(
        Region(left, top, left + 0.5, top + 0.5)
        for top in (0.0, 0.25, 0.5)
        for left in (0.0, 0.25, 0.5)
    ),
)
"""The whole, and nine windows of half its width and height that overlap by half.

On copies inside screenshots and collages they found more than centre, quadrants and
halves did (accuracy at 1 0.55 instead of 0.45), at the same number.
"""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape and preprocessing of a compact network; travels inside its weights file.

    Attributes:
        input_px: side of the square that a picture is squashed to.
        mean: of each channel, of values in 0..1.
        std: of each channel, of values in 0..1.
        widths: channels of each stage; each stage halves the map.
        blocks: residual blocks of each stage, after the halving convolution.
        pooled: stages whose maps are pooled: low ones know texture and color.
        dim: length of an embedding.
        regions: what is pooled from the last map; the first is `WHOLE`.
    """

    input_px: int = 160
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    widths: tuple[int, ...] = (32, 64, 128, 192)
    blocks: tuple[int, ...] = (0, 0, 1, 1)
    pooled: tuple[int, ...] = (1, 2, 3)
    dim: int = 256
    regions: tuple[Region, ...] = REGIONS

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.blocks):
            raise ValueError(f"{len(self.widths)} widths but {len(self.blocks)} blocks")
        if self.input_px % 2 ** len(self.widths):
            raise ValueError(
                f"input_px {self.input_px} is no multiple of {2 ** len(self.widths)}"
            )
        if not self.pooled or not set(self.pooled) <= set(range(len(self.widths))):
            raise ValueError(f"pooled {self.pooled} of {len(self.widths)} stages")
        if not self.regions or self.regions[0] != WHOLE:
            raise ValueError("the first region must be the whole picture")

    def map_px(self, stage: int) -> int:
        """Side of a stage's feature map."""
        return int(self.input_px // 2 ** (stage + 1))

    def to_json(self) -> str:
        """Write as JSON, to be stored beside the arrays."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: not such a text.
        """
        fields = json.loads(text)
        mean, std = (tuple(float(v) for v in fields[k]) for k in ("mean", "std"))
        if len(mean) != 3 or len(std) != 3:
            raise ValueError("mean and std must have three values")
        return cls(
            input_px=int(fields["input_px"]),
            mean=(mean[0], mean[1], mean[2]),
            std=(std[0], std[1], std[2]),
            widths=tuple(int(w) for w in fields["widths"]),
            blocks=tuple(int(b) for b in fields["blocks"]),
            pooled=tuple(int(s) for s in fields["pooled"]),
            dim=int(fields["dim"]),
            regions=tuple(Region(*map(float, r)) for r in fields["regions"]),
        )


def region_weights(regions: Sequence[Region], map_px: int) -> NDArray[np.float32]:
    """Weigh the cells of a square map by how much of each a region covers.

    Returns:
        (map_px * map_px, len(regions)); every column sums to 1.
    """
    edges = np.arange(map_px + 1) / map_px
    columns = []
    for region in regions:
        across = _coverage(edges, region.left, region.right)
        down = _coverage(edges, region.top, region.bottom)
        weights = np.outer(down, across).ravel()
        columns.append(weights / weights.sum())
    return np.stack(columns, axis=1).astype(np.float32)


def _coverage(
    edges: NDArray[np.float64], start: float, stop: float
) -> NDArray[np.float64]:
    covered: NDArray[np.float64] = np.clip(edges, start, stop)
    return np.diff(covered)


def build_graph(
    architecture: Architecture, weights: Mapping[str, NDArray[np.float32]]
) -> bytes:
    """Build the ONNX model that embeds every region of a batch.

    Its input `pixels` is (n, input_px, input_px, 3) uint8; its output `embeddings`
    is (n, regions, dim) float32, L2-normalized.

    Args:
        architecture: shape of the network.
        weights: the arrays that `CompactNetwork.weights` names.

    Raises:
        KeyError: an array is missing.
    """
    graph = _Graph(weights)
    features = graph.normalize_pixels(architecture)
    pooled: list[str] = []
    for s, num_blocks in enumerate(architecture.blocks):
        features = graph.conv(features, f"stage{s}.block0.conv0", stride=2)
        for b in range(1, num_blocks + 1):
            features = graph.residual(features, f"stage{s}.block{b}")
        if s in architecture.pooled:
            mask = region_weights(architecture.regions, architecture.map_px(s))
            pooled.append(graph.pool(features, mask))
    graph.project(pooled)
    return graph.serialize(architecture)


class _Graph:
    """Collects the nodes and constants of one model."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def normalize_pixels(self, architecture: Architecture) -> str:
        planes = self._node("Transpose", "pixels", perm=[0, 3, 1, 2])
        values = self._node("Cast", planes, to=TensorProto.FLOAT)
        std = np.array(architecture.std, np.float32)[:, None, None]
        mean = np.array(architecture.mean, np.float32)[:, None, None]
        scaled = self._node("Mul", values, self._constant("scale", 1 / (255 * std)))
        return self._node("Sub", scaled, self._constant("shift", mean / std))

    def conv(self, features: str, name: str, *, stride: int = 1) -> str:
        return self._node("Relu", self._linear_conv(features, name, stride))

    def residual(self, features: str, name: str) -> str:
        inner = self.conv(features, f"{name}.conv0")
        change = self._linear_conv(inner, f"{name}.conv1", 1)
        return self._node("Relu", self._node("Add", features, change))

    def pool(self, features: str, mask: NDArray[np.float32]) -> str:
        """Pool (n, c, h, w) to (n, regions, c): the cube root of the mean cube (GeM).

        Args:
            features: name of the map.
            mask: (h * w, regions), which makes all regions one matrix product.
        """
        shape = np.array([0, 0, len(mask)], np.int64)
        cells = self._node("Reshape", features, self._constant("cells", shape))
        floor = self._constant("floor", np.float32(GEM_EPSILON))
        clamped = self._node("Max", cells, floor)
        squared = self._node("Mul", clamped, clamped)
        cubed = self._node("Mul", squared, clamped)
        means = self._node("MatMul", cubed, self._constant("region_mask", mask))
        root = self._constant("root", np.float32(1 / 3))
        pooled = self._node("Pow", means, root)
        per_region = self._node("Transpose", pooled, perm=[0, 2, 1])
        return self._node("Div", per_region, self._length(per_region))

    def project(self, pooled: Sequence[str]) -> None:
        joined = self._node("Concat", *pooled, axis=2)
        matrix = self._constant("project", self._weights["project.weight"].T)
        product = self._node("MatMul", joined, matrix)
        bias = self._constant("project_bias", self._weights["project.bias"])
        vectors = self._node("Add", product, bias)
        self._node("Div", vectors, self._length(vectors), out="embeddings")

    def _length(self, vectors: str) -> str:
        lengths = self._node("ReduceL2", vectors, axes=[2], keepdims=1)
        tiny = self._constant("tiny", np.float32(NORM_EPSILON))
        return self._node("Max", lengths, tiny)

    def serialize(self, architecture: Architecture) -> bytes:
        side, num_regions = architecture.input_px, len(architecture.regions)
        pixels = helper.make_tensor_value_info(
            "pixels", TensorProto.UINT8, ["n", side, side, 3]
        )
        embeddings = helper.make_tensor_value_info(
            "embeddings", TensorProto.FLOAT, ["n", num_regions, architecture.dim]
        )
        graph = helper.make_graph(
            self._nodes, "compact", [pixels], [embeddings], self._constants
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        return bytes(model.SerializeToString())

    def _linear_conv(self, features: str, name: str, stride: int) -> str:
        kernel = self._constant(f"{name}.weight", self._weights[f"{name}.weight"])
        bias = self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        return self._node(
            "Conv", features, kernel, bias, strides=[stride] * 2, pads=[1] * 4
        )

    def _constant(self, name: str, values: NDArray[np.generic] | np.generic) -> str:
        array = np.ascontiguousarray(values) if np.ndim(values) else np.asarray(values)
        name = f"{name}.{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def _node(
        self, kind: str, *inputs: str, out: str = "", **attributes: int | list[int]
    ) -> str:
        name = out or f"{kind.lower()}{len(self._nodes)}"
        node = helper.make_node(kind, list(inputs), [name])
        node.attribute.extend(
            helper.make_attribute(key, value) for key, value in attributes.items()
        )
        self._nodes.append(node)
        return name
