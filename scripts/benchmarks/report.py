"""A run's figures as text for a terminal, as a page, and as a section of the README."""

from collections.abc import Iterator, Sequence

from scripts.benchmarks.rows import Facts, FigureRow, PartRow, Run, TimingRow

NUM_IN_SUMMARY = 4
"""Timings of each part, or figures, in the README; the most telling come first."""
BUSY = (
    "The clock runs while other processes compute, CPU time hardly does: where the "
    "two differ, the machine was busy, or several threads worked."
)
_COLUMNS = ("n", "median ms", "p95 ms", "CPU ms", "a second")


def as_text(run: Run) -> str:
    """Write everything for a terminal."""
    lines = [
        f"{title}: {_listed(facts)}"
        for title, facts in (
            ("machine", run["machine"]),
            ("versions", run["versions"]),
            ("settings", run["settings"]),
            ("run", run["run"]),
        )
    ]
    lines.append(BUSY)
    for part in run["parts"]:
        lines += ["", f"{part['name']} ({part['took_s']} s)"]
        lines += _text_table(part["timings"])
        lines += [f"  {_sentence(figure)}" for figure in part["figures"]]
        lines += [f"  {note}" for note in part["notes"]]
    return "\n".join(lines)


def as_page(run: Run, plots: dict[str, str]) -> str:
    """Write everything as Markdown.

    Args:
        run: to be written down.
        plots: of the parts that have one: name of the part → path of the file.
    """
    lines = [
        "# Benchmark",
        "",
        "Written by `make benchmark DOCS=1`; not to be edited by hand.",
        "",
        *(
            f"- {title}: {_listed(facts)}"
            for title, facts in (
                ("Machine", run["machine"]),
                ("Versions", run["versions"]),
                ("Settings", run["settings"]),
                ("Run", run["run"]),
            )
        ),
        "",
        BUSY,
        *_goals(run["parts"]),
    ]
    for part in run["parts"]:
        lines += ["", f"## {part['name'][:1].upper()}{part['name'][1:]}", ""]
        lines += _page_table(part["timings"])
        lines += [f"- {_sentence(figure)}" for figure in part["figures"]]
        if part["notes"]:
            lines += ["", *(f"{note}  " for note in part["notes"])]
        if part["name"] in plots:
            lines += ["", f"![{part['name']}]({plots[part['name']]})"]
    return "\n".join(lines) + "\n"


def as_summary(run: Run) -> str:
    """Write the most telling figures as Markdown."""
    machine = run["machine"]
    day = str(run["run"]["measured_at"]).partition("T")[0]
    lines = [
        f"{day}, {machine['cpu']}, {machine['num_cores']} cores, "
        f"{machine.get('memory_gib', '?')} GiB, "
        f"{run['run']['references']:,} references and "
        f"{run['run']['larger_catalogue']:,}, pictures of one megapixel, seed "
        f"{run['run']['seed']}:",
        "",
        "| part | what | measured |",
        "| --- | --- | --- |",
    ]
    for part in run["parts"]:
        told = [(row["name"], _rate(row)) for row in part["timings"]]
        told = told or [
            (figure["name"], f"{as_number(figure['value'])} {figure['unit']}")
            for figure in part["figures"]
        ]
        lines += [
            f"| {part['name']} | {name} | {value} |"
            for name, value in told[:NUM_IN_SUMMARY]
        ]
    return "\n".join([*lines, *_goals(run["parts"])])


def replace_section(text: str, section: str) -> str:
    """Put a section between the marks `<!-- benchmark -->` and `<!-- /benchmark -->`.

    Raises:
        ValueError: the marks are not there, once each and in this order.
    """
    opening, closing = "<!-- benchmark -->", "<!-- /benchmark -->"
    before, found, rest = text.partition(opening)
    _, ended, after = rest.partition(closing)
    if not found or not ended or opening in after or closing in after:
        raise ValueError(f"expected {opening} and then {closing}, once each")
    return f"{before}{opening}\n{section}\n{closing}{after}"


def _goals(parts: Sequence[PartRow]) -> list[str]:
    rows = [
        f"| {part['name']} | {figure['name']} | {figure['goal']} {figure['unit']} "
        f"| {as_number(figure['value'])} | {'met' if figure['is_met'] else 'missed'} |"
        for part in parts
        for figure in part["figures"]
        if figure["goal"] is not None
    ]
    if not rows:
        return []
    head = ["| part | what | goal | measured | |", "| --- | --- | --- | --- | --- |"]
    return ["", *head, *rows]


def _page_table(timings: Sequence[TimingRow]) -> list[str]:
    if not timings:
        return []
    return [
        f"| what | {' | '.join(_COLUMNS)} |",
        f"| --- |{' --- |' * len(_COLUMNS)}",
        *(f"| {row['name']} | {' | '.join(_cells(row))} |" for row in timings),
        "",
    ]


def _text_table(timings: Sequence[TimingRow]) -> Iterator[str]:
    if not timings:
        return
    width = max(len(row["name"]) for row in timings)
    yield f"  {'':<{width}}" + "".join(f"{name:>11}" for name in _COLUMNS)
    for row in timings:
        cells = "".join(f"{cell:>11}" for cell in _cells(row))
        yield f"  {row['name']:<{width}}{cells}"


def _cells(row: TimingRow) -> list[str]:
    return [
        f"{row['num']:,}",
        _ms(row["median_ms"]),
        _ms(row["p95_ms"]),
        _ms(row["cpu_ms"]),
        as_number(row["per_second"]),
    ]


def _rate(row: TimingRow) -> str:
    rate = f"{as_number(row['per_second'])} a second"
    if row["median_ms"] is None or row["p95_ms"] is None:
        return rate
    median, p95 = as_number(row["median_ms"]), as_number(row["p95_ms"])
    return f"{rate}; median {median} ms, p95 {p95} ms"


def _sentence(figure: FigureRow) -> str:
    text = f"{figure['name']}: {as_number(figure['value'])} {figure['unit']}"
    if figure["goal"] is None:
        return text
    return f"{text} (goal: {figure['goal']}, {'met' if figure['is_met'] else 'missed'})"


def _listed(facts: Facts) -> str:
    return " · ".join(f"{name} {value}" for name, value in facts.items())


def _ms(value: float | None) -> str:
    return "-" if value is None else as_number(value)


def as_number(value: float) -> str:
    """Write a number with three digits that count, or with all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
