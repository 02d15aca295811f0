"""The life of a case: one table of transitions, as data (`workflow.toml`)."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

OPEN, CLOSED = "open", "closed"


class Party(StrEnum):
    """As what somebody acts on a case."""

    SYSTEM = "system"
    MARKETPLACE = "marketplace"
    SELLER = "seller"
    REVIEWER = "reviewer"
    LEAD = "lead"
    APPEALS = "appeals"
    BRAND = "brand"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table.

    Attributes:
        number: names it in records and docs.
        event: what happens.
        sources: states it leads from, `closed:no_action` being that closure only; none
            makes a case.
        state: where it leads.
        closure: how it is closed, if it is.
        who: may cause it.
        guards: what is asked, by the names of `guards.GUARDS`.
        effects: what follows, by the names of `effects.EFFECTS`.
        says: it in a sentence.
    """

    number: str
    event: str
    sources: tuple[str, ...]
    state: str
    closure: str | None
    who: frozenset[Party]
    guards: tuple[str, ...]
    effects: tuple[str, ...]
    says: str

    def leads_from(self, state: str | None, closure: str | None) -> bool:
        """Say whether it leads from there; from None if it makes a case."""
        if state is None:
            return not self.sources
        return state in self.sources or f"{state}:{closure}" in self.sources


@dataclass(frozen=True, slots=True)
class Workflow:
    """The whole table.

    Attributes:
        states: a case can be in.
        closures: how it can be closed.
        transitions: in the order in which they are tried.
    """

    states: tuple[str, ...]
    closures: tuple[str, ...]
    transitions: tuple[Transition, ...]

    def rows(
        self, event: str, state: str | None, closure: str | None
    ) -> Sequence[Transition]:
        """List what an event can lead to from a state, in the order to be tried."""
        return [
            row
            for row in self.transitions
            if row.event == event and row.leads_from(state, closure)
        ]

    def events_from(self, state: str, closure: str | None) -> list[str]:
        """List the events that lead anywhere from a state."""
        rows = (row for row in self.transitions if row.leads_from(state, closure))
        return sorted({row.event for row in rows})


def _read(given: Mapping[str, object]) -> Transition:
    def listed(name: str) -> tuple[str, ...]:
        found = given.get(name, [])
        assert isinstance(found, list)
        return tuple(map(str, found))

    state, _, closure = str(given["to"]).partition(":")
    return Transition(
        number=str(given["number"]),
        event=str(given["event"]),
        sources=listed("from"),
        state=state,
        closure=closure or None,
        who=frozenset(map(Party, listed("who"))),
        guards=listed("guards"),
        effects=listed("effects"),
        says=str(given["says"]),
    )


def _load() -> Workflow:
    path = Path(__file__).parent / "workflow.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Workflow(
        states=tuple(table["states"]),
        closures=tuple(table["closures"]),
        transitions=tuple(map(_read, table["transition"])),
    )


WORKFLOW = _load()
"""The one that holds."""
