"""Readable names of Rust functions."""

from __future__ import annotations

import pytest

from heapledger.measure.names import demangled, readable

DYN_FOR = (
    "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeINtNtCslNYArtu3iFV_5alloc5boxed3BoxDG0_INtNtNtB4_3ops8function2FnTRL1_"
    "INtNtCsjrHSEGnQ3l9_3std5panic13PanicHookInfoL0_EEEp6OutputuNtNtB4_6marker4SyncNtB2N_4SendEL_EEB1T_"
)
"""``drop_in_place::<Box<dyn for<'a, 'b> Fn(&'a PanicHookInfo<'b>) + Sync + Send>>``, which the library cannot read."""

CASES = {
    "_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal": "std::rt::lang_start_internal",
    "_ZN7snippet4main17h0123456789abcdefE": "snippet::main",
    "_ZN7snippet4main17h0123456789abcdefE.llvm.12345": "snippet::main",
    "malloc": "malloc",
    DYN_FOR: DYN_FOR,
}


@pytest.mark.parametrize(("symbol", "name"), CASES.items())
def test_demangled(symbol: str, name: str) -> None:
    assert demangled(symbol) == name


def test_a_name_that_cannot_be_read_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    demangled.cache_clear()
    demangled(DYN_FOR)
    assert capsys.readouterr() == ("", "")


def test_an_inlined_function_gets_its_module_from_its_file() -> None:
    assert (
        readable("push<u8, alloc::alloc::Global>", "/rustc/abc/library/alloc/src/vec/mod.rs") == "alloc::vec::push<u8>"
    )
