"""What the parts of the benchmark stand on: pictures, a catalogue, a larger one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.catalogue.search_index import SearchIndex
from detector.cli.engine import load_extractor
from detector.listings.scan import Scanner
from detector.matching.retrieve import Channel
from detector.settings import Settings
from detector.store.store import Store, open_store
from scripts.benchmarks.crowd import CrowdDescriptions, crowd_vectors, save_settled
from scripts.benchmarks.crowd_scan import crowd_scanner, load_channels
from scripts.benchmarks.pictures import Pictures, draw_pictures
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.steps import Steps
from scripts.benchmarks.timing import Timing

Tell = Callable[[str], None]


class Bench:
    """Everything ready to be measured.

    Attributes:
        plan: how much to measure.
        folder: to put files in.
        data: data directory of the service, in `folder`.
        settings: of the product, from the environment.
        threads: one per core, or as set.
        pictures: drawn.
        store: of the catalogue.
        extractor: decodes and embeds.
        index: up to date.
        importing: how long it took to take in the references.
        tell: says what is being done.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        settings: Settings,
        store: Store,
        *,
        data: Path,
        tell: Tell,
    ) -> None:
        """Draw pictures, import the references and bring the index up to date."""
        self.plan = plan
        self.folder = folder
        self.data = data
        self.settings = settings
        self.threads = settings.num_threads
        self.store = store
        self.tell = tell
        self.extractor = load_extractor(settings)
        tell(f"Drawing {plan.references:,} references, and queries")
        self.pictures: Pictures = draw_pictures(
            folder / "pictures",
            num_references=plan.references,
            num_copies=plan.copies,
            num_innocent=plan.innocent,
            seed=plan.seed,
            workers=self.threads,
        )
        tell("Importing the references")
        self.importing = _import(
            store, self.extractor, self.pictures.references, self.threads
        )
        self.index = SearchIndex(
            store, self.extractor, threads=self.threads, on_note=tell
        )
        self.index.refresh()
        self.index.save()

    @cached_property
    def mixed(self) -> Steps:
        """The steps of a scan of one copy among ten pictures."""
        return Steps(self.store, self.extractor, self.index, self.pictures.mixed)

    @property
    def num_crowd(self) -> int:
        """References of the larger catalogue."""
        return self.plan.crowd * len(self.index)

    @property
    def drawn_folder(self) -> Path:
        """Where the larger catalogue's vectors lie as they are: see `crowd_folder`."""
        return self.folder / "drawn"

    @cached_property
    def crowd_folder(self) -> Path:
        """Where the indexes of the larger catalogue lie, by kind of the model."""
        self.tell(f"Adding synthetic references: {self.num_crowd:,} in all")
        folder = self.folder / "crowd"
        for kind, _, index in self.index.channels:
            drawn = self.drawn_folder / kind
            crowd_vectors(index, drawn, self.plan.crowd, seed=self.plan.seed)
            save_settled(drawn, folder / kind)
        return folder

    @cached_property
    def crowd_channels(self) -> list[Channel]:
        """The models, each with the index of the larger catalogue."""
        return load_channels(self.extractor, self.crowd_folder)

    def crowd_scanner(self) -> tuple[Scanner, CrowdDescriptions]:
        """Make a scanner of the larger catalogue, for one thread."""
        return crowd_scanner(self.store, self.extractor, self.crowd_channels)


@contextmanager
def set_up(plan: Plan, folder: Path, settings: Settings, tell: Tell) -> Iterator[Bench]:
    """Get everything ready in an empty folder.

    Raises:
        DetectorError: a setting, or the folder, cannot be used.
        ModelError: a model cannot be loaded.
    """
    data = folder / "data"
    store = open_store(data)
    try:
        yield Bench(plan, folder, settings, store, data=data, tell=tell)
    finally:
        store.close()


def _import(store: Store, extractor: Extractor, folder: Path, threads: int) -> Timing:
    cpu_start, start = time.process_time(), time.perf_counter()
    report = import_folder(
        store, folder, brand="Benchmark", extractor=extractor, threads=threads
    )
    wall_s = time.perf_counter() - start
    cpu_s = time.process_time() - cpu_start
    name = f"references, {threads} threads"
    return Timing("import", name, "picture", len(report.added), wall_s, cpu_s)
