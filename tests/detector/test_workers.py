import threading
import time

import pytest

from detector.workers import map_in_order


def test_results_keep_the_order_of_the_items():
    def slow_start(i):
        time.sleep(0.02 if i % 4 == 0 else 0)
        return i * i

    assert list(map_in_order(slow_start, range(40), threads=4)) == [
        i * i for i in range(40)
    ]


def test_nothing_to_do_is_no_result():
    assert list(map_in_order(abs, [], threads=3)) == []


def test_work_runs_in_as_many_threads_as_asked_for():
    together = threading.Barrier(4, timeout=10)
    assert len(list(map_in_order(lambda _: together.wait(), range(4), threads=4))) == 4


def test_a_reader_that_stops_holds_the_work_back():
    started = []
    results = map_in_order(lambda i: started.append(i), range(1000), threads=2)
    next(results)
    time.sleep(0.05)
    assert len(started) <= 4
    results.close()
    assert len(started) <= 5


def test_an_error_reaches_the_reader_and_ends_the_work():
    done = []

    def work(i):
        if i == 3:
            raise ZeroDivisionError
        done.append(i)

    with pytest.raises(ZeroDivisionError):
        list(map_in_order(work, range(1000), threads=2))
    assert len(done) < 12
