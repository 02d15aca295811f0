"""Draw the demo: a catalogue of invented brands, listing photos, and the truth.

    python -m scripts.draw_demo --out demo

writes below the folder:

    catalogue/<Brand>/<kind>/*.jpg   the brands' own photos: the references
    listings/*                       the photos under suspicion: the queries
    broken/*                         two damaged files, in no table
    truth.csv                        query,reference,family
    colourways.csv                   query,nearest_reference

A query of `truth.csv` is a file name below listings/, a reference a path below
catalogue/. An empty reference means that nothing in the catalogue is right. A collage
may show several catalogue photos: it then has one row for each, the query repeated.
Queries of the family `colourway` show a design in a color that the catalogue lacks:
their reference is empty, and `colourways.csv` names the photo that they resemble.

The same seed draws the same bytes.
"""

import argparse
import csv
import io
import multiprocessing
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from detector.errors import InvalidInput
from scripts.demo.listings import Listing, draw_listing, encoded, plan_listings
from scripts.demo.photos import Photo, catalogue_photos, designs, studio_photo

MARKER = ".drawn-demo"
_OURS = ("catalogue", "listings", "broken", "truth.csv", "colourways.csv", MARKER)
_NOT_OURS_TO_JUDGE = {"report.html"}
_JPEG_QUALITY = 90
_Task = TypeVar("_Task")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn.

    Attributes:
        num_products: designs in the catalogue.
        photos_by_kind: reference pictures of each kind of product.
        listings_by_family: listing photos of each family.
    """

    num_products: int
    photos_by_kind: dict[str, int]
    listings_by_family: dict[str, int]


def draw_demo(
    out: Path,
    *,
    seed: int = 7,
    num_products: int | None = None,
    per_family: int = 12,
    num_workers: int = 2,
) -> Drawn:
    """Draw everything below `out`, replacing what an earlier run drew there.

    Args:
        out: the folder; must be new, empty, or drawn by this function.
        seed: decides every design and every edit.
        num_products: draw only the first so many products; None for all.
        per_family: listings of each family of edits; other families are multiples.
        num_workers: processes; the result does not depend on it.

    Raises:
        InvalidInput: the folder holds files that this function did not write.
    """
    _clear(out)
    products = designs(seed)[:num_products]
    photos = catalogue_photos(products)
    plans = plan_listings(photos, per_family, seed)
    (out / "listings").mkdir()
    for folder in {(out / "catalogue" / photo.path).parent for photo in photos}:
        folder.mkdir(parents=True, exist_ok=True)
    _run(_write_photo, [(out, photo) for photo in photos], num_workers)
    _run(_write_listing, [(out, plan) for plan in plans], num_workers)
    _write_broken(out, photos[0])
    _write_table(
        out / "truth.csv",
        ("query", "reference", "family"),
        ((p.name, ref, p.family) for p in plans for ref in p.references or ("",)),
    )
    _write_table(
        out / "colourways.csv",
        ("query", "nearest_reference"),
        ((p.name, p.sources[0].path) for p in plans if p.family == "colourway"),
    )
    return Drawn(
        num_products=len(products),
        photos_by_kind=dict(Counter(photo.design.kind for photo in photos)),
        listings_by_family=dict(Counter(plan.family for plan in plans)),
    )


def _clear(out: Path) -> None:
    """Make the folder ready, or refuse it."""
    if out.exists() and not out.is_dir():
        raise InvalidInput(
            f"{out} is a file, not a folder.",
            remedy="Name another folder with --out, or remove the file.",
        )
    out.mkdir(parents=True, exist_ok=True)
    present = {path.name for path in out.iterdir()}
    if not (out / MARKER).exists() and present - _NOT_OURS_TO_JUDGE:
        raise InvalidInput(
            f"{out} holds files that the demo did not draw.",
            remedy="Name a new folder with --out, or empty this one.",
        )
    (out / MARKER).write_text(
        "Drawn by scripts.draw_demo; drawing again replaces it.\n"
    )
    for name in _OURS[:-1]:
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _run(work: Callable[[_Task], None], tasks: list[_Task], num_workers: int) -> None:
    """Do the tasks, spread over processes; their order does not matter."""
    if num_workers <= 1:
        for task in tasks:
            work(task)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_workers, mp_context=context) as pool:
        for _ in pool.map(work, tasks, chunksize=4):
            pass


def _write_photo(task: tuple[Path, Photo]) -> None:
    out, photo = task
    path = out / "catalogue" / photo.path
    studio_photo(photo).save(path, "JPEG", quality=_JPEG_QUALITY)


def _write_listing(task: tuple[Path, Listing]) -> None:
    out, plan = task
    originals = []
    for photo in plan.sources:
        with Image.open(out / "catalogue" / photo.path) as image:
            originals.append(image.convert("RGB"))
    listing = draw_listing(plan, originals)
    (out / "listings" / plan.name).write_bytes(encoded(listing, plan))


def _write_broken(out: Path, photo: Photo) -> None:
    """Leave two files that no decoder can read: half a JPEG, and no PNG at all."""
    folder = out / "broken"
    folder.mkdir()
    whole = (out / "catalogue" / photo.path).read_bytes()
    (folder / "cut-off.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "not-a-picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"nothing" * 40)


def _write_table(
    path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.draw_demo",
        description="Draw a demo catalogue, listing photos and the truth about them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder to fill")
    parser.add_argument("--seed", type=int, default=7, help="decides what is drawn")
    parser.add_argument("--num-workers", type=int, default=2, help="processes")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error("--seed must be zero or more")
    start = time.perf_counter()
    try:
        drawn = draw_demo(
            options.out, seed=options.seed, num_workers=options.num_workers
        )
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    took = time.perf_counter() - start
    num_photos = sum(drawn.photos_by_kind.values())
    num_listings = sum(drawn.listings_by_family.values())
    print(f"Drew {drawn.num_products} products in {num_photos} photos:")
    for kind, count in sorted(drawn.photos_by_kind.items()):
        print(f"  {kind:<12} {count:4d}")
    print(f"and {num_listings} listing photos:")
    for family, count in sorted(drawn.listings_by_family.items()):
        print(f"  {family:<12} {count:4d}")
    print(f"into {options.out} in {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
