"""Checks an evidence pack: its bytes, the record's seals, the scores."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from detector.errors import DetectorError, InvalidInput
from detector.images import DecodedImage
from detector.matching.scoring import Scoring
from detector.review.audit import seal_content
from detector.review.evidence.archive import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    Files,
    changed_place,
    read_archive,
)
from detector.review.evidence.scores import EXACT, TOLERANCE, Scored, measure

Decode = Callable[[bytes], DecodedImage]
Json = Mapping[str, object]

_NOT_A_PACK = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What contents raise that nobody has packed: of other types, too large, too deep."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was packed.

    Attributes:
        file: of the pack; empty for the archive itself.
        problem: what is wrong with it.
    """

    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class ScoreCheck:
    """A similarity, computed again.

    Attributes:
        listing_file: the listing's picture.
        reference_file: the reference.
        recorded: the similarity on record.
        computed: from the values on record; None if another version computed it.
        measured: anew on the pictures; None likewise, or where one is missing.
        note: why something was not done.
    """

    listing_file: str
    reference_file: str
    recorded: float
    computed: float | None = None
    measured: float | None = None
    note: str | None = None


@dataclass(slots=True)
class Report:
    """What a check has found.

    Attributes:
        manifest_sha256: what the pack comes down to; the service's record of who took
            evidence out names it, too.
        case_id: of the case.
        num_files: that the manifest lists.
        num_entries: of the record.
        faults: what is wrong.
        scores: computed again.
        missing: what was not there any more when it was packed.
    """

    manifest_sha256: str = ""
    case_id: str = ""
    num_files: int = 0
    num_entries: int = 0
    faults: list[Fault] = field(default_factory=list)
    scores: list[ScoreCheck] = field(default_factory=list)
    missing: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether everything is as it was packed."""
        return not self.faults


def verify_pack(data: bytes, *, decode: Decode, scoring: Scoring) -> Report:
    """Check a pack, from the bytes of the file to the scores.

    Args:
        data: the file; it may come from anywhere.
        decode: reads a picture file as the matcher does.
        scoring: turns measured values into a similarity.

    Raises:
        InvalidInput: it is no evidence pack at all.
    """
    opened = read_archive(data)
    if not opened.files and not (opened.faults.keys() - {""}):
        raise InvalidInput(
            "The file is no evidence pack, or nothing of it can be read.",
            remedy="Give a ZIP file as /v1/cases/{id}/evidence.zip sends it.",
        )
    report = Report()
    report.faults += [Fault(name, why) for name, why in opened.faults.items()]
    _check_files(opened.files, report)
    if not report.faults:
        changed = changed_place(data, opened.files)
        if changed is not None:
            name, place = changed
            report.faults.append(
                Fault(name, f"the archive was changed at byte {place}")
            )
    if MANIFEST in opened.files and not report.faults:
        try:
            _check_record(opened.files, report)
            _check_scores(opened.files, report, decode=decode, scoring=scoring)
        except _NOT_A_PACK as error:
            report.faults.append(Fault("", f"it is not laid out as a pack: {error}"))
    return report


def _check_files(files: Files, report: Report) -> None:
    """Hold each file against the manifest."""
    manifest = files.get(MANIFEST)
    known = {fault.file for fault in report.faults}
    if manifest is None:
        if MANIFEST not in known:
            report.faults.append(Fault(MANIFEST, "it is missing"))
        return
    report.manifest_sha256 = sha256(manifest).hexdigest()
    try:
        listed = json.loads(manifest)
        if (listed["format"], listed["format_version"]) != (FORMAT, FORMAT_VERSION):
            raise InvalidInput(
                f"The pack has the format {listed['format']!r} "
                f"{listed['format_version']!r}, which this version does not know.",
                remedy="Check it with the version of detector that made it.",
            )
        report.case_id = str(listed["case_id"])
        expected = {str(f["name"]): str(f["sha256"]) for f in listed["files"]}
    except _NOT_A_PACK as error:
        report.faults.append(Fault(MANIFEST, f"it cannot be read: {error}"))
        return
    report.num_files = len(expected)
    for name, digest in expected.items():
        if name not in files:
            if name not in known:
                report.faults.append(Fault(name, "it is missing"))
        elif sha256(files[name]).hexdigest() != digest:
            report.faults.append(Fault(name, "its bytes are not those of the manifest"))
    for name in sorted(files.keys() - expected.keys() - {MANIFEST}):
        report.faults.append(Fault(name, "the manifest does not list it"))
    for name in expected:
        folder, _, digest = name.partition("/")
        if folder in ("listing", "reference") and digest != expected[name]:
            report.faults.append(Fault(name, "it is not the picture of its name"))


def _check_record(files: Files, report: Report) -> None:
    """Check the seal of each step, and that each goes on where the last one ended."""
    state, before = None, None
    for number, line in enumerate(files["audit.jsonl"].splitlines(), start=1):
        entry: dict[str, object] = json.loads(line)
        report.num_entries += 1
        for problem in _entry_faults(entry, before, state):
            report.faults.append(Fault("audit.jsonl", f"line {number}: {problem}"))
        before = entry
        if entry["subject"] == "case" and entry["to_state"] is not None:
            state = str(entry["to_state"]).partition(":")[0]
    case = json.loads(files["case.json"])
    report.missing = [
        {"file": str(lost["file"]), "why": str(lost["why"])} for lost in case["missing"]
    ]
    if case["case"]["id"] != report.case_id:
        report.faults.append(Fault("case.json", "it is of another case"))


def _entry_faults(entry: Json, before: Json | None, state: str | None) -> Iterator[str]:
    if seal_content(entry) != entry["sha256"]:
        yield "its seal is broken"
    if before is not None:
        seq, last = int(str(entry["seq"])), int(str(before["seq"]))
        if seq <= last:
            yield "it is out of order"
        if seq == last + 1 and entry["previous_sha256"] != before["sha256"]:
            yield "it does not follow the one before"
    is_step = entry["subject"] == "case" and entry["to_state"] is not None
    if is_step and state is not None and entry["from_state"] != state:
        yield f"it goes on from {entry['from_state']}, not from {state}"


def _check_scores(
    files: Files, report: Report, *, decode: Decode, scoring: Scoring
) -> None:
    scores = json.loads(files["scores.json"])
    for match in scores["matches"]:
        basis = scores["bases"][match["basis_id"]]
        scored = Scored(
            similarity=float(match["similarity"]),
            signals={str(k): float(v) for k, v in match["signals"].items()},
            mirrored=bool(match["mirrored"]),
            recipe=str(basis["recipe"]),
            version=str(basis["policy"]["version"]),
        )
        check = _check_score(files, match, scored, decode=decode, scoring=scoring)
        report.scores.append(check)
        for name, value, most in (
            ("computed from the values on record", check.computed, EXACT),
            ("measured anew", check.measured, TOLERANCE),
        ):
            # What is no number is as wrong as another one.
            if value is not None and not abs(value - check.recorded) <= most:
                problem = (
                    f"the similarity of {check.listing_file} is {check.recorded:.4f} "
                    f"on record, and {value:.4f} {name}"
                )
                report.faults.append(Fault("scores.json", problem))


def _check_score(
    files: Files, match: Json, scored: Scored, *, decode: Decode, scoring: Scoring
) -> ScoreCheck:
    names = (str(match["listing_file"]), str(match["reference_file"]))
    check = ScoreCheck(*names, recorded=scored.similarity)
    if not scored.is_of_this_version(scoring):
        note = f"It was scored by {scored.version}, and this is {scoring.version}."
        return replace(check, note=note)
    computed = scored.computed(scoring)
    if match["same_as"] is not None:
        note = "It was taken over from the same picture in another size."
        return replace(check, computed=computed, note=note)
    if not all(name in files for name in names):
        return replace(check, computed=computed, note="A picture is missing.")
    try:
        query, reference = (decode(files[name]) for name in names)
    except DetectorError as error:
        return replace(check, computed=computed, note=str(error))
    measured = measure(query, reference, scored, scoring)
    return replace(check, computed=computed, measured=measured)
