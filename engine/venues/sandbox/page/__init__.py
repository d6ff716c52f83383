"""The exchange's own page: what it shows, and the files it is made of. Must not know sockets; shows no secret."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# Nothing is loaded from anywhere, and nothing is sent but to where the page is from.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SCRIPTS = ("writing.js", "candles.js", "parts.js", "page.js")


@cache
def page() -> str:
    """Return the page as one file of HTML."""
    here = files(__name__)
    text = (here / "page.html").read_text("utf-8")
    style = (here / "page.css").read_text("utf-8")
    script = "\n".join((here / name).read_text("utf-8") for name in _SCRIPTS)
    return text.replace("/*style*/", style).replace("/*script*/", script)
