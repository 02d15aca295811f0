"""`detector calibrate`: from what was decided, how likely a match is confirmed."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import known_brand, open_database
from detector.cli.output import note, print_json, results

if TYPE_CHECKING:
    from detector.store.standing_tables import CalibrationRow


class Method(StrEnum):
    """The kind of curve."""

    SIGMOID = "sigmoid"
    ISOTONIC = "isotonic"


def calibrate(
    brand: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only of this brand; else of all, and of each with cases enough.",
        ),
    ] = None,
    method: Annotated[
        Method, typer.Option(help="Kind of curve that is fitted.")
    ] = Method.SIGMOID,
    apply: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Apply what was proposed before, instead of fitting."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit likelihood to decided cases, and show what applying it would change.

    Nothing holds before it is applied: look at the reliability table, then run this
    once more with --apply ID. From then on flags and cases show the likelihood.
    """
    from detector.review.actor import Actor
    from detector.review.learning import calibrate as calibration
    from detector.review.learning import fit
    from detector.review.workflow import Party
    from detector.store.table import utc_now

    actor = Actor("cli", Party.SYSTEM, "the command line")
    with open_database() as database:
        brand_id = known_brand(database, brand)
        with database.write() as session:
            if apply is not None:
                rows = [
                    calibration.apply_calibration(
                        session, apply, actor=actor, at=utc_now()
                    )
                ]
            else:
                rows = calibration.propose_calibrations(
                    session,
                    fit.Method(method),
                    actor=actor,
                    at=utc_now(),
                    brand_id=brand_id,
                )
            shown = [_as_json(row) for row in rows]
    if json:
        print_json(shown)
        return
    for each in shown:
        _print(each)
    if any(each["state"] == "proposed" for each in shown):
        note("Nothing has changed yet: apply one with --apply ID.")


def _as_json(row: "CalibrationRow") -> dict[str, object]:
    return {
        "calibration_id": row.id,
        "brand_id": row.brand_id,
        "state": row.state,
        "method": row.method,
        "parameters": row.parameters,
        "report": row.report,
    }


def _print(shown: dict[str, object]) -> None:
    from rich.table import Table

    console, report = results(), shown["report"]
    assert isinstance(report, dict)
    changes = report["changes"]
    for name, value in (
        ("calibration", shown["calibration_id"]),
        ("brand", shown["brand_id"] or "all"),
        ("state", shown["state"]),
        ("method", shown["method"]),
        ("examples", f"{report['num']}, {report['num_confirmed']} confirmed"),
        ("Brier score", f"{report['brier']:.4f} ({report['base_brier']:.4f} without)"),
        ("ECE", f"{report['ece']:.4f}"),
        (
            "would change side",
            f"{changes['num_become_likely']} become likely and "
            f"{changes['num_become_unlikely']} unlikely, of {changes['num_flags']}",
        ),
    ):
        console.print(f"{name}: {value}", markup=False)
    table = Table("likelihood", "cases", "said", "came true", box=None)
    for each in report["table"]:
        table.add_row(
            f"{each['lower']:.1f}-{each['upper']:.1f}",
            str(each["num"]),
            f"{each['said']:.3f}",
            f"{each['came_true']:.3f}",
        )
    console.print(table)
