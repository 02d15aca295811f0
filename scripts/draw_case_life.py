"""Draw the life of a case from its table: docs/case-life.md and its picture."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

from detector.review.clocks.regimes import REGIMES, Span
from detector.review.workflow import CLOSED, WORKFLOW, Workflow

DOCS = Path(__file__).parent.parent / "docs"
PICTURE = "images/case-life.svg"
NEW = ""
"""Where cases that are not there yet are."""

BOX_PX = (150, 132)
SIZE = (1250, 985)
NUM_STATES_OF_ASIDES = 3
"""What can happen in so many states is written into each, not drawn."""
LINE_PX, CHARS = 13, 28
INK, FAINT = "#1f2933", "#52606d"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state is drawn, and whose turn it is there: a key of WAITS_FOR."""

    x: int
    y: int
    turn: str
    width: int = BOX_PX[0]


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow: the corners that it goes through, and where its label is centered."""

    corners: tuple[tuple[int, int], ...]
    label: tuple[int, int]


WAITS_FOR: Mapping[str, str] = {
    "the reviewers": "#dbeafe",
    "the brand": "#fef3c7",
    "seller or marketplace": "#d1fae5",
    "appeals reviewers": "#ede9fe",
    "nobody": "#e5e7eb",
}

PLACES: Mapping[str, Place] = {
    "awaiting_brand": Place(330, 44, "the brand"),
    "open": Place(80, 250, "the reviewers"),
    "claimed": Place(330, 250, "the reviewers"),
    "awaiting_second": Place(580, 250, "the reviewers"),
    "action_pending": Place(830, 250, "seller or marketplace"),
    "actioned": Place(1050, 250, "seller or marketplace"),
    "response_window": Place(580, 446, "seller or marketplace"),
    "appealed": Place(1050, 446, "appeals reviewers"),
    "reinstating": Place(580, 642, "seller or marketplace"),
    "appeal_review": Place(830, 642, "appeals reviewers"),
    "awaiting_claimant": Place(1050, 642, "the brand"),
    CLOSED: Place(80, 850, "nobody", width=1120),
}

ROUTES: Mapping[tuple[str, str], Route] = {
    (NEW, "open"): Route(((34, 316), (80, 316)), (57, 308)),
    ("open", "claimed"): Route(((230, 290), (330, 290)), (280, 283)),
    ("claimed", "open"): Route(((330, 322), (230, 322)), (280, 336)),
    ("claimed", "awaiting_brand"): Route(((430, 250), (430, 176)), (462, 196)),
    ("awaiting_brand", "open"): Route(((330, 106), (155, 106), (155, 250)), (242, 122)),
    ("awaiting_brand", "action_pending"): Route(
        ((480, 106), (930, 106), (930, 250)), (705, 99)
    ),
    ("claimed", "awaiting_second"): Route(((480, 316), (580, 316)), (530, 309)),
    ("claimed", "action_pending"): Route(
        ((465, 250), (465, 217), (870, 217), (870, 250)), (667, 210)
    ),
    ("claimed", "response_window"): Route(
        ((455, 382), (455, 480), (580, 480)), (520, 473)
    ),
    ("claimed", CLOSED): Route(((380, 382), (380, 850)), (380, 660)),
    ("awaiting_second", "action_pending"): Route(((730, 316), (830, 316)), (780, 309)),
    ("awaiting_second", "response_window"): Route(((655, 382), (655, 446)), (655, 413)),
    ("response_window", "open"): Route(
        ((580, 540), (155, 540), (155, 382)), (270, 533)
    ),
    ("response_window", "action_pending"): Route(
        ((730, 490), (855, 490), (855, 382)), (792, 505)
    ),
    ("action_pending", "actioned"): Route(((980, 316), (1050, 316)), (1015, 309)),
    ("action_pending", "reinstating"): Route(
        ((880, 382), (880, 605), (655, 605), (655, 642)), (760, 598)
    ),
    ("actioned", "appealed"): Route(((1125, 382), (1125, 446)), (1125, 413)),
    ("appealed", "appeal_review"): Route(
        ((1050, 490), (915, 490), (915, 642)), (1003, 483)
    ),
    ("appeal_review", "appealed"): Route(
        ((945, 642), (945, 540), (1050, 540)), (998, 556)
    ),
    ("appealed", "awaiting_claimant"): Route(((1125, 578), (1125, 642)), (1125, 610)),
    ("awaiting_claimant", "actioned"): Route(
        ((1200, 690), (1216, 690), (1216, 330), (1200, 330)), (1179, 610)
    ),
    ("awaiting_claimant", "reinstating"): Route(
        ((1100, 774), (1100, 812), (690, 812), (690, 774)), (1000, 805)
    ),
    ("appeal_review", "reinstating"): Route(((830, 708), (730, 708)), (780, 701)),
    ("appeal_review", CLOSED): Route(((880, 774), (880, 850)), (880, 796)),
    ("actioned", CLOSED): Route(
        ((1200, 290), (1232, 290), (1232, 822), (1150, 822), (1150, 850)), (1186, 815)
    ),
    ("reinstating", CLOSED): Route(((625, 774), (625, 850)), (625, 815)),
    (CLOSED, "open"): Route(((105, 850), (105, 382)), (105, 660)),
}
"""The ways that are drawn, by the states they join; the others are written."""


def _events(workflow: Workflow) -> dict[tuple[str, str], list[str]]:
    """List the events that lead from a state to another, in the table's order."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in workflow.transitions:
        for source in row.sources or (NEW,):
            events = found.setdefault((source.partition(":")[0], row.state), [])
            if row.event not in events:
                events.append(row.event)
    return found


