"""Every option once: name, default, type, help. ``sphinx/`` registers them, ``doctor`` prints them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from heapledger.model import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One configuration value of ``conf.py``."""

    name: str
    default: object
    types: tuple[type, ...]
    help: str


OPTIONS: tuple[Option, ...] = (
    Option(
        name="heapledger_toolchain",
        default="",
        types=(str,),
        help="Versions of rustc that the documents are written for, as in '>=1.95,<1.98'; another one warns.",
    ),
    Option(
        name="heapledger_rustc",
        default="",
        types=(str,),
        help="Path of the rustc to use, or '+NAME' for a toolchain of rustup; empty: the rustc on PATH.",
    ),
    Option(
        name="heapledger_profiles",
        default=["debug", "release"],
        types=(list, tuple),
        help="Profiles in which a snippet is measured unless it says otherwise.",
    ),
    Option(
        name="heapledger_executor",
        default="local",
        types=(str,),
        help="Where the work is done: 'local' (this machine, one worker per core) or 'local:N' (N workers); "
        "'standalone' compiles every program alone, for comparison; 'dask://HOST:PORT': the workers of a Dask "
        "cluster do it (heapledger[dask]).",
    ),
    Option(
        name="heapledger_require",
        default="",
        types=(str,),
        help="'verified': a snippet that could not be measured on this machine is an error.",
    ),
    Option(
        name="heapledger_draw_mermaid",
        default="own",
        types=(str,),
        help="'own' or 'all': whether hand-written Mermaid is drawn at build time too.",
    ),
    Option(
        name="heapledger_cache",
        default="",
        types=(str,),
        help="Folder of the cache; empty: the user's cache folder; 'off': none.",
    ),
    Option(
        name="heapledger_lint_numbers",
        default=False,
        types=(bool,),
        help="Whether a number beside 'bytes', 'allocations' and the like that was typed into prose is a warning.",
    ),
    Option(
        name="heapledger_ledgers",
        default="",
        types=(str,),
        help="Folder of the recordings, in the source folder; empty: 'ledgers'.",
    ),
    Option(
        name="heapledger_snippets",
        default="",
        types=(str,),
        help="Folder that :file: starts from; empty: 'rust_snippets' beside or in the source folder.",
    ),
    Option(
        name="heapledger_repository",
        default="",
        types=(str,),
        help="Address of the repository, as in 'https://HOST/OWNER/NAME': claims link to its issues; "
        "empty: what Read the Docs says.",
    ),
    Option(
        name="heapledger_corrections",
        default="",
        types=(str,),
        help="Document that lists corrections and says how to report an error; claims link to it.",
    ),
    Option(
        name="heapledger_claim_ids",
        default="",
        types=(str,),
        help="File in the source folder with 'id' or 'old -> new' a line: claims that may not vanish.",
    ),
    Option(
        name="heapledger_timeout",
        default=10,
        types=(int, float),
        help="Seconds of processor time that a program may take; a snippet's :timeout: may ask for at most 60.",
    ),
    Option(
        name="heapledger_compile_timeout",
        default=30,
        types=(int, float),
        help="Seconds of processor time that compiling one snippet may take; six times that by the clock.",
    ),
    Option(
        name="heapledger_memory",
        default=2 << 30,
        types=(int,),
        help="Bytes of address space that a program may take.",
    ),
)

MAX_TIMEOUT = 60.0
"""Most seconds of processor time that a page may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The options as the engine uses them."""

    toolchain: str = ""
    rustc: str = ""
    profiles: tuple[Profile, ...] = (Profile.DEBUG, Profile.RELEASE)
    executor: str = "local"
    """``KIND``, ``KIND:WORKERS`` or ``dask://HOST:PORT``."""
    require: str = ""
    draw_mermaid: str = "own"
    cache: str = ""
    snippets: Path | None = None
    timeout: float = 10.0
    compile_timeout: float = 30.0
    memory: int = 2 << 30


DASK = "dask://"
"""Start of ``heapledger_executor`` where a Dask cluster works."""


def is_standalone(executor: str) -> bool:
    """Whether every program is compiled alone."""
    return executor.partition(":")[0] == "standalone"


def _check_executor(executor: str) -> None:
    if executor.startswith(DASK):
        host, _, port = executor.removeprefix(DASK).rpartition(":")
        fits = bool(host) and port.isdecimal()
    else:
        kind, _, count = executor.partition(":")
        fits = kind in {"local", "standalone"} and (not count or (count.isdecimal() and count != "0"))
    if not fits:
        message = (
            f"heapledger_executor is {executor!r}; it may be 'local', 'local:N', 'standalone' or 'dask://HOST:PORT'"
        )
        raise ValueError(message)


def from_values(values: dict[str, Any]) -> Config:
    """Make a :class:`Config` from values keyed by their full names.

    :raises ValueError: with the name of the option and what it may be.
    """
    chosen = {option.name.removeprefix("heapledger_"): values.get(option.name, option.default) for option in OPTIONS}
    try:
        named = chosen["profiles"]
        chosen["profiles"] = tuple(Profile(name) for name in ([named] if isinstance(named, str) else named))
    except ValueError as error:
        message = f"heapledger_profiles: {error}; the profiles are 'debug' and 'release'"
        raise ValueError(message) from error
    if not chosen["profiles"]:
        message = "heapledger_profiles is empty: nothing would be measured; name 'debug', 'release' or both"
        raise ValueError(message)
    for name in ("timeout", "compile_timeout", "memory"):
        if not isinstance(chosen[name], (int, float)) or chosen[name] <= 0:
            message = f"heapledger_{name} is {chosen[name]!r}; it may be a number above 0"
            raise ValueError(message)
    chosen["memory"] = int(chosen["memory"])
    try:
        SpecifierSet(chosen["toolchain"])
    except (InvalidSpecifier, TypeError) as error:
        message = f"heapledger_toolchain is {chosen['toolchain']!r}; it may be a range such as '>=1.95,<1.98'"
        raise ValueError(message) from error
    if chosen["require"] not in {"", "verified"}:
        message = f"heapledger_require is {chosen['require']!r}; it may be '' or 'verified'"
        raise ValueError(message)
    if chosen["draw_mermaid"] not in {"own", "all"}:
        message = f"heapledger_draw_mermaid is {chosen['draw_mermaid']!r}; it may be 'own' or 'all'"
        raise ValueError(message)
    _check_executor(str(chosen["executor"]))
    chosen["snippets"] = Path(chosen["snippets"]) if chosen["snippets"] else None
    for name in ("timeout", "compile_timeout"):
        chosen[name] = float(chosen[name])
    known = {field.name for field in fields(Config)}
    return Config(**{name: value for name, value in chosen.items() if name in known})
