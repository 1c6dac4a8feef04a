"""The snippets that everybody gets in the benchmarks: small, as in a guide, each with a text of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from heapledger.source.snippet import Snippet, read_rust

CHAPTER = 10
"""Snippets of a document, and of a chapter where rustdoc is started for each."""
SHAPES = (
    "let mut v: Vec<u32> = Vec::new();\nfor i in 0..{n} {{\n    v.push(i);\n}}\nstd::hint::black_box(&v);",
    'let s = format!("{{}} and {{}}", {n}, "more");\nstd::hint::black_box(&s);',
    "let b: Box<u64> = Box::new({n});\nstd::hint::black_box(&b);",
    "let mut m = std::collections::HashMap::new();\nm.insert({n}u32, 1u8);\nstd::hint::black_box(&m);",
    "let r = std::rc::Rc::new([0u8; {n}]);\nlet q = std::rc::Rc::clone(&r);\nstd::hint::black_box((&r, &q));",
    "let total: u64 = (0..{n}u64).map(|x| x * 3).sum();\nstd::hint::black_box(total);",
    'let v: Vec<String> = (0..{n}).map(|x| x.to_string()).collect();\nstd::hint::black_box(v.join(","));',
    "let x: Option<Box<u8>> = (std::hint::black_box({n}) > 3).then(|| Box::new(1));\nstd::hint::black_box(&x);",
    "let mut d = std::collections::VecDeque::with_capacity({n});\nd.push_back(1u16);\nstd::hint::black_box(&d);",
    "let f: Box<dyn Fn(u32) -> u32> = Box::new(|x| x + {n});\nstd::hint::black_box(f(1));",
)
"""Ten programs; their numbers make them different texts of one shape."""

TYPES = ("u8", "u16", "u32", "u64", "i32", "i64", "usize", "i16")
SOURCES = (
    "let xs: Vec<{t}> = (1..{n}).map(|x| x as {t}).collect();",
    "let mut xs: Vec<{t}> = Vec::with_capacity({n});\nxs.extend((1..9u8).map(|x| x as {t}));",
    "let xs: Box<[{t}]> = vec![1 as {t}; {n}].into_boxed_slice();",
    "let xs: [{t}; {n}] = [3; {n}];",
    "let xs: std::rc::Rc<[{t}]> = (1..{n}).map(|x| x as {t}).collect();",
    "let mut xs: Vec<{t}> = Vec::new();\nwhile xs.len() < {n} {{\n    xs.push(xs.len() as {t});\n}}",
)
USES = (
    "let set: std::collections::BTreeSet<{t}> = xs.iter().copied().collect();\nstd::hint::black_box(&set);",
    'let text = xs.iter().map(|x| format!("<{{x}}>")).collect::<Vec<_>>().concat();\nstd::hint::black_box(&text);',
    "let most = xs.iter().max();\nstd::hint::black_box(most);",
    "let mut copy = xs.to_vec();\ncopy.sort_unstable();\nstd::hint::black_box(&copy);",
    "let deque: std::collections::VecDeque<{t}> = xs.iter().copied().rev().collect();\nstd::hint::black_box(&deque);",
    "let odd: Vec<&{t}> = xs.iter().filter(|x| **x % 2 == 1).collect();\nstd::hint::black_box(&odd);",
    "let pairs: Vec<({t}, bool)> = xs.iter().map(|x| (*x, *x > 2)).collect();\nstd::hint::black_box(&pairs);",
)
BROKEN = 'let n: u32 = "not a number";\nstd::hint::black_box(n);'


def repeated(count: int) -> list[str]:
    """Programs of ten shapes, told apart by their numbers, which stay below 100: large ones would be other programs."""
    found = [SHAPES[index % len(SHAPES)].format(n=index // len(SHAPES) % 95 + 5) for index in range(count)]
    return found if len(set(found)) == count else _numbered(found)


def distinct(count: int) -> list[str]:
    """Programs of which no two have the same statements with the same types (336 combinations, then other sizes)."""
    found = []
    for index in range(count):
        kind, rest = TYPES[index % 8], index // 8 + index
        use, number = USES[rest % 7], index // 336 + 5
        source = SOURCES[(index // 7 + rest) % 6]
        found.append(f"{source}\n{use}".format(t=kind, n=number))
    return list(dict.fromkeys(found)) if len(set(found)) == count else _numbered(found)


def _numbered(texts: list[str]) -> list[str]:
    """Where the cycles met, a constant keeps the texts apart."""
    return [f"{text}\nstd::hint::black_box({index});" for index, text in enumerate(texts)]


T = TypeVar("T")


def with_one(some: Sequence[T], other: T) -> list[T]:
    """Put another program into the middle."""
    middle = len(some) // 2
    return [*some[:middle], other, *some[middle + 1 :]]


def snippets(texts: Iterable[str]) -> list[Snippet]:
    """As documents hand them to the engine."""
    return [snippet(text, number) for number, text in enumerate(texts)]


def snippet(text: str, number: int) -> Snippet:
    """Read one, as the one of its number."""
    return read_rust(text=text, file=f"page{number // CHAPTER}.md", snippet_id=f"s{number}")


def whole(text: str) -> str:
    """The program as a reader would compile it."""
    inner = "".join(f"    {line}\n" for line in text.splitlines())
    return f"fn main() {{\n{inner}}}\n"


def page(texts: list[str]) -> str:
    """A page of Markdown for ``rustdoc --test``."""
    return "# Page\n\n" + "\n".join(f"```rust\n{text}\n```\n" for text in texts)
