"""The workers of a real Dask cluster give the bytes that this machine gives, also when one of them is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
import msgspec
import pytest
from distributed import Client, LocalCluster, Security

from heapledger.config import Config, from_values
from heapledger.engine import dask as executor
from heapledger.engine.cache import Cache
from heapledger.model import ExitKind, Profile
from heapledger.outcome import Session
from heapledger.session import evaluate
from heapledger.source.snippet import Snippet, read_rust

PROGRAMS = (
    "let v: Vec<u16> = (0..{n}).collect();\nstd::hint::black_box(&v);",
    'println!("{{}}", format!("{{}}", {n}));',
    "let h = std::thread::spawn(|| Box::new({n}u64));\nstd::hint::black_box(h.join().unwrap());",
    'let x: Option<u8> = std::hint::black_box(None);\nx.expect("number {n}");',
)
BROKEN = "let a: u8 = true;"


def snippets(count: int) -> list[Snippet]:
    texts = [PROGRAMS[number % len(PROGRAMS)].format(n=number + 3) for number in range(count)]
    texts[count // 2] = BROKEN
    return [read_rust(text=text, file="page.md", snippet_id=f"s{n}") for n, text in enumerate(texts)]


def ledgers(session: Session) -> list[bytes]:
    found = [profile.ledger for outcome in session.outcomes for profile in outcome.profiles]
    return [msgspec.json.encode(ledger) for ledger in found]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


def config(cluster: LocalCluster, **more: object) -> Config:
    address = "dask://" + cluster.scheduler_address.partition("://")[2]
    return from_values(
        {"heapledger_executor": address, **{f"heapledger_{name}": value for name, value in more.items()}}
    )


def test_same_bytes_also_where_a_worker_is_killed(cluster: LocalCluster, tmp_path: Path) -> None:
    wanted = evaluate(snippets(24), Config(), cache=Cache(tmp_path / "here"))
    kinds = {profile.ledger.exit.kind for outcome in wanted.outcomes for profile in outcome.profiles if profile.ledger}
    assert kinds == {ExitKind.RETURNED, ExitKind.PANICKED, ExitKind.COMPILE_ERROR}
    victim = next(iter(cluster.workers.values())).pid
    finished: list[int] = []

    def progress(done: int, total: int) -> None:
        if not finished:
            os.kill(victim, signal.SIGKILL)
        finished.append(done)

    there = evaluate(snippets(24), config(cluster), cache=Cache(tmp_path / "there"), progress=progress)
    assert ledgers(there) == ledgers(wanted)
    assert finished == list(range(1, 49)), "every unit of work is counted once"
    assert victim not in {worker.pid for worker in cluster.workers.values()}
    again = evaluate(snippets(24), Config(), cache=Cache(tmp_path / "there"))
    assert again.fresh == 0, "a local build knows what the cluster measured"


def test_the_same_limits(cluster: LocalCluster, tmp_path: Path) -> None:
    endless = read_rust(text="loop {\n    std::hint::spin_loop();\n}", file="page.md", snippet_id="endless")
    settings = config(cluster, timeout=1, profiles=["debug"])
    session = evaluate([endless], settings, cache=Cache(tmp_path))
    assert session.outcomes[0].profiles[0].ledger is not None
    assert session.outcomes[0].profiles[0].ledger.exit.kind is ExitKind.TIMEOUT


def test_a_worker_with_other_tools_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its PATH has another linker: what it links is not what would be linked here."""
    linker = tmp_path / "bin" / "cc"
    linker.parent.mkdir()
    linker.write_text('#!/bin/sh\nexec /usr/bin/cc "$@"\n', encoding="utf-8")
    linker.chmod(0o755)
    path = os.environ["PATH"]
    with monkeypatch.context() as there:
        there.setenv("PATH", f"{linker.parent}:{path}")
        other = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
    with other:
        session = evaluate(snippets(3), config(other, profiles=["debug"]), cache=Cache(tmp_path / "cache"))
    assert session.fresh == 0
    assert "a Dask worker cannot measure for this machine" in session.missing
    assert "linker differ" in session.missing


