"""The truth that an evaluation is measured against: `query,reference[,family]`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InvalidInput

MAX_FAULTS_SHOWN = 10
REMEDY = "Correct these rows; `query` and `reference` are paths below their folders."


@dataclass(frozen=True, slots=True)
class Truth:
    """What is right for each query.

    Attributes:
        references: query → the references that it copies; none if there is no copy.
        families: query → kind of edit; only for queries that have one.
    """

    references: dict[str, frozenset[str]]
    families: dict[str, str]


def read_truth(path: Path, *, queries: Path, references: Path) -> Truth:
    """Read a truth table; every file that it names must exist.

    A query may stand in several rows, if it copies several references. An empty
    reference says that no reference is copied.

    Raises:
        InvalidInput: not such a table, or rows that cannot be used, by number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            columns = {"query", "reference"} - set(reader.fieldnames or ())
            if columns:
                raise InvalidInput(
                    f"{path} has no column {' or '.join(sorted(columns))}.",
                    remedy="Begin it with the line `query,reference,family`.",
                )
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.",
            remedy="Give a CSV file in UTF-8 with the columns query,reference,family.",
        ) from error
    return _check(path, rows, queries, references)


def _check(
    path: Path,
    rows: list[tuple[int, dict[str, str]]],
    queries: Path,
    references: Path,
) -> Truth:
    right: dict[str, set[str]] = {}
    families: dict[str, str] = {}
    faults = []
    for number, row in rows:
        query = row["query"]
        # As imports spell it: `./a//b.png` is `a/b.png`.
        reference = row["reference"] and Path(row["reference"]).as_posix()
        family = row.get("family") or ""
        known = right.get(query)
        if not _is_below(queries, query):
            faults.append(f"row {number}: {queries / query} is no file")
        elif reference and not _is_below(references, reference):
            faults.append(f"row {number}: {references / reference} is no file")
        elif known is not None and (reference in known or not (reference and known)):
            faults.append(f"row {number}: contradicts or repeats an earlier row")
        elif families.setdefault(query, family) != family:
            faults.append(f"row {number}: {query} has another family above")
        else:
            right.setdefault(query, set()).update([reference] if reference else [])
    if not rows:
        faults.append("it has no rows")
    if faults:
        more = len(faults) - MAX_FAULTS_SHOWN
        shown = "; ".join(faults[:MAX_FAULTS_SHOWN])
        raise InvalidInput(
            f"{path}: {shown}{f'; and {more} more' if more > 0 else ''}.", remedy=REMEDY
        )
    return Truth(
        {query: frozenset(names) for query, names in right.items()},
        {query: family for query, family in families.items() if family},
    )


def _is_below(folder: Path, name: str) -> bool:
    """Say whether a name is that of a file inside the folder."""
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        return False
    return (folder / name).is_file()
