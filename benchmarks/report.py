"""Results on disk: one JSON file for each chapter, and one Markdown page made from all of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = "REPORT.md"
ORDER = ("operations", "growth", "cold-start", "round-trips", "seam")


@dataclass(frozen=True)
class Result:
    """What one chapter found.

    Attributes:
        header, rows: the table as people read it.
        missed: names of the rows that missed their target.
        data: the raw numbers behind it, for machines.
        remarks: Markdown below the table.
    """

    chapter: str
    title: str
    header: list[str]
    rows: list[list[str]]
    missed: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    remarks: str = ""
    machine: dict[str, Any] = field(default_factory=dict)


def write(result: Result, directory: Path) -> Path:
    """Store a chapter's result as JSON, make the page anew, give the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(result), indent=1, ensure_ascii=False)
    (directory / f"{result.chapter}.json").write_text(text + "\n", encoding="utf-8")
    return write_page(directory)


def write_page(directory: Path) -> Path:
    """Make the Markdown page from the JSON files in `directory`."""
    found = [path for name in ORDER if (path := directory / f"{name}.json").exists()]
    results = [Result(**json.loads(path.read_text(encoding="utf-8"))) for path in found]
    page = directory / PAGE
    lines = ["# Results", "", *(line for result in results for line in section(result))]
    page.write_text("\n".join(lines), encoding="utf-8")
    return page


def section(result: Result) -> list[str]:
    """One chapter as lines of Markdown."""
    table = [result.header, ["---"] * len(result.header), *result.rows]
    return [
        f"## {result.title}",
        "",
        *("| " + " | ".join(cells) + " |" for cells in table),
        "",
        result.remarks.strip(),
        "",
        *_machine(result.machine),
    ]


def _machine(machine: dict[str, Any]) -> list[str]:
    if not machine:
        return []
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    sentence = (
        f"Measured {machine['measured']} at commit `{machine['commit']}`: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']}; "
        f"Python {machine['python']}; {versions}. "
        f"Load average before {machine['load_average_before']}, after {machine['load_average_after']}."
    )
    return [sentence, ""]


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines of text with columns in line, for a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(cells).rstrip() for cells in padded]
