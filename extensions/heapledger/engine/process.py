"""INTERIM shim, replaced by the supervisor's client."""
from __future__ import annotations
import os, subprocess, time, resource
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
class End(StrEnum):
    EXITED="exited"; SIGNAL="signal"; TIMEOUT="timeout"; OUTPUT_LIMIT="output-limit"; PROCESS_LIMIT="process-limit"; NOT_STARTED="not-started"
class SupervisorDied(Exception): pass
@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    cpu_seconds: float; wall_seconds: float; memory_bytes: int; file_bytes: int; processes: int; output_bytes: int
@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    argv: tuple[str, ...]; executable: str | None = None; cwd: Path; env: Mapping[str, str]; limits: Limits
    fds: Mapping[int, int] = field(default_factory=dict); drop_privileges: bool = False
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    end: End; code: int|None; signal: int|None; stdout: bytes; stderr: bytes; cpu_seconds: float; wall_seconds: float; peak_rss_bytes: int; survivors: int; privileges_dropped: bool; error: str
class Supervisor:
    def __enter__(self): return self
    def __exit__(self,*a): pass
    def close(self): pass
    def cancel(self): pass
    def run(self, job: Job) -> Outcome:
        def pre():
            for t,fd in job.fds.items(): os.dup2(fd,t,inheritable=True)
            resource.setrlimit(resource.RLIMIT_CPU,(int(job.limits.cpu_seconds+.99),)*2); resource.setrlimit(resource.RLIMIT_AS,(job.limits.memory_bytes,)*2)
        p=subprocess.Popen(list(job.argv),executable=job.executable,cwd=job.cwd,env=dict(job.env),stdin=subprocess.DEVNULL,stdout=subprocess.PIPE,stderr=subprocess.PIPE,close_fds=False,preexec_fn=pre)
        try: o,e=p.communicate(timeout=job.limits.wall_seconds)
        except subprocess.TimeoutExpired:
            p.kill(); o,e=p.communicate()
            return Outcome(end=End.TIMEOUT,code=None,signal=9,stdout=o,stderr=e,cpu_seconds=0,wall_seconds=0,peak_rss_bytes=0,survivors=0,privileges_dropped=False,error="")
        rc=p.returncode
        return Outcome(end=End.EXITED if rc>=0 else (End.TIMEOUT if rc in(-24,-9) else End.SIGNAL),code=rc if rc>=0 else None,signal=-rc if rc<0 else None,stdout=o,stderr=e,cpu_seconds=0,wall_seconds=0,peak_rss_bytes=0,survivors=0,privileges_dropped=False,error="")
