"""Whether measuring changed what is measured: the machine code of a program with and without the tracer.

Compared are all functions of the snippet's own crate, generic instantiations included. Masked is what must differ
between two links: addresses, LLVM's ``.llvm.N`` suffixes, hashes in names, thread-local and GOT offsets.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import capstone
from elftools.dwarf.ranges import BaseAddressEntry, RangeEntry
from elftools.elf.elffile import ELFFile

from heapledger.measure.lines import own_units
from heapledger.measure.names import demangled
from heapledger.measure.symbols import Binary, Function

ALLOCATOR_CALLS = ("__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc")

_RIP = re.compile(r"\[rip ([+-]) (0x[0-9a-f]+|\d+)\]")
_TLS = re.compile(r"fs:\[[^\]]*\]")
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison of two binaries found."""

    compared: int
    """Functions of the snippet's crate that were compared."""
    differences: tuple[str, ...]
    """One line for each function that differs or is missing on one side."""


def compare_code(traced: Path, plain: Path) -> Comparison:
    """Compare the machine code of all functions of the snippet's crate in two linked programs."""
    return _compare(_listings(traced), _listings(plain))


def compare_allocator_calls(traced: Path, plain: Path) -> Comparison:
    """Compare the sequence of allocator calls in each function: debug info may swap registers, so a build without it.

    Without debug info the functions of the crate cannot be told from those of std, which has copies of its own of some
    of them, under the same name: every sequence of ``traced`` must be found in ``plain``, as often.
    """
    first = {name: Counter(map(_calls, codes)) for name, codes in _listings(traced).items()}
    everything = _listings(plain, only=first.keys())
    differences = [
        f"{name} calls the allocator otherwise than without debug info"
        for name, wanted in sorted(first.items())
        if not wanted <= Counter(map(_calls, everything.get(name, [])))
    ]
    return Comparison(sum(map(Counter.total, first.values())), tuple(differences))


def _compare(first: dict[str, list[str]], second: dict[str, list[str]]) -> Comparison:
    differences = []
    for name in sorted(first.keys() | second.keys()):
        here, there = sorted(first.get(name, [])), sorted(second.get(name, []))
        if here != there:
            what = "differs" if here and there else f"is only in the program {'with' if here else 'without'} the tracer"
            differences.append(f"{name} {what}")
    return Comparison(sum(map(len, first.values())), tuple(differences))


def _calls(code: str) -> str:
    return "\n".join(line for line in code.split("\n") if any(f"{call}>" in line for call in ALLOCATOR_CALLS))


def _listings(path: Path, *, only: Collection[str] | None = None) -> dict[str, list[str]]:
    """Return masked assembly by function name; equal names (generic instances) side by side.

    :param only: names of the functions to take, else those of the snippet's crate.
    """
    binary = Binary(path)
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)  # type: ignore[no-untyped-call]
    ranges = own_ranges(path) if only is None else []
    found: dict[str, list[str]] = defaultdict(list)
    seen: set[int] = set()
    for function in binary.functions:
        name = demangled(function.name)
        wanted = name in only if only is not None else any(low <= function.address < high for low, high in ranges)
        if not wanted or function.address in seen or function.size == 0:
            continue
        seen.add(function.address)
        found[name].append(_masked(binary, decoder, function))
    return dict(found)


def own_ranges(path: Path) -> list[tuple[int, int]]:
    """Return the address ranges of the compilation units of the snippet's crate."""
    found = []
    with path.open("rb") as file:
        dwarf = ELFFile(file).get_dwarf_info()
        lists = dwarf.range_lists()
        for unit in own_units(dwarf):
            top = unit.get_top_DIE()
            base = top.attributes["DW_AT_low_pc"].value if "DW_AT_low_pc" in top.attributes else 0
            if "DW_AT_ranges" in top.attributes and lists is not None:
                for entry in lists.get_range_list_at_offset(top.attributes["DW_AT_ranges"].value, unit):
                    if isinstance(entry, BaseAddressEntry):
                        base = entry.base_address
                    elif isinstance(entry, RangeEntry):
                        offset = 0 if entry.is_absolute else base
                        found.append((entry.begin_offset + offset, entry.end_offset + offset))
            elif "DW_AT_high_pc" in top.attributes:
                found.append((base, base + top.attributes["DW_AT_high_pc"].value))
    return found


def _masked(binary: Binary, decoder: capstone.Cs, function: Function) -> str:
    end = function.address + function.size
    lines = []
    code = binary.code(function.address, function.size)
    for address, size, mnemonic, operand in decoder.disasm_lite(code, function.address):  # type: ignore[no-untyped-call]
        masked = operand
        if mnemonic.startswith(("call", "j")) and operand.startswith("0x"):
            target = int(operand, 16)
            inside = function.address <= target < end
            masked = f"+{target - function.address:#x}" if inside else _name_of(binary, target)
        else:
            match = _RIP.search(operand)
            if match is not None:
                offset = int(match[2], 0) * (1 if match[1] == "+" else -1)
                target = address + size + offset
                if mnemonic in {"call", "jmp"}:
                    target = binary.pointer_at(target)
                masked = _RIP.sub(f"[{_name_of(binary, target)}]", operand)
            masked = _TLS.sub("fs:[<thread-local>]", masked)
        lines.append(f"{mnemonic} {masked}".strip())
    return "\n".join(lines)


def _name_of(binary: Binary, target: int) -> str:
    function = binary.function_at(target)
    if function is None:
        return "<data>"
    name = demangled(function.name)
    if name.endswith(ALLOCATOR_CALLS):
        name = name.rpartition("::")[2] or name
    return f"<{name}>"
