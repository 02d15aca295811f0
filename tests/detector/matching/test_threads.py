"""One thread a call: told by the libraries themselves, in a process of its own."""

import json
import subprocess
import sys

PROGRAM = """
import json, threading
import cv2, faiss, numpy as np
from threadpoolctl import threadpool_info
from detector.matching.threads import use_one_thread_a_call
from index.nearest_codes import nearest_codes

cv2.setNumThreads(2)
before = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
use_one_thread_a_call()
found = {}

def search():
    faiss.omp_set_num_threads(2)
    nearest_codes(np.zeros((2, 32), np.uint8), np.zeros((2, 32), np.uint8), 1)
    found["faiss"] = faiss.omp_get_max_threads()

caller = threading.Thread(target=search)
caller.start()
caller.join()
found["opencv"] = cv2.getNumThreads()
pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
found["blas"] = [pool["num_threads"] for pool in pools]
found["num_pools"] = len(before)
print(json.dumps(found))
"""


def test_every_library_keeps_to_the_thread_that_calls_it():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    assert found["faiss"] == found["opencv"] == 1
    assert found["num_pools"] >= 1
    assert found["blas"] == [1] * found["num_pools"]
