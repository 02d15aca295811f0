"""The words of statements, by language, as data; nothing is left unfilled."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from detector.review.clocks.regimes import Span

FALLBACK = "en"
FOLDER = Path(__file__).parent / "templates"
ENVIRONMENT = Environment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why something was restricted, in words.

    Attributes:
        facts: that the decision rests on.
        ground: the law, or the clause of the terms.
        explanation: why it applies.
    """

    facts: str
    ground: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a language.

    Attributes:
        language: two letters.
        version: of the words.
        words: as its file has them.
    """

    language: str
    version: str
    words: Mapping[str, object]

    def name(self, reason_code: str) -> str:
        """Name the template of a reason, and its version."""
        return f"{self.language}/{reason_code}@{self.version}"

    def find(self, section: str, key: str) -> str | None:
        """Find words by a key; None if there are none."""
        found = self.words[section]
        assert isinstance(found, dict)
        return None if key not in found else str(found[key])

    def name_right(self, brand: str, right: Mapping[str, str] | None) -> str:
        """Name a right: its type, number and office; without one, those of the brand.

        Args:
            brand: whose it is.
            right: type, number and office.
        """
        if right is None:
            return self._render(self._text("no_right"), {"brand": brand})
        type = self.find("right_types", str(right["type"])) or str(right["type"])
        return self._render(
            self._text("right"), {**right, "type": type, "brand": brand}
        )

    def name_span(self, span: Span) -> str | None:
        """Say how long a time is; None if there is none."""
        unit = self.find("window_units", span.unit)
        return None if span.amount == 0 else f"{span.amount} {unit}"

    def explain(self, reason_code: str, known: Mapping[str, object]) -> Grounds:
        """Say why, in sentences without anything that the seller wrote.

        Args:
            reason_code: why.
            known: what the templates name.
        """
        reasons = self.words["reason"]
        assert isinstance(reasons, dict)
        parts = {
            key: self._render(text, known) for key, text in reasons[reason_code].items()
        }
        supports = [
            self.find("support", name) for name in _names(known["corroboration"])
        ]
        facts = self._render(
            self._text("facts"),
            {**known, **parts, "supports": [each for each in supports if each]},
        )
        return Grounds(facts, parts["ground"], parts["explanation"])

    def write_letter(self, grounds: Grounds, known: Mapping[str, object]) -> str:
        """Write what the seller is told.

        Args:
            grounds: why.
            known: what the template names.
        """
        return self._render(
            self._text("letter"),
            {
                **known,
                "facts": grounds.facts,
                "ground": grounds.ground,
                "explanation": grounds.explanation,
            },
        )

    def _text(self, name: str) -> str:
        return str(self.words[name])

    def _render(self, text: str, known: Mapping[str, object]) -> str:
        # A missing name raises: better no statement than one with a gap.
        return ENVIRONMENT.from_string(text).render(known).strip()


@cache
def read_wording(language: str) -> Wording:
    """Read the words of a language; English where there are none."""
    if language not in LANGUAGES:
        language = FALLBACK
    text = (FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    words = tomllib.loads(text)
    return Wording(language, str(words["version"]), words)


def _names(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.toml"))
