"""Train the compact embedder on a folder or archive of photos; resumes by itself.

    python -m scripts.train_compact --data train.tar.xz --out run --minutes 60

Needs no labels: each photo is its own class, and its edited copies the examples. The
output folder gets checkpoint.pt, log.jsonl, progress.png and compact.safetensors; load
the last as the model `compact:run/compact.safetensors`.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from models.compact import CompactEmbedder, load_weights, save_weights
from models.compact_graph import Architecture
from models.errors import ModelError
from models.torch_run import choose_device
from models.training.loop import Recipe, StepLog, Trainer
from models.training.photos import load_photos
from scripts.plot_progress import plot_progress
from scripts.score_embedder import score_folder

LOG_EVERY_STEPS = 20


def main() -> None:
    """Parse the command line, train, and leave the weights in the output folder."""
    arguments = _parser().parse_args()
    recipe = Recipe(
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
    )
    try:
        train(
            arguments.data,
            arguments.out,
            recipe,
            minutes=arguments.minutes,
            device=arguments.device,
            threads=arguments.threads,
            dev=arguments.dev,
            dev_every=arguments.dev_every,
            num_workers=arguments.workers,
            input_px=arguments.input_px,
            weights=arguments.start_from,
        )
    except (OSError, ValueError, FloatingPointError, ModelError) as error:
        sys.exit(f"train_compact: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(name: str, kind: type, default: object, text: str) -> None:
        parser.add_argument(
            name, type=kind, default=default, help=f"{text} (%(default)s)"
        )

    parser.add_argument("--data", type=Path, required=True, help="folder or archive")
    parser.add_argument("--out", type=Path, required=True, help="created if missing")
    parser.add_argument("--dev", type=Path, help="references/, queries/, truth.csv")
    parser.add_argument("--start-from", type=Path, help="weights to train further")
    add("--minutes", float, 60.0, "training time in all, earlier runs counted in")
    add("--dev-every", float, 10.0, "minutes between checkpoints and dev figures")
    add("--device", str, "auto", "auto, cpu or cuda")
    add("--threads", int, 1, "of torch on a CPU")
    add("--workers", int, 0, "processes that draw edits; 0 draws them in this one")
    add("--batch-size", int, Recipe().batch_size, "pairs a step; kept when resumed")
    rate = Recipe().learning_rate
    add("--learning-rate", float, rate, "the highest; kept when resumed")
    add("--seed", int, 0, "of batches and first weights; kept when resumed")
    side = Architecture().input_px
    add("--input-px", int, side, "side of the pictures; start small, resume larger")
    return parser


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    *,
    minutes: float,
    device: str = "auto",
    threads: int = 1,
    dev: Path | None = None,
    dev_every: float = 10.0,
    num_workers: int = 0,
    input_px: int = Architecture().input_px,
    weights: Path | None = None,
) -> Path:
    """Train until the time is used up, with a checkpoint every `dev_every` minutes.

    Returns:
        The exported weights.
    """
    place = choose_device(device, threads=threads).type
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(out, dev)
    photos = load_photos(data)
    if run.checkpoint.is_file():
        trainer = Trainer.resume(run.checkpoint, device=place, input_px=input_px)
    elif weights is not None:
        architecture, arrays = load_weights(weights, remedy="Choose other weights.")
        architecture = replace(architecture, input_px=input_px)
        trainer = Trainer(architecture, recipe, device=place)
        trainer.start_from(arrays, next(iter(trainer.batches(photos))))
    else:
        architecture = Architecture(input_px=input_px)
        trainer = Trainer(architecture, recipe, device=place)
    message = f"{len(photos)} photos, {place}, from step {trainer.num_steps}"
    print(message, file=sys.stderr, flush=True)

    budget = 60 * minutes
    saved_at = logged_at = trainer.seconds
    recent: list[StepLog] = []
    busy_s = 0.0
    with run.log_file.open("a") as log:
        clock = time.monotonic()
        for batch in trainer.batches(photos, num_workers=num_workers):
            if trainer.seconds >= budget:
                break
            arrived = time.monotonic()
            recent.append(trainer.step(batch, progress=trainer.seconds / budget))
            now = time.monotonic()
            trainer.seconds += now - clock
            busy_s += now - arrived
            clock = now
            if len(recent) == LOG_EVERY_STEPS:
                busy = busy_s / max(trainer.seconds - logged_at, 1e-9)
                _write(log, _summary(recent, trainer, busy=busy))
                recent, busy_s, logged_at = [], 0.0, trainer.seconds
            if trainer.seconds - saved_at >= 60 * dev_every:
                saved_at = trainer.seconds
                run.save(trainer, log)
                clock = time.monotonic()
        run.save(trainer, log)
    return run.weights


class _Run:
    """The files of one run."""

    def __init__(self, folder: Path, dev: Path | None) -> None:
        self.checkpoint = folder / "checkpoint.pt"
        self.weights = folder / "compact.safetensors"
        self.log_file = folder / "log.jsonl"
        self._plot = folder / "progress.png"
        self._dev = dev

    def save(self, trainer: Trainer, log: TextIO) -> None:
        trainer.save(self.checkpoint)
        network = trainer.network
        save_weights(self.weights, network.architecture, network.weights())
        if self._dev is not None:
            figures = score_folder(CompactEmbedder(self.weights), self._dev)
            minutes = round(trainer.seconds / 60, 2)
            _write(log, {"step": trainer.num_steps, "minutes": minutes, **figures})
        plot_progress(self.log_file, self._plot)


def _summary(
    steps: list[StepLog], trainer: Trainer, *, busy: float
) -> dict[str, float]:
    """Sum up some steps; `busy` is the share of the time that the network had work.

    A step ends when its loss has been read, so on a GPU that is the GPU's share: more
    `--workers` draw edits faster where it is small.
    """
    num_pictures = 2 * trainer.recipe.batch_size * trainer.num_steps
    return {
        "step": trainer.num_steps,
        "minutes": round(trainer.seconds / 60, 2),
        "loss": round(sum(s.loss for s in steps) / len(steps), 4),
        "found": round(sum(s.found for s in steps) / len(steps), 4),
        "pictures_per_s": round(num_pictures / trainer.seconds, 1),
        "busy": round(busy, 3),
    }


def _write(log: TextIO, line: dict[str, float]) -> None:
    text = json.dumps(line)
    print(text, flush=True)
    log.write(text + "\n")
    log.flush()


if __name__ == "__main__":
    main()
