"""Renders what the documents take from the code, so that none of it is kept by hand.

    python -m docs.render            write what is stale
    python -m docs.render --check    write nothing; exit code 1 and the names of what is stale

- `prefect.yaml`, what is built in and what our systems bring, for `prefect deploy --all`
- `docs/runbooks/<system>/<name>.md`, one for each runbook of our systems, and their index
- `docs/permissions.md`, what the reading and the changing identity of each runbook need
- `docs/coverage/*.csv`, which code claims each row of the runbooks that this was made from
- `docs/commands.md`, the help of the command line
- excerpts: between `<!-- excerpt: FILE ~ FIRST ~ LAST -->` and `<!-- end -->` in any document stand the lines of FILE
  from the one that begins with FIRST to the next that begins with LAST; further pairs add further lines
"""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from deployments.built_in import BUILT_IN
from deployments.cli import make_app
from deployments.deployed import Listed
from deployments.environments import environment_of
from deployments.permissions import CHECKS, as_markdown, granted, needs_of, needs_of_system, usual
from deployments.stack_home import POOL
from deployments.systems import installed
from docs import claims
from runbook import Runbook
from runbook.rendering import runbook_as_markdown

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
OURS = "codeblue"
"""The distribution whose documents these are."""
BANNER = "<!-- Rendered by docs/render.py from {source}; do not edit. -->\n\n"
EXCERPT = re.compile(r"(<!-- excerpt: (\S+) ~ ([^\n]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write what is stale, or say what is."""
    stale = [path for path, text in rendered().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        sys.stdout.write(f"{'stale' if '--check' in arguments else 'wrote'}: {path.relative_to(ROOT)}\n")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rendered()[path], "utf-8")  # again: an excerpt may quote what was just written
    return 1 if stale and "--check" in arguments else 0


def rendered() -> dict[Path, str]:
    """Every rendered document as it should be, by its path; those that are quoted first."""
    runbooks = [(one, one.declaration) for one in ours()]
    pages = {page_of(runbook): page(one, runbook) for one, runbook in runbooks}
    pages[DOCS / "runbooks" / "README.md"] = index(runbook for _, runbook in runbooks)
    pages[DOCS / "permissions.md"] = "".join(permissions(runbooks))
    pages[DOCS / "commands.md"] = commands()
    pages[ROOT / "prefect.yaml"] = deployments_file()
    pages |= dict(claims.rendered())
    for document in [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]:
        if document not in pages and EXCERPT.search(text := document.read_text("utf-8")):
            pages[document] = EXCERPT.sub(lambda found: found[1] + quoted(found[2], found[3]) + found[4], text)
    return pages


def ours() -> tuple[Listed, ...]:
    """The runbooks of the systems that come with this project; another project renders its own."""
    return tuple(entry for one in installed() if one.distribution == OURS for entry in one.runbooks)


def deployments_file() -> str:
    """`prefect.yaml`. A flow that is loaded by file would shadow libraries, so entrypoints are module paths."""
    systems = [one for one in installed() if one.distribution == OURS]
    every = [*BUILT_IN, *(entry for one in systems for entry in (*one.checks, *one.runbooks))]
    pool = {"name": POOL, "job_variables": {}}
    written = {
        "name": OURS,
        "pull": [],
        "deployments": [
            one.model_dump(mode="json", exclude_defaults=True) | {"work_pool": dict(pool)} for one in every
        ],
    }
    text: str = yaml.safe_dump(written, sort_keys=False, width=120, allow_unicode=True)
    return f"# Rendered by docs/render.py for `prefect deploy --all`; do not edit.\n{text}"


def page_of(runbook: Runbook[Any, Any]) -> Path:
    return DOCS / "runbooks" / Path(*runbook.name.split(".")).with_suffix(".md")


def page(one: Listed, runbook: Runbook[Any, Any]) -> str:
    source = Path(*one.entrypoint.split(".")[:-1]).with_suffix(".py")
    return BANNER.format(source=source) + runbook_as_markdown(runbook)


def index(runbooks: Iterable[Runbook[Any, Any]]) -> str:
    lines = ["# Runbooks\n", "| Runbook | When | Severity | Causes | Fixes |", "|---|---|---|---|---|"]
    for runbook in sorted(runbooks, key=lambda one: one.name):
        system, _, name = runbook.name.partition(".")
        causes, fixes = len(runbook.hypotheses), len(list(runbook.steps()))
        lines.append(
            f"| [{runbook.title}]({system}/{name}.md) | {runbook.symptom.sentence} | {runbook.severity}"
            f" | {causes} | {fixes} |"
        )
    return BANNER.format(source="the systems' packages") + "\n".join(lines) + "\n"


def permissions(runbooks: list[tuple[Listed, Runbook[Any, Any]]]) -> Iterator[str]:
    yield BANNER.format(source="what probes and changes declare")
    yield "# Permissions\n\nWhat the two identities of an environment need, and nothing more. With the names of a saved"
    yield " environment: `codeblue permissions SYSTEM --environment NAME`.\n"
    for system in sorted({runbook.system for _, runbook in runbooks}):
        yield f"\n## {system}\n\n"
        yield "\n".join(as_markdown(granted(needs_of_system(system), usual(environment_of(system)))))
        yield "\n### By runbook\n\n| Runbook | Reading | Changing |\n|---|---|---|\n"
        for one, runbook in sorted(runbooks, key=lambda pair: pair[1].name):
            if runbook.system == system:
                needs = needs_of(one)
                yield f"| {runbook.name} | {listed_as_code(needs.reading)} | {listed_as_code(needs.changing)} |\n"
        yield f"| the checks | {listed_as_code(CHECKS.reading)} | {listed_as_code(CHECKS.changing)} |\n"


def listed_as_code(needs: Iterable[str]) -> str:
    return "<br>".join(f"`{need}`" for need in sorted(needs)) or "nothing"


def commands() -> str:
    """The help of every command, as it is printed."""
    lines = [BANNER.format(source="deployments/cli") + "# The command line\n"]
    app = make_app()
    for name in [(), *((name,) for name in app if not name.startswith("-"))]:
        printed = io.StringIO()
        console = Console(file=printed, width=100, color_system=None, force_terminal=False, legacy_windows=False)
        app.help_print(list(name), console=console)
        text = printed.getvalue()
        if name:  # the exit codes stand under `codeblue` itself
            text = text.partition("\nExit codes:")[0]
        shown = "\n".join(line.rstrip() for line in text.strip().splitlines())
        lines.append(f"## {' '.join(('codeblue', *name))}\n\n```text\n{shown}\n```\n")
    return "\n".join(lines)


def quoted(file: str, marks: str) -> str:
    """Lines of a file for a document: Python as a code block, Markdown as a quotation. Raises `LookupError`."""
    path = ROOT / file
    lines = path.read_text("utf-8").splitlines()
    ends = marks.split(" ~ ")
    chosen: list[str] = []
    for first, last in zip(ends[::2], ends[1::2], strict=True):
        start = _line(file, lines, 0, first)
        part = lines[start : _line(file, lines, start, last) + 1]
        # As the formatter has it: two blank lines around functions, one between other statements.
        apart = (
            2 if path.suffix == ".py" and (part[0].startswith("@") or (chosen[-1:] and chosen[-1][:1] == " ")) else 1
        )
        chosen += [""] * apart * bool(chosen) + part
    if path.suffix == ".py":
        return "\n".join(["```python", *chosen, "```", ""])
    return "\n".join([*(f"> {line}".rstrip() for line in chosen), ""])


def _line(file: str, lines: list[str], after: int, begins: str) -> int:
    for number, line in enumerate(lines[after:], after):
        if line.startswith(begins):
            return number
    raise LookupError(f"{file} has no line after line {after} that begins with {begins!r}; correct the excerpt's mark.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
