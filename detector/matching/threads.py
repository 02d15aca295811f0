"""Threads inside one library call: one, because there is a worker for each core."""

import cv2
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def use_one_thread_a_call() -> None:
    """Keep OpenCV and BLAS to the thread that calls them, in the whole process.

    Their own pools wait for each other by spinning: with a worker on each of two cores
    a scan took 1.4 times as long and 1.7 times the CPU time. faiss counts threads by
    caller, and is bounded in `index`.
    """
    cv2.setNumThreads(1)
    threadpool_limits(limits=1, user_api="blas")