def _is_aside(workflow: Workflow, event: str) -> bool:
    rows = (row for row in workflow.transitions if row.event == event)
    states = {source.partition(":")[0] for row in rows for source in row.sources}
    return len(states) >= NUM_STATES_OF_ASIDES


def draw_svg(workflow: Workflow) -> str:
    """Draw the states, with all that can happen in them as an arrow or in words."""
    asides: dict[str, list[str]] = {}
    arrows: list[str] = []
    for (source, target), events in _events(workflow).items():
        route = ROUTES.get((source, target))
        drawn = [event for event in events if route and not _is_aside(workflow, event)]
        if route and drawn:
            arrows.append(_arrow(route, drawn))
        written = [event for event in events if event not in drawn]
        if written:
            says = "stays" if source == target else f"→ {target}"
            asides.setdefault(source, []).append(f"{says}: {', '.join(written)}")
    boxes = [_box(state, asides.get(state, []), workflow) for state in workflow.states]
    width, height = SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="Helvetica, Arial, sans-serif" font-size="11">',
        "<title>The life of a case</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z"'
        f' fill="{INK}"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend(),
        f'<circle cx="26" cy="316" r="8" fill="{INK}"/>',
        *(_text(8, 342 + i * LINE_PX, line) for i, line in _lines(asides, NEW, 13)),
        *boxes,
        *arrows,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(
    asides: Mapping[str, list[str]], state: str, chars: int
) -> Iterator[tuple[int, str]]:
    lines = [line for each in asides.get(state, []) for line in wrap(each, chars)]
    yield from enumerate(lines)


def _text(x: int, y: int, words: str, extra: str = "") -> str:
    return f'<text x="{x}" y="{y}" fill="{FAINT}" {extra}>{escape(words)}</text>'


def _legend() -> Iterator[str]:
    yield _text(80, 28, "It is the turn of")
    for i, (who, color) in enumerate(WAITS_FOR.items()):
        x = 180 + i * 165
        yield (
            f'<rect x="{x}" y="16" width="16" height="16" rx="3" fill="{color}"'
            f' stroke="{FAINT}"/>'
        )
        yield _text(x + 22, 28, who)


