"""Workers on one PostgreSQL: more processes on the same cores must not be slower."""

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.part import Figure, Goal, Part
from scripts.benchmarks.timing import Timing
from scripts.benchmarks.workers import FULL, QUICK, CrewTiming, measure_crews

NUM_REFERENCES = 200
PICTURES, SIDE_PX = 320, 1200
QUICK_PICTURES, QUICK_SIDE_PX = 96, 160
NO_SLOWER = Goal(1, is_least=True)


def measure_workers(bench: Bench) -> Part:
    """Let crews of processes scan listings, each crew as many new pictures."""
    bench.tell("Letting workers scan listings on PostgreSQL")
    folder = bench.folder / "workers"
    folder.mkdir()
    quick = bench.plan.is_quick
    crews = measure_crews(
        folder,
        sorted(bench.pictures.references.iterdir())[:NUM_REFERENCES],
        [path.read_bytes() for path in bench.pictures.mixed],
        crews=QUICK if quick else FULL,
        pictures=QUICK_PICTURES if quick else PICTURES,
        side_px=QUICK_SIDE_PX if quick else SIDE_PX,
        seed=bench.plan.seed,
    )
    alone = {each.crew.threads: each for each in crews if each.crew.processes == 1}
    return Part(
        "workers",
        [
            Timing(
                "workers",
                _name(each),
                "picture",
                each.pictures,
                each.wall_s,
                each.cpu_s,
            )
            for each in crews
        ],
        [
            Figure(
                f"{_name(each)}, against 1",
                each.per_second / alone[each.crew.threads].per_second,
                "times as fast",
                NO_SLOWER,
            )
            for each in crews
            if each.crew.processes > 1
        ],
        ["CPU time is the workers'; PostgreSQL's own is not in it. Nothing votes."],
    )


def _name(timing: CrewTiming) -> str:
    processes, threads = timing.crew.processes, timing.crew.threads
    return f"processes: {processes}, threads of each: {threads}"
