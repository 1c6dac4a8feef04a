"""``heapledger check`` and ``build``: documents on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from heapledger.verify.json_report import Report

from .conftest import Run

GOOD = "# Good\n\n```{alloc:snippet} good\n:expect: allocs == 1\nlet v = vec![1u8];\nstd::hint::black_box(&v);\n```\n"
WRONG = GOOD.replace("good", "wrong").replace("allocs == 1", "allocs == 2")
PLAIN = "# Plain\n\n```{alloc:snippet} plain\nlet a = 1;\n```\n"
LATER = "# Later\n\n```{alloc:snippet} skipped\n:toolchain: >=9\nlet a = 1;\n```\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "part").mkdir(parents=True)
    (folder / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (folder / "index.md").write_text("# Start\n\n```{toctree}\n:glob:\npart/*\n```\n", encoding="utf-8")
    for name, text in {"good": GOOD, "wrong": WRONG, "plain": PLAIN, "later": LATER}.items():
        (folder / "part" / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def test_check(docs: Path, command: Run) -> None:
    done = command("check", "--verbose")
    assert done.returncode == 1
    assert "docs/part/wrong.md:4: WARNING: snippet falsified: wrong" in done.stderr
    for line in ("part/good: good: verified", "part/wrong: wrong: falsified", "part/plain: plain: measured"):
        assert line in done.stdout
    assert "1 verified, 1 falsified, 1 measured, 1 skipped" in done.stdout
    assert not (docs / "_build").exists()
    assert "\x1b" not in done.stdout + done.stderr


def test_check_of_some_documents(docs: Path, command: Run) -> None:
    done = command("check", "docs/part/good.md", "docs/part/plain.md")
    assert done.returncode == 0
    assert "1 verified, 0 falsified, 1 measured" in done.stdout
    assert command("check", "docs/part").returncode == 1
    assert command("check", "docs/part/nowhere.md").returncode == 2


def test_documents_in_the_working_directory(tmp_path: Path, command: Run) -> None:
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (tmp_path / "index.md").write_text(GOOD, encoding="utf-8")
    assert "1 verified, 0 falsified" in command("check").stdout
    assert command("check", "index.md").returncode == 0


def test_check_as_json(docs: Path, command: Run) -> None:
    done = command("check", "--format", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    jsonschema.validate(report, msgspec.json.schema(Report))
    found = {(ledger["snippet"], ledger["profile"]): ledger for ledger in report["ledgers"]}
    wrong = found["wrong", "debug"]
    assert list(wrong)[:5] == ["snippet", "profile", "document", "document_line", "verdict"]
    assert (wrong["document"], wrong["document_line"]) == ("part/wrong", 3)
    event = wrong["events"][0]
    assert (event["line"], event["document"], event["document_line"]) == (1, "part/wrong", 5)
    names = list(event)
    assert names[names.index("line") :][:3] == ["line", "document", "document_line"]
    assert wrong["failures"] == [
        {
            "subtype": "expect",
            "file": "docs/part/wrong.md",
            "line": 4,
            "expected": "allocs == 2",
            "measured": "allocs == 1",
        }
    ]
    assert found["skipped", "debug"]["reason"].startswith("it is for rustc >=9")


def test_check_for_github(docs: Path, command: Run) -> None:
    done = command("check", "--format", "github")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(
        "::error file=docs/part/wrong.md,line=4,title=heapledger.expect::snippet falsified: wrong%0A"
    )
    assert "measured: allocs == 1" in lines[0]


def test_check_as_junit(docs: Path, command: Run) -> None:
    done = command("check", "--format", "junit")
    assert done.returncode == 1
    root = ET.fromstring(done.stdout)
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == {"good", "wrong", "plain", "skipped"}
    assert [failure.get("type") for failure in cases["wrong"]] == ["expect"]
    assert "docs/part/wrong.md:4" in (cases["wrong"][0].text or "")
    assert [child.tag for child in cases["skipped"]] == ["skipped"]
    assert len(cases["good"]) == 0


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ('extensions = ["myst_parser"]\n', "heapledger"),
        ('extensions = ["myst_parser", "heapledger"]\nheapledger_profiles = ["relase"]\n', "'debug' and 'release'"),
        ("extensions = [\n", "conf"),
        ('extensions = ["myst_parser", "heapledger", "nowhere_to_be_found"]\n', "nowhere_to_be_found"),
    ],
)
def test_a_wrong_configuration_is_no_false_claim(docs: Path, command: Run, conf: str, message: str) -> None:
    (docs / "conf.py").write_text(conf, encoding="utf-8")
    done = command("check")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_no_documents(command: Run) -> None:
    done = command("check")
    assert done.returncode == 2
    assert "there is no conf.py in docs; give the folder of the documents with --source" in done.stderr


def test_build(docs: Path, command: Run, shared_cache: Path) -> None:
    with (docs / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(f"heapledger_cache = {str(shared_cache)!r}\n")
    done = command("build")
    assert done.returncode == 0
    assert "The pages are in docs/_build/html" in done.stdout
    assert "heapledger-falsified" in (docs / "_build" / "html" / "part" / "wrong.html").read_text(encoding="utf-8")
    assert "\r" not in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert command("build", "html", "-W", "-j", "2").returncode == 1
    assert command("build", "pdv").returncode == 2


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("heapledger_profiles = []", "heapledger_profiles is empty: nothing would be measured"),
        ("heapledger_toolchain = 1.95", "heapledger_toolchain is 1.95; it may be a range such as '>=1.95,<1.98'"),
        ("heapledger_timeout = -1", "heapledger_timeout is -1; it may be a number above 0"),
        ("heapledger_memory = 'much'", "heapledger_memory is 'much'; it may be a number above 0"),
    ],
)
def test_a_wrong_value_in_conf_is_named(setting: str, message: str, docs: Path, command: Run) -> None:
    with (docs / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(setting + "\n")
    done = command("check")
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
