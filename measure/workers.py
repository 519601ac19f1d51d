"""Where much is computed: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import signal
import threading
from asyncio import CancelledError
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from pascaline.measure.points import Survey, try_to_measure
from pascaline.spec.errors import InputError, brief, said
from pascaline.spec.machine import Machine
from pascaline.synth.explore import Point

__all__ = ["Outcomes", "in_processes", "on_dask", "workers"]

Outcomes = Generator[tuple[Machine, Point | str], None, None]
"""Machines as they get done, with their points or the reasons why there are none."""

TIMEOUT = 10
"""Seconds for a scheduler to answer."""

WORKER, DIED = "worker process", "died (memory? then try fewer --jobs)"
"""What is said of a process that has ended by itself."""


def in_processes(survey: Survey, machines: Sequence[Machine], processes: int) -> Outcomes:
    """Measure machines in processes of this machine.

    When the iterator is left before its end, all that runs for it is stopped.
    """
    with workers(min(processes, len(machines))) as pool:
        running = {pool.submit(try_to_measure, survey, machine): machine for machine in machines}
        for done in as_completed(running):
            try:
                yield running[done], done.result()
            except BrokenProcessPool:
                yield running[done], f"a {WORKER} {DIED}"


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes; when it is left early, all that runs in them is stopped.

    Raises
    ------
    InputError
        If one of them has ended by itself, or limits leave no room for any.
    """
    # A fresh interpreter each: forks would take the locks of the progress bar along.
    others = multiprocessing.active_children()
    try:
        pool = ProcessPoolExecutor(
            count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
        )
    except OSError as error:
        # Semaphores are small files; of one that may not even be that long no reason is told.
        if error.errno:
            raise
        rule = "cannot be made: ulimit says too little of memory, open files or the size of files"
        raise InputError(f"{WORKER}es", rule) from None
    try:
        yield pool
        pool.shutdown()
    except BaseException as error:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - set(others):
            _stop(child)
        if isinstance(error, BrokenProcessPool):
            raise InputError(f"a {WORKER}", DIED) from None
        raise


def _begin() -> None:
    # A worker leads a group, so that an interrupt reaches the explorer alone, and tools end with
    # their worker. It ends with the explorer, whatever happens to that.
    os.setpgrp()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.killpg(0, signal.SIGTERM)


def _stop(worker: BaseProcess) -> None:
    assert worker.pid is not None
    try:
        os.killpg(worker.pid, signal.SIGTERM)
    except ProcessLookupError:
        worker.terminate()


def on_dask(survey: Survey, machines: Sequence[Machine], address: str) -> Outcomes:
    """Measure machines on the workers of a Dask scheduler.

    Raises
    ------
    InputError
        If Dask is not installed, or if there is no scheduler at the address.
    """
    with _client(address) as (distributed, client):
        # The survey goes over the wire once.
        shared = client.scatter(survey, hash=False)
        running = {
            client.submit(try_to_measure, shared, machine, pure=False): machine
            for machine in machines
        }
        for done in distributed.as_completed(list(running)):
            try:
                outcome = done.result()
            except (Exception, CancelledError) as error:
                outcome = " ".join(f"{type(error).__name__}: {error}".split())
            yield running[done], outcome


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError:
        raise InputError("--dask", "needs distributed (pip install 'pascaline[dask]')") from None
    # What goes wrong is told below and by the points that fail, a line each.
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    found = re.fullmatch(r"(tcp|tls|wss?)://([\w.-]{1,253}|\[[0-9a-fA-F:.]+\]):(\d{1,5})", address)
    if found is None or not 0 < int(found[3]) < 1 << 16:
        raise InputError("--dask", "must be an address as tcp://host:8786", brief(address))
    try:
        client = distributed.Client(address, timeout=TIMEOUT)
    except Exception as error:
        # Names that are none, certificates that are missing: each has an exception of its own.
        reason = said(error) or type(error).__name__
        raise InputError("--dask", f"no scheduler answers ({reason})") from None
    with client:
        yield distributed, client
