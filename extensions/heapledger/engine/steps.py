"""Work in steps: a step runs in a worker thread, and what came of it decides which steps follow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from heapledger.engine.work import Result, Tools


@dataclass(frozen=True, slots=True)
class After:
    """What a finished step leads to."""

    steps: Iterable[Step] = ()
    results: Iterable[tuple[str, Result[Any]]] = ()
    """Finished units of work, by key."""


class Step(Protocol):
    """One piece of work for one worker."""

    def run(self, tools: Tools) -> Any:
        """Do it, in a worker thread."""

    def then(self, value: Any) -> After:
        """Say what follows; called in the thread of the scheduler, one at a time, so that steps may share state."""


@dataclass(slots=True)
class Scheduler:
    """Runs steps on a pool until none is left.

    What follows from a step goes before what waits: results come, and are stored, while the rest is still compiled, so
    that a killed build keeps them, and what a batch holds is given back early.
    """

    pool: Executor
    most: int
    """Steps in the pool at one time: somewhat more than it has workers, so that none waits for us."""
    tools: Callable[[], Tools]
    """Tools of the calling thread."""
    done: Callable[[str, Result[Any]], None]
    """Called with each finished unit of work."""
    _pending: dict[Future[Any], Step] = field(default_factory=dict)
    _waiting: deque[Step] = field(default_factory=deque)

    def run(self, steps: Iterable[Step]) -> None:
        """Run these steps and all that follow."""
        self._waiting.extend(steps)
        self._submit()
        while self._pending:
            finished, _ = wait(self._pending, return_when=FIRST_COMPLETED)
            for future in finished:
                after = self._pending.pop(future).then(future.result())
                for key, result in after.results:
                    self.done(key, result)
                self._waiting.extendleft(reversed(list(after.steps)))
            self._submit()

    def _submit(self) -> None:
        while self._waiting and len(self._pending) < self.most:
            step = self._waiting.popleft()
            self._pending[self.pool.submit(self._run, step)] = step

    def _run(self, step: Step) -> Any:
        return step.run(self.tools())
