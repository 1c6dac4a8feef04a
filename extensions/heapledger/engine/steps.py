"""Work in steps: a step runs in a worker thread, and what came of it decides which steps follow."""

from __future__ import annotations

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
    """Runs steps on a pool until none is left."""

    pool: Executor
    tools: Callable[[], Tools]
    """Tools of the calling thread."""
    done: Callable[[str, Result[Any]], None]
    """Called with each finished unit of work."""
    _pending: dict[Future[Any], Step] = field(default_factory=dict)

    def run(self, steps: Iterable[Step]) -> None:
        """Run these steps and all that follow."""
        self._submit(steps)
        while self._pending:
            finished, _ = wait(self._pending, return_when=FIRST_COMPLETED)
            for future in finished:
                after = self._pending.pop(future).then(future.result())
                for key, result in after.results:
                    self.done(key, result)
                self._submit(after.steps)

    def _submit(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self._pending[self.pool.submit(self._run, step)] = step

    def _run(self, step: Step) -> Any:
        return step.run(self.tools())
