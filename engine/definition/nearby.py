"""What to say when a definition is not where it was looked for."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path


def not_found(path: Path) -> str:
    """Return one sentence, with the definition that was probably meant."""
    folders = [folder for folder in (path.parent, Path("backtests")) if folder.is_dir()]
    known = {str(file): file for folder in folders for file in sorted(folder.glob("*.toml"))}
    stems = {file.stem: shown for shown, file in known.items()}
    near = get_close_matches(path.stem, stems, n=1, cutoff=0.6)
    if near:
        return f"{path}: there is no such definition; did you mean {stems[near[0]]}?"
    some = f"; there are {', '.join(known)}" if known else "; write one, as README.md shows"
    return f"{path}: there is no such definition{some}"
