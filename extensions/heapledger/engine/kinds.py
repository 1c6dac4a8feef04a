"""Every kind of work, and doing one unit of it."""

from __future__ import annotations

from typing import Any

from heapledger.engine import image, probe, run, snapshot
from heapledger.engine.image import ImageWork
from heapledger.engine.probe import ProbeWork
from heapledger.engine.process import SupervisorCancelled, SupervisorDied
from heapledger.engine.task import Task
from heapledger.engine.work import Kind, NothingMeasured, Result, Tools, Work, always
from heapledger.model import Ledger, Provenance
from heapledger.model_below import Image, Probe
from heapledger.model_snapshot import SnapshotSet

KINDS: tuple[Kind[Any, Any], ...] = (
    Kind(work=Task, result=Ledger, perform=run.perform, is_cacheable=run.is_cacheable),
    Kind(
        work=snapshot.SnapshotTask,
        result=SnapshotSet,
        perform=snapshot.perform,
        is_cacheable=snapshot.is_cacheable,
    ),
    Kind(work=ImageWork, result=Image, perform=image.perform, is_cacheable=always),
    Kind(work=ProbeWork, result=Probe, perform=probe.perform, is_cacheable=always),
)
"""Every kind of work; ``engine/work.py`` says how to add one."""

_BY_TYPE = {kind.work: kind for kind in KINDS}


def kind_of(work: Work) -> Kind[Any, Any]:
    """Return how a unit of work is done and kept."""
    return _BY_TYPE[type(work)]


def do_one(work: Work, tools: Tools) -> Result[Any]:
    """Do one unit of work of any kind alone."""
    kind = kind_of(work)
    for attempt in (1, 2):
        try:
            return Result(kind.perform(work, tools), Provenance.FRESH)
        except NothingMeasured as error:
            return Result(None, Provenance.FRESH, str(error))
        except SupervisorDied as error:
            if isinstance(error, SupervisorCancelled):
                raise
            if attempt == 2:  # the doing of this program: the others go on
                trouble = f"the process that runs programs died twice, with this one: {error}"
                return Result(None, Provenance.FRESH, trouble)
    raise AssertionError("unreachable")
