"""Embedders by name; only what a name needs is imported."""

from pathlib import Path

from models.embedder import Embedder
from models.errors import UnknownModel

KNOWN_NAMES = (
    "`compact`, `compact:<weights file>`, "
    "`open_clip:<model>/<pretrained tag or checkpoint file>`, `torchscript:<file>`"
)


def full_name(name: str) -> str:
    """Spell a name so that it means the same from every folder."""
    kind, colon, argument = name.partition(":")
    before, slash, file = "", "", argument
    if kind == "open_clip":
        before, slash, file = argument.partition("/")
    if not file or not Path(file).is_file():
        return name
    return f"{kind}{colon}{before}{slash}{Path(file).absolute()}"


def load_embedder(name: str, *, device: str = "auto", threads: int = 1) -> Embedder:
    """Load an embedder.

    `compact` runs by torch on the device `cuda` alone, and never imports it otherwise:
    `auto` is the CPU for it, where its network takes less time than decoding does.

    Args:
        name: `compact`, `compact:<weights file>`, `open_clip:<model>/<tag or file>`
            or `torchscript:<file>`.
        device: `auto`, `cpu` or `cuda`; `auto` is CUDA where there is one.
        threads: that one call may use on a CPU.

    Raises:
        UnknownModel: nothing goes by that name.
        MissingWeights: the weights are not there, or could not be downloaded.
        CorruptWeights: the weights are damaged, or another model's.
        ModelError: the device is not there.
    """
    kind, _, argument = name.partition(":")
    if kind == "compact" and (argument or name == "compact"):
        from models.compact import CompactEmbedder

        return CompactEmbedder(
            Path(argument) if argument else None,
            device="cuda" if device == "cuda" else "cpu",
            threads=threads,
        )
    if kind == "open_clip":
        model, _, weights = argument.partition("/")
        if model and weights:
            from models.clip import ClipEmbedder

            return ClipEmbedder(model, weights, device=device, threads=threads)
    if kind == "torchscript" and argument:
        from models.torchscript import TorchScriptEmbedder

        return TorchScriptEmbedder(Path(argument), device=device, threads=threads)
    raise UnknownModel(f"No model goes by the name {name!r}. There are {KNOWN_NAMES}.")
