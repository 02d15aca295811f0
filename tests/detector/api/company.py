"""A service and workers, processes all of them, that die and are replaced."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

import numpy as np

from detector.cli.worker import KINDS, worker
from detector.settings import Settings
from tests.live_service import Client
from tests.service_process import CONTEXT, start_service


@dataclass
class Company:
    """A service and workers; those that are killed are replaced."""

    settings: Settings
    key: str
    num_workers: int
    service: BaseProcess | None = None
    client: Client | None = None
    workers: list[BaseProcess] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    turns: list[int] = field(default_factory=list)

    def start(self) -> None:
        self._serve()
        self.workers = [self._hire() for _ in range(self.num_workers)]

    def kill_one(self, rng: np.random.Generator) -> str:
        """Kill the service or a worker, each in its turn by chance, and replace it."""
        if not self.turns:
            self.turns = [int(n) for n in rng.permutation(1 + self.num_workers)]
        victim = self.turns.pop()
        if victim == self.num_workers:
            assert self.service is not None
            self.service.kill()
            self.service.join()
            self.kills["service"] += 1
            self._serve()
            return "service"
        self.workers[victim].kill()
        self.workers[victim].join()
        self.kills["worker"] += 1
        self.workers[victim] = self._hire()
        return "worker"

    def stop(self) -> None:
        for process in (*self.workers, self.service):
            if process is not None:
                process.kill()
                process.join()

    def _serve(self) -> None:
        started = start_service(self.settings, self.key, loads_models=True)
        self.service, self.client = started.process, started.client

    def _hire(self) -> BaseProcess:
        process = CONTEXT.Process(target=run_worker, args=(environment(self.settings),))
        process.start()
        return process


def environment(settings: Settings) -> dict[str, str]:
    """Write the settings that differ from the defaults as the environment has them."""
    given = settings.model_dump(exclude_defaults=True, exclude_none=True)
    url = settings.database_place
    if url is not None:
        given["database_url"] = url
    return {f"DETECTOR_{name.upper()}": str(value) for name, value in given.items()}


def run_worker(environ: Mapping[str, str]) -> None:
    """Be `detector worker`."""
    os.environ.update(environ)
    worker(threads=None, kinds=",".join(KINDS))
