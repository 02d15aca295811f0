"""Write the service's OpenAPI description to docs/openapi.json."""

import argparse
import json
from pathlib import Path

from detector.api.app import create_app
from detector.settings import Settings

TARGET = Path(__file__).parent.parent / "docs" / "openapi.json"


def describe_api() -> str:
    """Describe the service, as the text of the file."""
    described = create_app(Settings()).openapi()
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help="default: %(default)s")
    target: Path = parser.parse_args().out
    target.write_text(describe_api(), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
