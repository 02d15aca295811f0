"""The service's log: one JSON object a line, on stderr."""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGERS = ("detector", "uvicorn")


class JsonFormatter(logging.Formatter):
    """Writes a record, and the `fields` that it was given, as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Turn a record into a line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_to_stderr() -> None:
    """Send our log and the server's to stderr; for a process that is the service."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        logger.propagate = False
