"""Risk rules as a person declares them: on a strategy's positions and entries, and on the whole account.

Owns what may be declared together, the profiles, the sentences, and (in `records`, which imports the compiled core, and
is not imported from here: a page of a report must not wait for it) the records that the core enforces.
"""

from engine.risk.presets import PROFILES, profile_values
from engine.risk.rules import AccountRules, RiskRules, account_rules_of, risk_rules_of
from engine.risk.words import sentences

__all__ = [
    "PROFILES",
    "AccountRules",
    "RiskRules",
    "account_rules_of",
    "profile_values",
    "risk_rules_of",
    "sentences",
]
