"""What a comparison of machine code leaves out: offsets of thread-locals, which change with other crates' own."""

from __future__ import annotations

from heapledger.measure.fidelity import _ThreadPointers

CODE = [
    ("mov", "rcx, qword ptr fs:[0]", "mov rcx, qword ptr fs:[0]"),
    ("lea", "rcx, [rcx - 0x80]", "lea rcx, [rcx <thread-local>]"),
    ("mov", "rdx, qword ptr [rcx + 0x10]", "mov rdx, qword ptr [rcx + 0x10]"),
    ("mov", "rax, qword ptr fs:[0]", "mov rax, qword ptr fs:[0]"),
    ("cmp", "byte ptr [rax - 8], 1", "cmp byte ptr [rax <thread-local>], 1"),
    ("xor", "eax, eax", "xor eax, eax"),
    ("mov", "rdi, qword ptr [rax + 8]", "mov rdi, qword ptr [rax + 8]"),
]


def test_offsets_from_the_thread_pointer_are_masked_and_no_others() -> None:
    pointers = _ThreadPointers()
    for mnemonic, operand, expected in CODE:
        assert f"{mnemonic} {pointers.mask(mnemonic, operand, operand)}" == expected
