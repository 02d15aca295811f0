"""A program that knows of an API only what its OpenAPI file says."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.live_service import Answer, Client

JSON = "application/json"
FORM = "multipart/form-data"
BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class DescribedApi:
    """Calls operations by their id; refuses what the file does not describe.

    Attributes:
        file: the OpenAPI file.
        client: sends, and shows a key.
    """

    file: Path
    client: Client

    def call(
        self,
        operation_id: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
        fields: Mapping[str, object] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """Do an operation, and hold the answer to what was promised.

        Args:
            operation_id: as in the file.
            path: parameters of the path.
            query: parameters of the query.
            fields: of a JSON body.
            files: of a form: field → file name and bytes.
            data: a body of plain bytes.
        """
        template, method, operation = self._find(operation_id)
        known = [self._look_up(each) for each in operation["parameters"]]
        for place, given in (("path", path or {}), ("query", query or {})):
            assert given.keys() <= {p["name"] for p in known if p["in"] == place}
        needed = {p["name"] for p in known if p.get("required")}
        assert needed <= {*(path or {}), *(query or {})}
        target = template.format_map({k: quote(v) for k, v in (path or {}).items()})
        if query:
            target += "?" + urlencode(query)
        kind, body = self._body(operation, fields, files, data)
        headers = {"Content-Type": kind} if kind else {}
        answer = self.client.send(method.upper(), target, body, headers)
        assert 200 <= answer.status < 300, answer.body
        promised = self._look_up(operation["responses"][str(answer.status)])
        if "content" not in promised:
            return answer
        (schema,) = (c["schema"] for c in promised["content"].values())
        properties = self._look_up(schema).get("properties")
        if properties is not None:
            assert answer.json.keys() == properties.keys()
        return answer

    def _find(self, operation_id: str) -> tuple[str, str, Any]:
        ((path, method, operation),) = (
            (path, method, operation)
            for path, operations in self._described["paths"].items()
            for method, operation in operations.items()
            if operation.get("operationId") == operation_id
        )
        return path, method, operation

    def _body(
        self,
        operation: Any,
        fields: Mapping[str, object] | None,
        files: Mapping[str, tuple[str, bytes]] | None,
        data: bytes | None,
    ) -> tuple[str | None, bytes | None]:
        """Write the body, in a form that the operation takes."""
        if fields is None and files is None and data is None:
            return None, None
        taken = operation["requestBody"]["content"]
        if data is not None:
            assert BYTES in taken
            return BYTES, data
        kind = JSON if files is None else FORM
        schema = self._look_up(taken[kind]["schema"])
        given = fields if files is None else files
        assert given is not None
        assert set(schema["required"]) <= given.keys() <= schema["properties"].keys()
        if files is None:
            return JSON, json.dumps(fields).encode()
        boundary = uuid.uuid4().hex
        parts = [
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{name}"; filename="{file_name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, (file_name, content) in files.items()
        ]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return f"{FORM}; boundary={boundary}", body

    def _look_up(self, described: Any) -> Any:
        """Follow a reference to another place of the file."""
        while "$ref" in described:
            found: Any = self._described
            for step in re.findall(r"[^#/]+", described["$ref"]):
                found = found[step]
            described = found
        return described

    @property
    def _described(self) -> Any:
        return json.loads(self.file.read_text(encoding="utf-8"))
