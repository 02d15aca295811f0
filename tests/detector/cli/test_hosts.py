"""Two hosts on one database and one bucket; one of them is cut off, and comes back."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import take_events
from detector.listings.pictures.keep import CLOCK
from detector.store.clock import next_seq
from detector.store.event_tables import EventRow
from detector.store.job_list import count_jobs
from detector.store.listing_tables import FlagRow, ListingRow, PictureRow
from detector.store.scan_tables import ScanImageRow
from detector.store.store import Store, open_store
from detector.store.table import utc_now
from tests.buckets import bucket_server, new_bucket, open_server
from tests.catalogues import draw_folder
from tests.databases import listening_postgres
from tests.detector.listings.pictures.conftest import SIZE, again
from tests.drawing import draw_scene, save
from tests.hosts import Host, Network, network
from tests.milvus_server import temporary_milvus

SOON_S = 60.0
LEASE_S = 2
REFERENCES = 4


@dataclass
class Site:
    """A catalogue, a marketplace, and hosts that scan what it lists.

    Attributes:
        store: as this machine has it open.
        photos: the references' files.
        network: with the hosts.
        settings: of every host, as the environment.
        names: of the listings so far.
    """

    store: Store
    photos: list[Path]
    network: Network
    settings: dict[str, str]
    names: list[str] = field(default_factory=list)

    def offer(self, num: int) -> None:
        """List pictures, half of them copies of references, no two the same."""
        events = []
        for n in range(len(self.names), len(self.names) + num):
            if n % 2:
                data = save(draw_scene(*SIZE, seed=1000 + n), "JPEG")
            else:
                photo = self.photos[n // 2 % REFERENCES].read_bytes()
                data = again(photo, scale=0.9, quality=30 + n // 2)
            self.names.append(f"listing {n}")
            events.append(
                ListingEvent(
                    marketplace="shop",
                    listing_id=self.names[-1],
                    version=1,
                    event_id=None,
                    type=EventKind.CREATED,
                    occurred_at=utc_now(),
                    seller_id=None,
                    details={},
                    images=(GivenImage(0, data=data),),
                )
            )
        take_events(self.store, events, max_queued=1_000)

    def wait_until_scanned(self) -> None:
        """Wait until none of what was listed waits."""

        def num_waiting() -> int:
            waiting = select(func.count()).where(ListingRow.state == "queued")
            with self.store.database.read() as session:
                return session.execute(waiting).scalar_one()

        wait_until(lambda: num_waiting() == 0)

    def waits(self, host: Host) -> bool:
        """Say whether a host waits for a lock in the database."""
        query = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE client_addr = CAST(:address AS inet) AND wait_event_type = 'Lock'"
        )
        with self.store.database.read() as session:
            found = session.execute(query, {"address": host.address})
            return bool(found.scalar_one())

    @contextmanager
    def worker(self, host: Host, folder: Path) -> Iterator[subprocess.Popen[str]]:
        """Let a host work until the block ends."""
        process = subprocess.Popen(
            self.command(host, folder, "worker", "--kinds", "scans"),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            assert re.match("Working on", line), line
            yield process
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    def command(self, host: Host, folder: Path, *arguments: str) -> list[str]:
        """Put together a command of ours that runs on a host, with its own folder."""
        settings = {**self.settings, "DETECTOR_DATA_DIR": str(folder / host.name)}
        named = [f"{name}={value}" for name, value in settings.items()]
        ours = [sys.executable, "-m", "detector.cli", *arguments]
        return [*host.prefix, "env", *named, *ours]


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture(params=["files", "milvus"])
def site(request, tmp_path, monkeypatch) -> Iterator[Site]:
    """Start everything but the work on the hosts; they share a Milvus, or none."""
    if request.param == "milvus" and not request.config.getoption("--full"):
        pytest.skip("starts Milvus; --full does")
    folder = draw_folder(tmp_path / "photos", REFERENCES, size=SIZE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with ExitStack() as stack:
        lan = stack.enter_context(network(2))
        near, far = stack.enter_context(listening_postgres(lan.address, lan.block))
        endpoint = stack.enter_context(bucket_server("0.0.0.0"))
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        bucket = new_bucket(open_server(endpoint))
        store = open_store(tmp_path / "data", near, blobs=bucket.url)
        stack.enter_context(closing(store))
        settings = {
            "DETECTOR_DATABASE_URL": far,
            "DETECTOR_BLOB_URL": bucket.url,
            "DETECTOR_JOB_LEASE_S": str(LEASE_S),
            "DETECTOR_THREADS": "1",
            "AWS_ENDPOINT_URL": endpoint.replace("127.0.0.1", lan.address),
        }
        if request.param == "milvus":
            index = stack.enter_context(temporary_milvus())
            settings["DETECTOR_INDEX_URL"] = index.replace("127.0.0.1", lan.address)
        yield Site(store, sorted(folder.rglob("*.png")), lan, settings)


def test_a_host_that_is_cut_off_stops_nobody_and_goes_on_when_it_is_back(
    site, tmp_path
):
    here, there = site.network.hosts
    imported = ("catalogue", "import", str(tmp_path / "photos"), "--brand", "Acme")
    subprocess.run(
        site.command(here, tmp_path, *imported), check=True, capture_output=True
    )
    with ExitStack() as stack:
        cut_off = stack.enter_context(site.worker(here, tmp_path))
        other = stack.enter_context(site.worker(there, tmp_path))
        site.offer(8)
        site.wait_until_scanned()
        with site.store.database.write() as session:
            # Whoever writes down what it has found waits for this, in mid-transaction,
            # and is given it while nobody hears of it any more.
            next_seq(session, CLOCK, 0)
            site.offer(40)
            wait_until(lambda: site.waits(here))
            here.cut_off()
        site.wait_until_scanned()
        here.connect()
        other.send_signal(signal.SIGINT)
        assert other.wait(SOON_S) == 0
        site.offer(8)
        site.wait_until_scanned()
        assert cut_off.poll() is None
    require_everything_once(site)


def require_everything_once(site: Site) -> None:
    """Each listing was scanned, each picture once, each flag raised and told once."""
    with site.store.database.read() as session:
        listings = {row.external_id: row for row in session.scalars(select(ListingRow))}
        assert listings.keys() == set(site.names)
        assert {(row.state, row.error) for row in listings.values()} == {
            ("scanned", None)
        }
        looks = session.scalars(select(ScanImageRow.sha256)).all()
        assert len(looks) == len(set(looks)) == len(site.names)
        flags = session.scalars(select(FlagRow.listing_id)).all()
        copies = {listings[name].id for name in site.names[::2]}
        assert len(flags) == len(copies)
        assert set(flags) == copies
        told = select(func.count()).where(EventRow.type == "match.created")
        assert session.execute(told).scalar_one() == len(copies)
        kept = session.scalars(
            select(PictureRow.sha256).where(PictureRow.is_kept)
        ).all()
        assert len(kept) == len(copies)
        assert not [kind for kind in count_jobs(session) if kind[0] == "listing_scan"]
    for digest in kept:
        assert sha256(site.store.blobs.read(digest)).hexdigest() == digest