def _box(state: str, asides: list[str], workflow: Workflow) -> str:
    place = PLACES[state]
    if state == CLOSED:
        asides = [f"as {', '.join(workflow.closures)}", *asides]
    chars = CHARS * place.width // BOX_PX[0]
    lines = _lines({state: asides}, state, chars)
    height = BOX_PX[1] if state != CLOSED else SIZE[1] - place.y - 12
    return "\n".join(
        [
            f'<rect x="{place.x}" y="{place.y}" width="{place.width}"'
            f' height="{height}" rx="8" fill="{WAITS_FOR[place.turn]}"'
            f' stroke="{INK}"/>',
            f'<text x="{place.x + 8}" y="{place.y + 19}" font-size="14"'
            f' font-weight="bold" fill="{INK}">{state}</text>',
            *(
                _text(place.x + 8, place.y + 36 + i * LINE_PX, line, 'font-size="10"')
                for i, line in lines
            ),
        ]
    )


def _arrow(route: Route, events: list[str]) -> str:
    corners = " ".join(f"{x},{y}" for x, y in route.corners)
    x, y = route.label
    halo = 'text-anchor="middle" stroke="#ffffff" stroke-width="4" paint-order="stroke"'
    return "\n".join(
        [
            f'<polyline points="{corners}" fill="none" stroke="{INK}"'
            ' stroke-width="1.3" marker-end="url(#head)"/>',
            *(_text(x, y + i * LINE_PX, event, halo) for i, event in enumerate(events)),
        ]
    )


def write_page(workflow: Workflow) -> str:
    """Write the page: the picture, the whole table, and the clocks of each regime."""
    return "\n".join(
        [
            "# The life of a case",
            "",
            "Written by `python -m scripts.draw_case_life` from",
            "`detector/review/workflow.toml`, which is what the service runs on, and",
            "from the regimes in `detector/review/clocks/regimes.toml`.",
            "",
            f"![The states of a case and what leads from one to another]({PICTURE})",
            "",
            "The arrows are the ways that most cases go. What can happen in",
            f"{NUM_STATES_OF_ASIDES} states or more, what is rare, and what leaves a",
            "case where it is stands in the boxes.",
            "",
            "## Every step",
            "",
            "Of rows with the same event the first is taken whose guards all pass.",
            "Each step writes one row of the audit log, and then does what `follows`.",
            "",
            "| | from | event | to | who | asked | follows | |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *_table(workflow),
            "",
            "## Clocks by law or terms",
            "",
            "Periods run by the working days and in the time zone of the regime, and",
            "end with the end of their last day there. Not legal advice.",
            "",
            "| regime | days of | zone | seller heard first | appeal window |"
            " claimant sues within | |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *_regimes(),
            "",
        ]
    )


def _table(workflow: Workflow) -> Iterator[str]:
    for row in workflow.transitions:
        target = row.state if row.closure is None else f"{row.state}:{row.closure}"
        cells = (
            row.number,
            ", ".join(row.sources) or "(new)",
            f"`{row.event}`",
            target,
            ", ".join(sorted(row.who)),
            ", ".join(row.guards),
            ", ".join(row.effects),
            row.says,
        )
        yield f"| {' | '.join(cells)} |"


def _regimes() -> Iterator[str]:
    for regime in REGIMES.values():
        cells = (
            f"`{regime.name}`",
            regime.calendar,
            regime.time_zone,
            _span(regime.response),
            _span(regime.appeal_window),
            _span(regime.claimant),
            regime.says,
        )
        yield f"| {' | '.join(cells)} |"


def _span(span: Span) -> str:
    return f"{span.amount} {span.unit.replace('_', ' ')}" if span.amount else "none"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DOCS, help="default: %(default)s")
    folder: Path = parser.parse_args().out
    (folder / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (folder / PICTURE).write_text(draw_svg(WORKFLOW), encoding="utf-8")
    (folder / "case-life.md").write_text(write_page(WORKFLOW), encoding="utf-8")
    print(f"wrote {folder / 'case-life.md'} and {folder / PICTURE}")


if __name__ == "__main__":
    main()
