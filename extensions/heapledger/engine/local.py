"""Work on this machine: threads that share a scratch folder, each with a supervisor of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heapledger.engine.batch import Alone, plan_batches
from heapledger.engine.process import Supervisor
from heapledger.engine.steps import Scheduler, Step
from heapledger.engine.work import Result, Tools, Work
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer

Done = Callable[[str, Result[Any]], None]
"""Called with the key and the result of each finished unit of work, in the thread that asked for it."""


@dataclass(slots=True)
class Team:
    """One supervisor a thread."""

    rustc: Rustc
    tracer: BuiltTracer
    scratch: Path
    """Folder for batches, readable to all."""
    supervisors: list[Supervisor] = field(default_factory=list)
    _here: threading.local = field(default_factory=threading.local)

    def tools(self) -> Tools:
        """Return the tools of the calling thread."""
        if not hasattr(self._here, "tools"):
            supervisor = Supervisor()
            supervisor.__enter__()
            self.supervisors.append(supervisor)
            self._here.tools = Tools(self.rustc, self.tracer, supervisor)
        tools: Tools = self._here.tools
        return tools


def work_through(works: list[Work], team: Team, done: Done, *, workers: int, standalone: bool = False) -> None:
    """Do all of it, in batches unless ``standalone``; nothing of it runs any more when this returns or raises."""
    steps: list[Step] = []
    alone = works
    if not standalone:
        steps, alone = plan_batches(works, team.scratch)
    steps += [Alone(work) for work in alone]
    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(works))), thread_name_prefix="heapledger")
    try:
        Scheduler(pool, team.tools, done).run(steps)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for supervisor in team.supervisors:
            supervisor.cancel()
        raise
    finally:
        pool.shutdown(wait=True)
        for supervisor in team.supervisors:
            supervisor.close()
