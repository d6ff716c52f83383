"""What a result is worth: its costs by kind, how much more cost it survives, how much money it carries.

Owns the questions. Must not draw or print. Every answer comes of real runs of the core over the result's own inputs.
"""

from engine.honesty.costs import Cost, costs_by_kind
from engine.honesty.study import study_costs

__all__ = ["Cost", "costs_by_kind", "study_costs"]
