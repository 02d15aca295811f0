"""The rules by which decisions teach: `learning.toml`."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuarantineRule(_Section):
    """When a reference floods the queue."""

    window_days: int = Field(ge=1)
    num_decided: int = Field(ge=1)
    confirmed_rate: float = Field(ge=0, le=1)


class CalibrationRule(_Section):
    """How many examples a fit takes, and how it is judged."""

    num_examples: int = Field(ge=2)
    num_of_each: int = Field(ge=2)
    num_folds: int = Field(ge=2)
    num_bins: int = Field(ge=2)
    likely: float = Field(gt=0, lt=1)


class Rules(_Section):
    """All of `learning.toml`."""

    not_this_picture: frozenset[str]
    says_nothing: frozenset[str]
    quarantine: QuarantineRule
    calibration: CalibrationRule


@cache
def read_rules() -> Rules:
    """Read the rules that ship."""
    text = (Path(__file__).parent / "learning.toml").read_text(encoding="utf-8")
    return Rules.model_validate(tomllib.loads(text))
