"""One self-contained HTML page a run, of a result in memory or of a run's folder.

Owns the page. Must not run backtests. Everything heavy is imported when a page is written.
"""

from engine.report.writing import write_folder, write_result

__all__ = ["write_folder", "write_result"]
