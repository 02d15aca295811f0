"""Files that hold a whole list of a brand: taken and sent as `text/csv`."""

from collections.abc import Iterator

from fastapi import Request, Response
from python_multipart.multipart import parse_options_header

from detector.api.body import stream_body
from detector.api.errors import BodyTooLarge, UnsupportedMediaType
from detector.api.list_schemas import MAX_FILE_BYTES, FileAnswer
from detector.api.openapi import Responses
from detector.api.service import service_of
from detector.catalogue.brand_list import ListChange

CSV = "text/csv"
CSV_BODY = {
    "requestBody": {
        "required": True,
        "content": {CSV: {"schema": {"type": "string", "format": "binary"}}},
    }
}
CSV_ANSWER: Responses = {
    200: {
        "description": "The list, ready to be uploaded again.",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}


async def read_list_file(request: Request) -> bytes:
    """Read a body that is a table, within MAX_FILE_BYTES.

    Raises:
        UnsupportedMediaType: it is declared as something else.
        BodyTooLarge: over the limit.
        BodyTooSlow: it did not arrive in time.
    """
    media_type, _ = parse_options_header(request.headers.get("content-type"))
    if media_type.decode("latin-1") != CSV:
        raise UnsupportedMediaType(
            f"Only {CSV} is taken here.",
            remedy=f"Send the file itself as the body, with Content-Type: {CSV}.",
        )
    timeout_s = service_of(request).settings.body_timeout_s
    try:
        chunks = stream_body(request, max_bytes=MAX_FILE_BYTES, timeout_s=timeout_s)
        return b"".join([chunk async for chunk in chunks])
    except BodyTooLarge as error:
        remedy = "Part the list into several files; each leaves the others' rows alone."
        raise BodyTooLarge(str(error.args[0]), remedy=remedy) from None


def csv_response(lines: Iterator[str], name: str) -> Response:
    """Send a list as a file to be saved."""
    return Response(
        "".join(lines),
        media_type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def as_file_answer(change: ListChange) -> FileAnswer:
    """Say what a file has changed."""
    return FileAnswer.model_validate(
        {
            "added": len(change.new),
            "changed": len(change.changed),
            "unchanged": change.num_unchanged,
            "num_problems": change.num_problems,
            "problems": [
                {
                    "row": problem.row,
                    "column": problem.column,
                    "severity": problem.severity,
                    "code": problem.code,
                    "message": problem.message,
                    "remedy": problem.remedy,
                }
                for problem in change.problems
            ],
        }
    )
