"""Measured tables as files for other programs: CSV with one line a row, and JSON (schema 1)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from heapledger.model import SCHEMA, Profile, Toolchain
from heapledger.outcome import SnippetOutcome
from heapledger.render.table import calls_text, metric

METRICS = ("allocs", "reallocs", "bytes")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What an expression asked for in one profile; counts are null where the optimizer merged lines."""

    calls: str
    allocs: int | None
    reallocs: int | None
    bytes: int | None


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an expression, what prepares it, what it asked for, and who promises that."""

    id: str
    table: str
    setup: str
    expression: str
    debug: Measured | None
    release: Measured | None
    verdict: str
    status: str
    claims: tuple[str, ...]


class TablesFile(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of a page."""

    schema: int
    toolchain: Toolchain | None
    rows: tuple[TableRow, ...]


def measured(outcome: SnippetOutcome | None, profile: Profile, line: int | None) -> Measured | None:
    """Return what a row asked for in a profile; None where it was not measured.

    :param line: the line of the program that the row is about; None for the whole program.
    """
    ledgers = [one.ledger for one in outcome.profiles if one.profile is profile] if outcome is not None else []
    ledger = ledgers[0] if ledgers else None
    if ledger is None:
        return None
    counts = {name: metric(ledger, name, line) for name in METRICS}
    return Measured(calls=calls_text(ledger, line), **counts)


def as_json(rows: Sequence[TableRow], toolchain: Toolchain | None) -> bytes:
    """Write the rows as JSON: the same bytes for the same rows."""
    content = TablesFile(schema=SCHEMA, toolchain=toolchain, rows=tuple(rows))
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def as_csv(rows: Sequence[TableRow], toolchain: Toolchain | None) -> bytes:
    """Write the rows as CSV (RFC 4180, UTF-8); a count that cannot be told is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    counted = [f"{profile.value}_{name}" for profile in Profile for name in ("calls", *METRICS)]
    writer.writerow(["id", "table", "setup", "expression", *counted, "verdict", "status", "claims", "rustc"])
    version = toolchain.rustc if toolchain is not None else ""
    for row in rows:
        cells: list[object] = [row.id, row.table, row.setup, row.expression]
        for one in (row.debug, row.release):
            cells += [getattr(one, name, "") for name in ("calls", *METRICS)]
        writer.writerow([*cells, row.verdict, row.status, " ".join(row.claims), version])
    return text.getvalue().encode()
