"""Threads that work on jobs until they are told to stop."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session

from detector.errors import Busy, DetectorError
from detector.store import jobs
from detector.store.claiming import claim, claim_more
from detector.store.database import Database
from detector.store.jobs import Job, LeaseLost

log = logging.getLogger(__name__)

POLL_S = 0.2
PAUSE_S = 1.0
"""How long to leave a database in peace that has just failed."""

MAX_ERROR_LENGTH = 500

OnNote = Callable[[str], None]


class Context:
    """What a handler works with: its job, and transactions for its effects.

    A handler returns once it has called `finish`, or soon after `should_stop` says
    so; in between it commits what it has done in a `session`, so that whoever goes on
    can begin there.
    """

    def __init__(
        self,
        database: Database,
        job: Job,
        *,
        stopping: threading.Event,
        lease_s: float,
    ) -> None:
        self.job = job
        self.jobs = [job]
        self.is_finished = False
        self._database = database
        self._lease_s = lease_s
        self._stopping = stopping
        self._is_lost = False
        self._is_finishing = False

    def should_stop(self) -> bool:
        """Say whether the process is to end, or the job is no longer ours."""
        return self._stopping.is_set() or self._is_lost

    def take_more(self, limit: int) -> list[Job]:
        """Take further jobs of this kind, to be finished, or given back, with it.

        Args:
            limit: most of them.

        Returns:
            All that are to be done together; `job` is the first.
        """
        more = claim_more(self._database, self.job, limit=limit, lease_s=self._lease_s)
        self.jobs = [*self.jobs, *more]
        return self.jobs

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction whose effects happen only while the job is ours.

        Raises:
            LeaseLost: it no longer is; the handler need not catch this.
        """
        self._is_finishing = False
        with self._database.write() as session:
            jobs.holds(session, *self.jobs)
            yield session
        self.is_finished = self._is_finishing

    def progress(self, session: Session) -> None:
        """Say that what this session commits need not be done again."""
        jobs.progress(session, *self.jobs)

    def finish(self, session: Session, *, is_forgotten: bool = False) -> None:
        """End the job, once its session commits; see `jobs.finish`."""
        jobs.finish(session, *self.jobs, is_forgotten=is_forgotten)
        self._is_finishing = True

    def postpone(self, session: Session, *, delay_s: float) -> None:
        """Leave the job for later, once the session commits; see `jobs.postpone`."""
        jobs.postpone(session, *self.jobs, delay_s=delay_s)
        self._is_finishing = True

    def lose(self) -> None:
        """Let the handler know that a job is no longer ours."""
        self._is_lost = True


Handler = Callable[[Context], None]


class Worker:
    """Works on jobs in threads of this process; others may do so elsewhere."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        lease_s: float,
        threads: int,
        poll_s: float = POLL_S,
        on_note: OnNote,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            database: where the jobs are.
            handlers: by the kind of job; other kinds are left alone.
            lease_s: after this time the job of a process that died is taken over.
            threads: jobs worked on at once.
            poll_s: how often to look for jobs that another process asked for.
            on_note: told what an operator should know.
        """
        self._database = database
        self._handlers = dict(handlers)
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._on_note = on_note
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._awake = threading.Event()
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._running: set[Context] = set()
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{n}", daemon=True)
            for n in range(threads)
        ]
        self._heart = threading.Thread(target=self._beat, name="job-lease", daemon=True)

    def start(self) -> None:
        """Begin."""
        for thread in (*self._threads, self._heart):
            thread.start()

    def ask_to_stop(self) -> None:
        """Let no job begin any more, and those that run end soon; `stop` waits."""
        self._stopping.set()
        self._awake.set()

    def stop(self, timeout: float) -> bool:
        """Let handlers give back what they are at, and end.

        Args:
            timeout: seconds to wait for them. What still runs then keeps its lease
                as long as this process lives.

        Returns:
            Whether all have ended.
        """
        self.ask_to_stop()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._ended.set()
        self._heart.join()
        return True

    def wake(self) -> None:
        """Look for jobs now: this process has just asked for one."""
        self._awake.set()

    def _work(self) -> None:
        while not self._stopping.is_set():
            # One thread looks for jobs; it finds one, and the next begins to look.
            with self._looking:
                job = self._look()
            if job is not None:
                self._run(job)

    def _look(self) -> Job | None:
        """Wait for a job, and take it; None once this is to stop."""
        while not self._stopping.is_set():
            try:
                job = claim(
                    self._database, self._handlers.keys(), lease_s=self._lease_s
                )
            except Exception as error:
                self._complain("No job can be taken", error)
                self._stopping.wait(PAUSE_S)
                continue
            if job is not None:
                return job
            if self._awake.wait(self._poll_s) and not self._stopping.is_set():
                self._awake.clear()
        return None

    def _run(self, job: Job) -> None:
        context = Context(
            self._database, job, stopping=self._stopping, lease_s=self._lease_s
        )
        with self._lock:
            self._running.add(context)
        try:
            self._handle(context)
        except Exception as error:
            # Its lease will run out, and then it is taken up again.
            self._complain(f"{job.kind} {job.id} cannot be given back", error)
        finally:
            with self._lock:
                self._running.discard(context)

    def _handle(self, context: Context) -> None:
        job = context.job
        try:
            self._handlers[job.kind](context)
        except LeaseLost as lost:
            self._on_note(f"{lost} It was canceled, or another worker took it over.")
            jobs.release(self._database, *context.jobs)
        except Exception as error:
            if context.is_finished:
                self._complain(f"After {job.kind} {job.id} was done", error)
                return
            reason = describe(error)
            log.exception("%s %s failed", job.kind, job.id)
            for each in context.jobs:
                self._fail(each, reason, is_final=is_permanent(error))
        else:
            if context.is_finished:
                return
            if context.should_stop():
                jobs.release(self._database, *context.jobs)
            else:
                for each in context.jobs:
                    self._fail(each, "Its handler left it unfinished.", is_final=False)

    def _fail(self, job: Job, reason: str, *, is_final: bool) -> None:
        is_dead = jobs.fail(self._database, job, reason, is_final=is_final)
        outcome = "was given up" if is_dead else "failed and will be tried again"
        self._on_note(f"{job.kind} {job.id} {outcome}: {reason}")

    def _beat(self) -> None:
        """Renew the leases of what is being worked on."""
        while not self._ended.wait(self._lease_s / 3):
            with self._lock:
                running = list(self._running)
            for context in running:
                try:
                    if not jobs.renew(
                        self._database, *context.jobs, lease_s=self._lease_s
                    ):
                        context.lose()
                except Exception as error:
                    self._complain("A lease cannot be renewed", error)

    def _complain(self, what: str, error: Exception) -> None:
        if not isinstance(error, DetectorError):
            log.error("%s", what, exc_info=error)
        self._on_note(f"{what}: {describe(error)}")


def is_permanent(error: Exception) -> bool:
    """Say whether trying again would end the same way."""
    if not isinstance(error, DetectorError) or isinstance(error, Busy):
        return False
    return 400 <= error.status < 500


def describe(error: Exception) -> str:
    """Say in a line what went wrong."""
    text = " ".join(str(error).split())
    if not isinstance(error, DetectorError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text[:MAX_ERROR_LENGTH]
