import logging
import threading

from detector.errors import StoreFault
from detector.store.chores import Chore, Chores

SOON_S = 20.0


def test_a_chore_that_fails_stops_neither_others_nor_itself(caplog):
    done, num_faults = threading.Event(), []

    def fail():
        num_faults.append(1)
        if len(num_faults) == 1:
            raise StoreFault("The disk is full.", remedy="Free some space.")
        if len(num_faults) == 2:
            raise ZeroDivisionError
        done.set()

    others = []
    with caplog.at_level(logging.WARNING):
        chores = Chores("c", Chore(0.0, fail), Chore(0.0, lambda: others.append(1)))
        chores.start()
        assert done.wait(SOON_S)
        chores.stop()
    assert len(others) >= 2
    assert "The disk is full." in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_chore_is_done_at_once_and_then_as_often_as_was_asked():
    often, seldom = [], []
    three = threading.Event()

    def count():
        often.append(1)
        if len(often) == 3:
            three.set()

    chores = Chores("c", Chore(1_000.0, lambda: seldom.append(1)), Chore(0.0, count))
    chores.start()
    assert three.wait(SOON_S)
    assert not chores.should_stop()
    chores.stop()
    assert chores.should_stop()
    assert len(seldom) == 1


def test_one_that_was_never_started_can_be_stopped():
    Chores("c").stop()
