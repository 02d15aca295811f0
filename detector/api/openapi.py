"""How the service describes itself: OpenAPI 3.1 at /openapi.json."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from detector.api.problems import MEDIA_TYPE, Problem
from detector.api.schemas import CompareAnswer, MatchAnswer

Responses = dict[int | str, dict[str, Any]]
PLAIN = "application/json"
WITH_NULLS: tuple[type[BaseModel], ...] = (CompareAnswer, MatchAnswer)
"""Models whose examples hold nulls."""


def problems(meanings: Mapping[int, str]) -> Responses:
    """Declare answers of a route that are problems.

    Args:
        meanings: status → what it means there.
    """
    return {
        status: {"description": meaning, "model": Problem, "content": {MEDIA_TYPE: {}}}
        for status, meaning in meanings.items()
    }


class Api(FastAPI):
    """An app that mends two things in the framework's description.

    It would declare problems as plain JSON, and take the nulls out of examples.
    """

    def openapi(self) -> dict[str, Any]:
        """Describe the routes."""
        if self.openapi_schema is None:
            described = super().openapi()
            for path in described["paths"].values():
                for operation in path.values():
                    for response in operation["responses"].values():
                        content = response["content"]
                        if MEDIA_TYPE in content:
                            content[MEDIA_TYPE] = content.pop(PLAIN)
            for model in WITH_NULLS:
                schema = described["components"]["schemas"][model.__name__]
                schema["examples"] = model.model_json_schema()["examples"]
            self.openapi_schema = described
        return self.openapi_schema
