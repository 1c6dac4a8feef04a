"""Layouts against what a program prints with ``size_of``, ``align_of``, ``offset_of!`` and the bytes of values."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.probe import make_probe_work, perform
from heapledger.engine.process import Supervisor
from heapledger.engine.task import Surroundings
from heapledger.engine.work import Tools
from heapledger.model import Profile
from heapledger.model_below import Layout, Probe
from heapledger.render.layout import parts_of, table_rows
from heapledger.render.mermaid.packet import layout_diagrams, row_length
from heapledger.source.questions import Question
from heapledger.toolchain.tracer import BuiltTracer

from .conftest import NIGHTLY, TOOLCHAINS, Workshop

HERE = Path(__file__).parent
ITEMS = (HERE / "types.rs").read_text(encoding="utf-8")
VALUES_OF = {
    "typeof(add)": "let n = 5u64;\n    let m = 6u32;\n    let add = move |x: u64| x + n + u64::from(m);",
    "typeof(borrows)": "let text = String::new();\n    let borrows = || text.len();",
    "typeof(captures_none)": "let captures_none = |x: u8| x + 1;",
    "typeof(fetch(1))": "",
    "typeof(waits)": "let waits = async { let big = [1u8; 50]; std::future::ready(1).await; big[3] };",
    "typeof([1u16, 2].into_iter().map(|x| x + 1))": "",
    "typeof(1u8..=5)": "",
}
"""Types without a name, and the statements that make their values."""
FETCH = "async fn fetch(n: u64) -> u64 { std::future::ready(n).await + n }\n"


def entries(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [[part.strip() for part in line.split(" | ")] for line in lines if line and not line.startswith("#")]


TYPES = [(entry[0], entry[1].split(", ") if len(entry) > 1 else []) for entry in entries("types.txt")]
PRINTS = """
fn facts<T>(name: &str, asked: &T) { println!("{name};{};{}", size_of_val(asked), align_of_val(asked)); }
fn bytes<T>(value: T) {
    let size = size_of::<T>();
    let value = std::mem::ManuallyDrop::new(value);
    let start = (&raw const value).cast::<std::mem::MaybeUninit<u8>>();
    for at in 0..size {
        print!("{:02x} ", unsafe { start.add(at).cast::<u8>().read_volatile() });
    }
    println!();
}
"""


def printed(workshop: Workshop, toolchain: str, profile: Profile) -> list[str]:
    """Compile and run a program that prints everything, line by line."""
    body = []
    for name, fields in TYPES:
        sizes = f"size_of::<{name}>(), align_of::<{name}>(), size_of::<Option<{name}>>()"
        body.append(f'println!("{{}};{{}};{{}}", {sizes});')
        body += [f'println!("{{}}", std::mem::offset_of!({name}, {field}));' for field in fields]
    body += [f"bytes::<{name}>({value});" for name, _, value in entries("values.txt")]
    body += [f"bytes::<Option<{name}>>(None);" for name, _ in TYPES]
    for name, statements in VALUES_OF.items():
        expression = name.removeprefix("typeof(").removesuffix(")")
        body.append(f'{{ {statements} facts("x", &({expression})); }}')
    text = f"#![allow(warnings)]\n{ITEMS}{FETCH}{PRINTS}\nfn main() {{\n    " + "\n    ".join(body) + "\n}\n"
    built = workshop.link(text, profile, toolchain)
    done = subprocess.run([str(built.path)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def probed(workshop: Workshop, toolchain: str, profile: Profile, *, wrapped: bool) -> Probe:
    """Ask the probe; the items stand in ``fn main`` or at the top of the file."""
    statements = "\n".join(VALUES_OF.values())
    text = f"#![allow(warnings)]\n{ITEMS}{FETCH}" + (statements if wrapped else f"fn main() {{\n{statements}\n}}\n")
    task = workshop.task(text, profile, toolchain)
    rustc = workshop.rustc(toolchain)
    questions = [Question("offset", (name, field)) for name, fields in TYPES for field in fields]
    questions += [Question(metric, (name,)) for name, _ in TYPES[:20] for metric in ("size", "align")]
    names = (*(name for name, _ in TYPES), *VALUES_OF)
    work = make_probe_work(task, tuple(questions), names, Surroundings(rustc=rustc, config=Config()))
    with Supervisor() as supervisor:
        return perform(work, Tools(rustc, BuiltTracer(Path()), supervisor))


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_layouts_are_what_a_program_prints(workshop: Workshop, toolchain: str, profile: Profile) -> None:
    lines = iter(printed(workshop, toolchain, profile))
    probe = probed(workshop, toolchain, profile, wrapped=profile is Profile.DEBUG)
    layouts = {layout.asked: layout for layout in probe.layouts}
    assert [layout.asked for layout in probe.layouts if layout.trouble] == []
    offsets = 0
    for name, fields in TYPES:
        layout = layouts[name]
        size, align, option = map(int, next(lines).split(";"))
        assert (layout.size, layout.align, layout.option_size) == (size, align, option), name
        for field in fields:
            assert probe.answers[f"offset({name}.{field})"].value == int(next(lines)), (name, field)
            offsets += 1
    for name, variant, value in entries("values.txt"):
        check_discriminant(layouts[name], variant, value, next(lines))
    niches = sum(check_niche(layouts[name], next(lines)) for name, _ in TYPES)
    for name in VALUES_OF:
        size, align = map(int, next(lines).split(";")[1:])
        assert (layouts[name].size, layouts[name].align) == (size, align), name
    assert len(layouts) >= 100
    assert offsets >= 40
    assert niches >= 30


def check_discriminant(layout: Layout, variant: str, value: str, held: str) -> None:
    found = next(one for one in layout.variants if one.name == variant)
    tag = layout.tag
    assert tag is not None, layout.asked
    number = word(held, tag.offset, tag.size)
    others = [int(one.value, 0) for one in layout.variants if one.value not in {"", "others"}]
    if found.value == "others":
        assert number not in others, (layout.asked, value, held)
    else:
        assert number == int(found.value, 0), (layout.asked, value, held)


def check_niche(layout: Layout, held: str) -> bool:
    """``Option`` costs nothing where the layout names a niche, and ``None`` lies in it."""
    if layout.niche is None:
        assert layout.option_size != layout.size or layout.size == 0, layout.asked
        return False
    assert layout.option_size == layout.size, layout.asked
    number = word(held, layout.niche.offset, layout.niche.size)
    assert number == int(layout.niche.value, 0), (layout.asked, held)
    return True


def word(held: str, offset: int, size: int) -> int:
    return int.from_bytes(bytes.fromhex(held)[offset : offset + size], "little")


def test_every_byte_is_named(workshop: Workshop) -> None:
    """Fields, tags and padding cover each variant without gap; pictures are rows without remainder."""
    probe = probed(workshop, "", Profile.DEBUG, wrapped=True)
    drawn = 0
    for layout in probe.layouts:
        if layout.overlapping:
            continue
        for part in parts_of(layout):
            covered = {at for span in part.spans for at in range(span.offset, span.end)}
            assert covered == set(range(layout.size)), layout.asked
        assert all(len(row) == 4 for row in table_rows(layout))
        diagrams = layout_diagrams(layout)
        drawn += len(diagrams)
        for diagram in diagrams:
            assert f"bitsPerRow: {row_length(layout.size)}\n" in diagram.source
            assert diagram.description.endswith(".")
    assert drawn >= 90
    assert [row_length(size) for size in (3, 8, 12, 24, 36, 108, 201)] == [3, 8, 12, 8, 12, 12, 8]


def test_std_is_shown_down_to_its_words(workshop: Workshop) -> None:
    probe = probed(workshop, "", Profile.RELEASE, wrapped=True)
    layouts = {layout.asked: layout for layout in probe.layouts}
    words = {
        name: {field.name for field in layouts[name].fields} for name in ("String", "Vec<u64>", "&str", "&dyn Speak")
    }
    assert words["String"] == words["Vec<u64>"] == {"cap", "ptr", "len"}
    assert words["&str"] == {"pointer", "length"}
    assert words["&dyn Speak"] == {"pointer", "vtable"}
    states = [variant.name for variant in layouts["typeof(fetch(1))"].variants]
    assert states == ["Unresumed", "Returned", "Panicked", "Suspend0"]


@pytest.mark.parametrize("toolchain", [NIGHTLY] if NIGHTLY in TOOLCHAINS else [])
def test_fields_and_padding_are_those_of_rustc_itself(workshop: Workshop, toolchain: str, tmp_path: Path) -> None:
    """Nightly's ``-Zprint-type-sizes`` lists fields in the order of memory, with the padding between them."""
    probe = probed(workshop, toolchain, Profile.DEBUG, wrapped=False)
    own = [name for name, _ in TYPES if f"struct {name.split('<')[0]}" in ITEMS]
    uses = "".join(f"let _: Option<{name}> = std::hint::black_box(None);\n" for name in own)
    source = tmp_path / "types.rs"
    source.write_text(f"#![allow(warnings)]\n{ITEMS}fn main() {{\n{uses}}}\n", encoding="utf-8")
    rustc = workshop.rustc(toolchain).path
    command = [rustc, "--edition", "2024", "-Zprint-type-sizes", "-o", str(tmp_path / "types"), str(source)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    compared = 0
    for layout in probe.layouts:
        listed = rustc_fields(told, layout.asked.replace("<'static>", "<'_>"))
        if layout.asked in own and listed:
            (part,) = parts_of(layout)
            assert [(span.size, span.kind == "padding") for span in part.spans if span.size] == listed, layout.asked
            compared += 1
    assert compared >= 10


def rustc_fields(told: str, name: str) -> list[tuple[int, bool]]:
    """Sizes of a struct's fields and padding, in order: (bytes, whether it is padding)."""
    found: list[tuple[int, bool]] = []
    inside = False
    for line in told.splitlines():
        if line.startswith("print-type-size type:"):
            inside = re.search(rf"`(?:\w+::)*{re.escape(name)}`", line) is not None
            continue
        match = re.match(r"print-type-size     (field .*|padding|end padding): (\d+) bytes", line)
        if inside and match and match[2] != "0":
            found.append((int(match[2]), "padding" in match[1]))
    return found
