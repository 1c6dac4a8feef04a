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
from elftools.elf.elffile import ELFFile

from heapledger.measure.lines import own_units, unit_ranges
from heapledger.measure.names import demangled
from heapledger.measure.symbols import Binary, Function

ALLOCATOR_CALLS = ("__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc")

_RIP = re.compile(r"\[rip ([+-]) (0x[0-9a-f]+|\d+)\]")
_TLS = re.compile(r"fs:\[[^\]]*\]")
_TLS_BASE = re.compile(r"(r\w+), qword ptr fs:\[0\]")
"""The thread pointer goes into a register; thread-locals are addressed from there."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison of two binaries found."""

    compared: int
    """Functions of the snippet's crate that were compared."""
    differences: tuple[str, ...]
    """One line for each function that differs or is missing on one side."""


Listings = dict[str, list[str]]
"""Masked assembly by function name; equal names (generic instances) side by side."""


def compare_code(traced: Listings, plain: Listings) -> Comparison:
    """Compare the machine code of all functions of the snippet's crate in two linked programs."""
    differences = []
    for name in sorted(traced.keys() | plain.keys()):
        here, there = sorted(traced.get(name, [])), sorted(plain.get(name, []))
        if here != there:
            what = "differs" if here and there else f"is only in the program {'with' if here else 'without'} the tracer"
            differences.append(f"{name} {what}")
    return Comparison(sum(map(len, traced.values())), tuple(differences))


def compare_allocator_calls(traced: Listings, plain: Path) -> Comparison:
    """Compare the sequence of allocator calls in each function: debug info may swap registers, so a build without it.

    Without debug info the functions of the crate cannot be told from those of std, which has copies of its own of some
    of them, under the same name: every sequence of ``traced`` must be found in ``plain``, as often.
    """
    first = {name: Counter(map(_calls, codes)) for name, codes in traced.items()}
    everything = listings(plain, only=first.keys())
    differences = [
        f"{name} calls the allocator otherwise than without debug info"
        for name, wanted in sorted(first.items())
        if not wanted <= Counter(map(_calls, everything.get(name, [])))
    ]
    return Comparison(sum(map(Counter.total, first.values())), tuple(differences))


def _calls(code: str) -> str:
    return "\n".join(line for line in code.split("\n") if any(f"{call}>" in line for call in ALLOCATOR_CALLS))


def listings(path: Path, *, only: Collection[str] | None = None) -> Listings:
    """Return masked assembly of a linked program.

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
        dwarf = ELFFile(file).get_dwarf_info(relocate_dwarf_sections=False)
        for unit in own_units(dwarf):
            found += [(one.start, one.stop) for one in unit_ranges(dwarf, unit) or ()]
    return found


def _masked(binary: Binary, decoder: capstone.Cs, function: Function) -> str:
    lines = []
    thread_pointers = _ThreadPointers()
    code = binary.code(function.address, function.size)
    for address, size, mnemonic, operand in decoder.disasm_lite(code, function.address):  # type: ignore[no-untyped-call]
        if mnemonic.startswith(("call", "j")) and operand.startswith("0x"):
            target = int(operand, 16)
            inside = function.address <= target < function.address + function.size
            masked = f"+{target - function.address:#x}" if inside else _name_of(binary, target)
        else:
            masked = _without_address(binary, mnemonic, operand, address + size)
        lines.append(f"{mnemonic} {thread_pointers.mask(mnemonic, operand, masked)}".strip())
    return "\n".join(lines)


def _without_address(binary: Binary, mnemonic: str, operand: str, following: int) -> str:
    match = _RIP.search(operand)
    if match is not None:
        target = following + int(match[2], 0) * (1 if match[1] == "+" else -1)
        if mnemonic in {"call", "jmp"}:
            target = binary.pointer_at(target)
        operand = _RIP.sub(f"[{_name_of(binary, target)}]", operand)
    return _TLS.sub("fs:[<thread-local>]", operand)


class _ThreadPointers:
    """Registers that hold the thread pointer: offsets from it change with the thread-locals of other crates."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    def mask(self, mnemonic: str, operand: str, masked: str) -> str:
        """Mask the offsets of one instruction, and follow what it does to the registers."""
        for register in self._held:
            masked = re.sub(rf"\[{register} [+-] (0x[0-9a-f]+|\d+)\]", f"[{register} <thread-local>]", masked)
        loaded = _TLS_BASE.fullmatch(operand) if mnemonic == "mov" else None
        if loaded is not None:
            self._held.add(loaded[1])
        elif mnemonic.startswith(("call", "ret", "jmp")):
            self._held.clear()
        elif mnemonic not in {"cmp", "test", "push"}:
            written = operand.partition(",")[0]
            whole = f"r{written[1:]}" if written.startswith("e") else written.removesuffix("d")
            self._held -= {written, whole}
        return masked


def _name_of(binary: Binary, target: int) -> str:
    function = binary.function_at(target)
    if function is None:
        return "<data>"
    name = demangled(function.name)
    if name.endswith(ALLOCATOR_CALLS):
        name = name.rpartition("::")[2] or name
    return f"<{name}>"
