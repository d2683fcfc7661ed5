"""What the blocks in Prefect's UI point at: their logo, and the documents of this project."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse
from markdown_it import MarkdownIt

import blocks

LOGO = Path(blocks.__file__).parent / "logo.png"
_CHECKOUT = LOGO.parents[1] / "docs"
DOCS = _CHECKOUT if _CHECKOUT.is_dir() else Path(sysconfig.get_path("data")) / "share" / "codeblue" / "docs"
"""The documents beside the code, or where the wheel puts them."""
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Code Blue: {title}</title>"
    "<style>body{{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}}"
    "pre,code{{background:#8882;border-radius:4px;padding:.1em .3em}}pre{{padding:.8em;overflow:auto}}"
    "td,th{{padding:.2em .6em;border-bottom:1px solid #8884;text-align:left}}:root{{color-scheme:light dark}}</style>"
    "{body}</html>"
)

router = APIRouter(include_in_schema=False)


@router.get("/assets/logo.png")
def logo() -> FileResponse:
    """The logo of our blocks."""
    return FileResponse(LOGO, media_type="image/png")


@router.get("/docs")
@router.get("/docs/{name}.md")
def page(name: str = "operating") -> HTMLResponse:
    """One of the project's documents. Only names of files that are there are answered, so no path can be asked for."""
    file = {found.stem: found for found in DOCS.glob("*.md")}.get(name)
    if file is None:
        raise HTTPException(404, "There is no such document.")
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(file.read_text(encoding="utf-8"))
    return HTMLResponse(PAGE.format(title=name, body=body))
