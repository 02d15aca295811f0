"""How the service describes itself: OpenAPI 3.1 at /openapi.json."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from detector.api.problems import MEDIA_TYPE, Problem
from detector.api.schemas import Wire

Responses = dict[int | str, dict[str, Any]]
PLAIN = "application/json"


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
                        content = response.get("content", {})
                        if MEDIA_TYPE in content:
                            content[MEDIA_TYPE] = content.pop(PLAIN)
            schemas = described["components"]["schemas"]
            for model in _below(Wire):
                schema = schemas.get(model.__name__, {})
                if "examples" in schema:
                    schema["examples"] = model.model_json_schema()["examples"]
            self.openapi_schema = described
        return self.openapi_schema


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)
