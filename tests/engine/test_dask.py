"""Work on a Dask cluster of two real workers: the same bytes as here, also when one is killed half way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dask
import msgspec
import pytest
from distributed import LocalCluster
from distributed.security import Security

from heapledger.config import Config, from_values
from heapledger.engine import remote
from heapledger.engine.batch import LEAST
from heapledger.engine.cache import Cache
from heapledger.engine.plan import measure_all
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.errors import HeapledgerError
from heapledger.model import Ledger, Profile, VerdictKind
from heapledger.session import evaluate
from heapledger.source.program import build_program
from heapledger.source.snippet import Snippet, read_rust
from heapledger.source.surroundings import why_alone
from heapledger.toolchain.find import Rustc, find_rustc

CORPUS = Path(__file__).resolve().parents[1] / "truth" / "corpus"
LEFT_OUT = {"hash_map", "main_err"}
"""The order of the first's events changes from run to run, as it does where several threads run. The second, whose main
returns a private type, has every program of its release batch compiled alone: it would be another comparison."""
TWO_WORKERS = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}


@pytest.fixture(scope="module")
def found(shared_cache: Path) -> Rustc:
    return find_rustc("", Cache(shared_cache))


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(**TWO_WORKERS) as made:
        yield made


def snippets() -> list[Snippet]:
    paths = [path for path in sorted(CORPUS.glob("*.rs")) if path.stem not in LEFT_OUT][::3]
    broken = read_rust(text='fn main() {\n    let n: u8 = "";\n}\n', file="broken.rs", snippet_id="broken")
    return [broken, *(read_rust(text=path.read_text(), file=path.name, snippet_id=path.stem) for path in paths)]


def tasks(rustc: Rustc) -> list[Task]:
    around = Surroundings(rustc=rustc, config=Config())
    programs = [build_program(snippet)[0] for snippet in snippets()]
    return [make_task(one, profile, around, run=True, timeout=None) for one in programs for profile in Profile]


@pytest.fixture(scope="module")
def here(found: Rustc) -> dict[str, bytes]:
    return measured(found, "local")


def measured(rustc: Rustc, executor: str, progress=None) -> dict[str, bytes]:
    """Return the ledgers of programs with one thread, as they are stored."""
    works = tasks(rustc)
    results = measure_all(works, rustc, Cache(None), executor=executor, progress=progress)
    ledgers = {}
    for work in works:
        result = results.of(work, Ledger)
        assert result is not None
        assert result.value is not None, result.trouble
        if result.value.threads <= 1:
            ledgers[work.key] = msgspec.json.encode(result.value)
    assert len(ledgers) >= 25
    return ledgers


def address(cluster: LocalCluster) -> str:
    return "dask://" + cluster.scheduler_address.partition("://")[2]


def test_two_workers_give_the_same_bytes(cluster: LocalCluster, found: Rustc, here: dict[str, bytes]) -> None:
    assert measured(found, address(cluster)) == here


def test_the_work_of_a_killed_worker_is_done_again(cluster: LocalCluster, found: Rustc, here: dict[str, bytes]) -> None:
    killed: list[int] = []

    def kill_one(finished: int, total: int) -> None:
        assert finished <= total
        if not killed:
            busy = [state for state in cluster.scheduler.workers.values() if state.processing]
            assert busy, "half way, a worker has something to do"
            pid = next(nanny.pid for nanny in cluster.workers.values() if nanny.worker_address == busy[0].address)
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    assert measured(found, address(cluster), kill_one) == here
    assert killed
    assert not any(nanny.pid == killed[0] for nanny in cluster.workers.values())


def test_a_session_asks_the_cluster(cluster: LocalCluster, tmp_path: Path) -> None:
    """From the setting to the ledgers, with the results kept here."""
    config = from_values({"heapledger_executor": address(cluster), "heapledger_cache": str(tmp_path)})
    three = snippets()[:3]
    there = evaluate(three, config)
    assert (there.fresh, there.missing) == (6, "")
    again = evaluate(three, Config(cache=str(tmp_path)))
    assert again.fresh == 0, "where it was measured is not in the key"
    assert there.outcomes[0].kind is VerdictKind.FALSIFIED, "rustc's message came back"
    assert [one.kind for one in there.outcomes] == [one.kind for one in again.outcomes]


def test_a_worker_with_another_toolchain_is_refused(
    cluster: LocalCluster, found: Rustc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linker = shutil.which("cc")
    assert linker is not None
    (tmp_path / "cc").symlink_to(linker)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(remote.WorkerDiffers, match="has another linker than the machine that asks"):
        measured(found, address(cluster))


def test_pieces_hold_everything_once_and_are_batches(found: Rustc) -> None:
    works = tasks(found)
    for slots in (1, 2, 7, 1000):
        pieces = list(remote.divide(works, slots))
        assert sorted(work.key for piece in pieces for work in piece) == sorted(work.key for work in works)
        assert all(len(piece) <= remote.MOST for piece in pieces)
        batched = [piece for piece in pieces if not why_alone(piece[0].program)]
        assert all(len(piece) >= LEAST for piece in batched), "fewer would be compiled alone"


def test_nobody_answers(found: Rustc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "CONNECT_SECONDS", 1.0)
    with pytest.raises(HeapledgerError, match="no Dask scheduler answers"):
        measured(found, "dask://127.0.0.1:9")


def test_tls(found: Rustc, here: dict[str, bytes], tmp_path: Path) -> None:
    """As Dask's own configuration has it: the same file serves scheduler, workers and us."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    settings: dict[str, object] = {"distributed.comm.tls.ca-file": str(certificate)}
    for role in ("scheduler", "worker", "client"):
        settings[f"distributed.comm.tls.{role}.key"] = str(key)
        settings[f"distributed.comm.tls.{role}.cert"] = str(certificate)
    settings["distributed.comm.require-encryption"] = True
    with dask.config.set(settings), LocalCluster(**TWO_WORKERS, protocol="tls://", security=Security()) as cluster:
        assert cluster.scheduler_address.startswith("tls://")
        assert measured(found, address(cluster)) == here