def test_a_cluster_whose_last_worker_goes(tmp_path: Path) -> None:
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as small:
        closing = threading.Timer(1, small.scale, [0])
        endless = read_rust(text="loop {}", file="page.md", snippet_id="endless")
        closing.start()
        session = evaluate([endless], config(small, timeout=60, profiles=["debug"]), cache=Cache(tmp_path))
        closing.join()
    assert "workers" in session.missing or "worker" in session.missing


def test_a_cluster_whose_scheduler_goes(tmp_path: Path) -> None:
    told, endless = tmp_path / "scheduler.json", read_rust(text="loop {}", file="page.md", snippet_id="endless")
    shared = ["--scheduler-file", str(told), "--no-dashboard"]
    here = ["--host", "127.0.0.1", "--port", "0"]
    with (
        process("distributed.cli.dask_scheduler", *here, *shared) as scheduler,
        process("distributed.cli.dask_worker", *shared, "--nthreads", "1", "--no-nanny", "--death-timeout", "5"),
    ):
        address = wait_for_address(told)
        with Client(address) as client:
            client.wait_for_workers(1, timeout=60)
        settings = {"heapledger_executor": address.replace("tcp:", "dask:"), "heapledger_profiles": ["debug"]}
        killing = threading.Timer(3, scheduler.kill)
        killing.start()
        session = evaluate(
            [endless], from_values({**settings, "heapledger_timeout": 60}), cache=Cache(tmp_path / "cache")
        )
        killing.join()
    assert "scheduler" in session.missing
    assert "is gone; what was finished is kept" in session.missing


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's, ended at the end."""
    started = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def wait_for_address(told: Path) -> str:
    """The scheduler's, as it writes it into a file."""
    until = time.monotonic() + 60
    while not (told.exists() and told.read_text(encoding="utf-8").rstrip().endswith("}")):
        assert time.monotonic() < until, "no scheduler within a minute"
        time.sleep(0.1)
    return str(json.loads(told.read_text(encoding="utf-8"))["address"])


def certified(folder: Path) -> dict[str, object]:
    """What Dask's configuration says where all connections need a certificate; one, made here, stands for all."""
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls: dict[str, object] = {"distributed.comm.require-encryption": True, "distributed.comm.tls.ca-file": certificate}
    for role in ("scheduler", "worker", "client"):
        tls |= {f"distributed.comm.tls.{role}.cert": certificate, f"distributed.comm.tls.{role}.key": key}
    return tls


def test_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = certified(tmp_path)
    with dask.config.set(tls):
        secure = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", security=Security())
        with secure:
            assert secure.scheduler_address.startswith("tls://")
            settings = config(secure, profiles=["debug"])
            there = evaluate(snippets(4), settings, cache=Cache(tmp_path / "there"))
            with dask.config.set(dict.fromkeys(tls)):
                monkeypatch.setattr(executor, "CONNECT_SECONDS", 2)
                bare = evaluate(snippets(4), settings, cache=Cache(tmp_path / "bare"))
    here = evaluate(snippets(4), Config(profiles=(Profile.DEBUG,)), cache=Cache(tmp_path / "here"))
    assert ledgers(there) == ledgers(here)
    assert "does not answer" in bare.missing, "without a certificate nobody gets in"


@pytest.mark.parametrize("value", ["dask://", "dask://host", "dask://:1", "dask://host:port", "local:0", "cluster"])
def test_what_the_setting_may_be(value: str) -> None:
    with pytest.raises(ValueError, match="it may be 'local', 'local:N', 'standalone' or 'dask://HOST:PORT'"):
        from_values({"heapledger_executor": value})
    assert from_values({"heapledger_executor": "dask://[::1]:8786"}).profiles == (Profile.DEBUG, Profile.RELEASE)
