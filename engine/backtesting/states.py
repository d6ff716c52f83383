"""What the rules did to a run: the trading state's changes with their times, causes and numbers, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.candles.timeframes import iso
from engine.core import rule_codes
from engine.limits import AccountFields
from engine.strategy import duration_ms

if TYPE_CHECKING:
    from engine.backtesting.inputs import Inputs
    from engine.backtesting.result import Result

CAUSES = {
    rule_codes.TRIPPED_DAILY_LOSS: "daily_loss",
    rule_codes.TRIPPED_DRAWDOWN: "max_drawdown",
    rule_codes.REARMED_DAILY_LOSS: "daily_loss",
}


@dataclass(frozen=True, slots=True)
class StateChange:
    """Hold one change of the account's trading state: when, to what, and by which rule's numbers."""

    ms: int
    state: str
    rule: str
    action: str  # what the rule was declared to do; "re-armed" where it let go
    was: float
    limit: float
    text: str


def state_changes(result: Result) -> list[StateChange]:
    """Return the changes in order of time; none where the account has no rules."""
    if result.inputs.account_rules is None:
        return []
    said = result.inputs.account_rules.resolved()
    rows = result.event_rows
    found: list[StateChange] = []
    tripped: set[str] = set()
    for row in rows[np.isin(rows["code"], rule_codes.STATE_CHANGES)]:
        code, a, b = int(row["code"]), float(row["a"]), float(row["b"])
        rule = CAUSES[code]
        rearmed = code == rule_codes.REARMED_DAILY_LOSS
        tripped = tripped - {rule} if rearmed else tripped | {rule}
        action = "re-armed" if rearmed else getattr(said, f"{rule}_action")
        text = rule_codes.TEXT[code].format(a=a, b=b)
        found.append(StateChange(int(row["ms"]), _state(said, tripped), rule, action, a, b, text))
    return found


def _state(said: AccountFields, tripped: set[str]) -> str:
    actions = [getattr(said, f"{rule}_action") for rule in tripped]
    if any(action != "reduce_only" for action in actions):
        return rule_codes.STATES[rule_codes.HALTED]
    return rule_codes.STATES[rule_codes.REDUCE_ONLY if actions else rule_codes.ACTIVE]


def state_warnings(result: Result) -> list[str]:
    """Return a line for each kill rule that tripped: when, with its numbers, and what followed."""
    return [
        f"{iso(one.ms)}: {one.text}; the account is {one.state} from then on"
        + (", and everything was closed" if one.action == "flatten" else "")
        for one in state_changes(result)
        if one.action != "re-armed"
    ]


def idle_rules(inputs: Inputs) -> list[str]:
    """Return a line for each rule of the account that says less, or more, than whoever wrote it may think."""
    rules, said = inputs.account_rules, []
    if rules is None:
        return []
    if rules.class_limits is not None and rules.classes is None:
        said.append("account: class_limits hold no market back: no market is of a class; name theirs in classes")
    stale_after = rules.resolved().stale_after
    if stale_after is not None and duration_ms(stale_after) < inputs.timeframe_ms:
        said.append(
            f"account: stale_after {stale_after} is shorter than a candle of {inputs.outlines[0].of.timeframe}: "
            "one candle that is missing lets no entry through"
        )
    return said


def rules_summary(result: Result) -> dict[str, Any]:
    """Return the declared rules and the state's changes, ready for JSON."""
    inputs = result.inputs
    account = inputs.account_rules
    limits = None if account is None else account.resolved()
    return {
        "risk": None if inputs.risk is None else inputs.risk.as_dict(),
        "account_rules": None
        if limits is None
        else {name: value for name, value in asdict(limits).items() if value is not None},
        "trading_state": [{**asdict(one), "time": iso(one.ms)} for one in state_changes(result)],
    }
