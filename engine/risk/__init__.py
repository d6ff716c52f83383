"""Risk rules as a person declares them: on a strategy's positions and entries, and on the whole account.

Owns what may be declared together, the profiles, the sentences, and the records that the core enforces.
"""

from engine.risk.presets import PROFILES, profile_values
from engine.risk.records import Places, account_places, risk_places
from engine.risk.rules import AccountRules, RiskRules, account_rules_of, risk_rules_of
from engine.risk.words import sentences

__all__ = [
    "PROFILES",
    "AccountRules",
    "Places",
    "RiskRules",
    "account_places",
    "account_rules_of",
    "profile_values",
    "risk_places",
    "risk_rules_of",
    "sentences",
]
