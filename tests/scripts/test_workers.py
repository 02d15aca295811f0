import io

import numpy as np
from PIL import Image

from scripts.benchmarks.workers import Crew, CrewTiming, cut_parts, table
from tests.drawing import draw_scene, save


def test_parts_differ_and_the_same_seed_cuts_the_same():
    original = save(draw_scene(360, 270, seed=1), "PNG")
    cuts = [cut_parts([original], 120, np.random.default_rng(5)) for _ in range(2)]
    parts = [[next(cut) for _ in range(20)] for cut in cuts]
    assert parts[0] == parts[1]
    assert len(set(parts[0])) == 20
    for part in parts[0]:
        with Image.open(io.BytesIO(part)) as image:
            assert max(image.size) <= 120


def test_crews_are_held_against_one_process_with_as_many_threads():
    timings = [
        CrewTiming(Crew(1, 1), 100, wall_s=10.0, cpu_s=9.0),
        CrewTiming(Crew(2, 1), 100, wall_s=5.0, cpu_s=9.5),
        CrewTiming(Crew(1, 2), 100, wall_s=5.0, cpu_s=9.0),
        CrewTiming(Crew(4, 2), 100, wall_s=4.0, cpu_s=10.0),
    ]
    assert table(timings).splitlines()[2:] == [
        "| 1 | 1 | 10.00 | 1.00 | 90 |",
        "| 2 | 1 | 20.00 | 2.00 | 95 |",
        "| 1 | 2 | 20.00 | 1.00 | 90 |",
        "| 4 | 2 | 25.00 | 1.25 | 100 |",
    ]
