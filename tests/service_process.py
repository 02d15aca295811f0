"""The service as a process of its own, which a test may kill."""

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from detector.api.app import create_app
from detector.settings import Settings
from models.embedder import Embedder
from tests.catalogues import GridEmbedder
from tests.live_service import Client

# Forked from a process that has imported everything: a child starts at once. There is
# one such process for all tests.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.service_process"])


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A service that listens, and a client with a key."""

    process: BaseProcess
    client: Client

    def kill(self) -> None:
        """Let it die without a word."""
        self.process.kill()
        self.process.join()


def start_service(
    settings: Settings,
    key: str | None = None,
    *,
    embedder: Embedder | None = None,
    loads_models: bool = False,
) -> ServiceProcess:
    """Start a service; it listens, and may not be ready yet.

    Args:
        settings: of the service.
        key: that the client shows.
        embedder: to match with; the grid embedder if None.
        loads_models: match with what the settings name instead.
    """
    here, there = CONTEXT.Pipe()
    used = None if loads_models else embedder or GridEmbedder()
    process = CONTEXT.Process(target=_run, args=(there, settings, used))
    process.start()
    there.close()  # so that a child that fails is an error here, not a wait
    return ServiceProcess(process, Client(here.recv(), key))


@contextmanager
def service_process(settings: Settings, key: str | None = None) -> Iterator[Client]:
    """Run a service until it has answered all it has to, and see it end well."""
    service = start_service(settings, key)
    try:
        service.client.wait_until("/readyz")
        yield service.client
        service.process.terminate()
        service.process.join(30)
        assert service.process.exitcode is not None
    finally:
        service.kill()


def _run(connection: Connection, settings: Settings, embedder: Embedder | None) -> None:
    embedders = None if embedder is None else {"copy": embedder}
    app = create_app(settings, embedders=embedders)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection.send(listener.getsockname()[1])
        config = uvicorn.Config(
            app, http="h11", ws="none", lifespan="on", log_config=None, access_log=False
        )
        uvicorn.Server(config).run(sockets=[listener])


def settings_of(folder: Path, database_url: str | None) -> Settings:
    """Set a service up to take over soon what another one died of."""
    return Settings(
        data_dir=folder,
        database_url=None if database_url is None else SecretStr(database_url),
        threads=2,
        job_threads=2,
        job_lease_s=0.5,
    )
