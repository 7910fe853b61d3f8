"""Worker processes: what they are given when they begin, and how they live beside their parent.

they are started afresh (spawn), so that nothing of the parent's state leaks into their numbers
they are deaf to Ctrl-C, compute with one thread each, and end when their parent ends
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from sim.performing.one import Ended, Job, Task, perform

Act = Callable[[Job, int], Ended]

_given: tuple[Sequence[Job], Act] = ((), perform)  # in a worker: what its tasks are about, and what to do


def pool(jobs: Sequence[Job], act: Act, workers: int) -> ProcessPoolExecutor:
    """Workers that know the jobs; to be given tasks for `carry_out` within `starting`."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(jobs, act))


def carry_out(task: Task) -> Ended:
    """In a worker: do a task."""
    jobs, act = _given
    return act(jobs[task.job], task.replication_index)


@contextmanager
def starting() -> Iterator[None]:
    """Handing a task to a pool starts workers; what they inherit is arranged inside."""
    with _deaf_children(), _one_thread_each(), _without_the_script():
        yield


def _begin(jobs: Sequence[Job], act: Act) -> None:
    """Prepare a worker: remember the jobs, leave Ctrl-C to the parent, and do not outlive it."""
    global _given  # noqa: PLW0603 - a worker has nowhere else to keep what all of its tasks need
    _given = jobs, act
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started inside inherit a blocked Ctrl-C; one that comes meanwhile waits for the end of the block."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: the worker's first act has to do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside compute with one thread: the cores are shared out already."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


@contextmanager
def _without_the_script() -> Iterator[None]:
    """Processes started inside do not import the main script again: they need nothing of it.

    So a script that asks for workers needs no `if __name__ == "__main__":`.
    """
    main: dict[str, object] = vars(sys.modules["__main__"])
    before: dict[str, object] = {name: main[name] for name in ("__spec__", "__file__") if name in main}
    main["__spec__"] = None
    main.pop("__file__", None)
    try:
        yield
    finally:
        main.update(before)
