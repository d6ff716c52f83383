"""The chart library is the one that was chosen, and reading it costs nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from engine.report.library import chart_library


def test_the_chart_library_is_the_chosen_file() -> None:
    text = chart_library()
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert digest == "c0992580867c4912cc9385b3c2728315bcc1a76c7f1087dca908430fccdf31d7"  # screens-and-reports.md, 7
    assert "v5.2.0" in "".join(text.splitlines()[:5])
    assert "</script" not in text.lower()


def test_neither_the_library_nor_a_page_out_of_a_folder_brings_pandas_or_numba() -> None:
    code = (
        "import sys, engine.report.composing, engine.report.reading, engine.report.library as it; it.chart_library();"
        "sys.exit(' '.join({'pandas', 'numba', 'lwcharts'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
