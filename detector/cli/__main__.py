"""Lets `python -m detector.cli` be the `detector` command."""

from detector.cli import main

main()
