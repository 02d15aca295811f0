"""Threads inside one search: one, because callers search from many."""

import faiss


def use_one_thread() -> None:
    """Keep faiss to the calling thread; OpenMP remembers that for each caller."""
    faiss.omp_set_num_threads(1)
