"""A Dask cluster as an executor: ``heapledger_executor = "dask://HOST:PORT"`` names its scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from heapledger.config import DASK
from heapledger.errors import HeapledgerError, ToolchainUnusable

CONNECT_SECONDS = 30
"""Longest wait for the scheduler."""
RETRIES = 3
"""How often work is given to another worker after an error of Dask's own; a dead worker's is always given anew."""


@contextmanager
def cluster(executor: str) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """Connect, and give an executor and the number of threads that work there.

    Certificates are those of Dask's own configuration, ``distributed.comm.tls``; where that requires encryption, or
    names TLS as the scheme, the connection is encrypted.

    :raises HeapledgerError: where Dask is not installed.
    :raises ToolchainUnusable: where the scheduler does not answer.
    """
    try:
        import dask  # noqa: PLC0415 - an extra
        from distributed import Client  # noqa: PLC0415
    except ImportError as error:
        raise HeapledgerError(
            f"heapledger_executor is {executor!r}, and Dask is not installed; install heapledger[dask]"
        ) from error
    place = executor.removeprefix(DASK)
    encrypted = dask.config.get("distributed.comm.require-encryption", None)
    scheme = "tls" if encrypted else dask.config.get("distributed.comm.default-scheme", "tcp")
    try:
        connect: Any = Client
        client = connect(f"{scheme}://{place}", timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise ToolchainUnusable(f"the Dask scheduler at {place} does not answer: {error}") from error

    def threads() -> int:
        try:
            return sum(client.nthreads().values())
        except (OSError, RuntimeError) as error:
            raise ToolchainUnusable(f"the Dask scheduler at {place} is gone; what was finished is kept") from error

    with client:
        yield client.get_executor(retries=RETRIES), threads
