"""Many runs on many cores, with the same numbers on any number of them.

workers are given the jobs once, and then numbers only: which job, which replication
outcomes are named by task, never by when they came
a worker that is killed takes nobody with it: what it was at is tried once more alone, and then reported
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from sim.performing.one import LOST, Ended, Failure, Job, Task, Told, perform
from sim.performing.stopping import Stop, first_ctrl_c_asks
from sim.performing.workers import Act, carry_out, pool, starting
from sim.progress import counted, simulated, told

IDLE_SECONDS = 1.0  # how often progress is told while no run ends

Warned = Callable[[str], None]


class Interrupted(Exception):
    """Ctrl-C came while runs were on their way; what had finished is kept. `reached`: how far the only run was."""

    def __init__(self, finished: Mapping[Task, Ended], planned: int, reached: str = "") -> None:
        super().__init__(finished, planned, reached)
        self.finished, self.planned, self.reached = finished, planned, reached

    def __str__(self) -> str:
        if self.planned > 1:
            return f"stopped; {len(self.finished)} of {self.planned} runs had finished"
        return f"stopped at {self.reached}" if self.reached else "stopped"


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def perform_all(
    jobs: Sequence[Job],
    tasks: Sequence[Task],
    *,
    workers: int,
    tell: Told = lambda done: None,
    warned: Warned = lambda message: None,
    act: Act = perform,
) -> dict[Task, Ended]:
    """Every task's outcome, in the order of `tasks`; `tell` hears how many are done, `warned` what people should know.

    One task, or one worker, needs no other process than this one.
    Raises Interrupted at Ctrl-C, after the runs that are on their way have ended; a second Ctrl-C kills them.
    """
    if min(workers, len(tasks)) <= 1:
        return _in_turn(jobs, tasks, tell, act)
    done: dict[Task, Ended] = {}
    with first_ctrl_c_asks() as stop:
        spread = _Spread(jobs, min(workers, len(tasks)), warned, act, stop, idle=lambda: tell(len(done)))
        try:
            for task, ended in spread.outcomes(tasks):
                done[task] = ended
                tell(len(done))
        except KeyboardInterrupt:
            spread.kill()
            raise Interrupted(_ordered(done, tasks), len(tasks)) from None
        except BaseException:
            spread.kill()
            raise
        finally:
            spread.close()
    if stop.asked:
        raise Interrupted(_ordered(done, tasks), len(tasks))
    return _ordered(done, tasks)


def _ordered(done: Mapping[Task, Ended], tasks: Sequence[Task]) -> dict[Task, Ended]:
    return {task: done[task] for task in tasks if task in done}


def replicate(
    job: Job, indices: Sequence[int], *, workers: int, quiet: bool, warned: Warned = lambda message: None
) -> list[Ended]:
    """Some replications of one scenario, in order of their index, with progress on stderr.

    Raises Interrupted at Ctrl-C.
    """
    tasks = [Task(0, index) for index in indices]
    if len(tasks) == 1:
        return [_alone(job, tasks[0], quiet=quiet)]
    with told(job.scenario.name, len(tasks), counted(len(tasks), "runs"), quiet=quiet) as tell:
        return list(perform_all([job], tasks, workers=workers, tell=tell, warned=warned).values())


def _alone(job: Job, task: Task, *, quiet: bool) -> Ended:
    until = job.scenario.run.until
    reached_ns = 0

    def note(done_ns: int) -> None:
        nonlocal reached_ns
        reached_ns = done_ns
        tell(done_ns)

    try:
        with told(job.scenario.name, until, simulated(until), quiet=quiet) as tell:
            return perform(job, task.replication_index, note)
    except KeyboardInterrupt:
        raise Interrupted({}, 1, simulated(until)(reached_ns)) from None


def _in_turn(jobs: Sequence[Job], tasks: Sequence[Task], tell: Told, act: Act) -> dict[Task, Ended]:
    """Task by task in this process."""
    done: dict[Task, Ended] = {}
    try:
        for task in tasks:
            done[task] = act(jobs[task.job], task.replication_index)
            tell(len(done))
    except KeyboardInterrupt:
        raise Interrupted(done, len(tasks)) from None
    return done


class _Spread:
    """Tasks spread over worker processes, one each at a time, so that a stop or a death concerns only a few."""

    def __init__(
        self, jobs: Sequence[Job], workers: int, warned: Warned, act: Act, stop: Stop, idle: Callable[[], None]
    ) -> None:
        self.jobs, self.workers, self.warned, self.act, self.idle = jobs, workers, warned, act, idle
        self.stop, self.stopped = stop, False
        self._pool: ProcessPoolExecutor | None = None
        self._strangers = {child.pid for child in multiprocessing.active_children()}

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Ended]]:
        """Outcomes as they come."""
        waiting, running = deque(tasks), dict[Future[Ended], Task]()
        while running or (waiting and not self.stopped):
            self._heed(len(running))
            suspects = [] if self.stopped else self._feed(waiting, running)
            for future in self._finished(running):
                task = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(task)
                else:
                    yield task, future.result()
            if suspects:
                suspects += running.values()
                running.clear()
                yield from self._each_alone(suspects)

    def kill(self) -> None:
        """End the workers of this pool at once."""
        for child in multiprocessing.active_children():
            if child.pid not in self._strangers:
                child.kill()

    def close(self) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _feed(self, waiting: deque[Task], running: dict[Future[Ended], Task]) -> list[Task]:
        """Give each idle worker a task; tasks that a broken pool refused are suspects."""
        while waiting and len(running) < self.workers:
            task = waiting.popleft()
            try:
                running[self._submit(task, self.workers)] = task
            except BrokenProcessPool:
                return [task]
        return []

    def _finished(self, running: dict[Future[Ended], Task]) -> list[Future[Ended]]:
        """Futures that have ended, in the order of submission."""
        ended, _ = wait(running, IDLE_SECONDS, return_when=FIRST_COMPLETED)
        if not ended:
            self.idle()
        return [future for future in running if future in ended]

    def _heed(self, running: int) -> None:
        """Feed no more once somebody has pressed Ctrl-C; runs on their way end."""
        if self.stop.asked and not self.stopped:
            self.stopped = True
            self.warned(f"stopping; runs on their way: {running}. Ctrl-C again to kill them")

    def _each_alone(self, suspects: Sequence[Task]) -> Iterator[tuple[Task, Ended]]:
        """A worker was killed: one of these tasks did it, or the machine ran out of memory. Try each by itself."""
        self.close()
        for task in suspects:
            self.warned(f"a worker was killed; once more, alone: {self._name(task)}")
            try:
                yield task, self._submit(task, 1).result()
            except BrokenProcessPool:
                text = f"{self._name(task)}: its worker was killed twice (out of memory?)"
                yield task, Failure(task.replication_index, LOST, text)
            self.close()

    def _name(self, task: Task) -> str:
        job = self.jobs[task.job]
        return f"{job.scenario.name}, seed {job.root_seed}, replication {task.replication_index}"

    def _submit(self, task: Task, workers: int) -> Future[Ended]:
        """Hand a task over; workers are started by this, deaf to Ctrl-C, which is for their parent to deal with."""
        with starting():
            if self._pool is None:
                self._pool = pool(self.jobs, self.act, workers)
            return self._pool.submit(carry_out, task)
