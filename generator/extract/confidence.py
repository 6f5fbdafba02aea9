"""How sure a claim is: its rule's measured precision, lowered for what was risky about the match."""

from collections.abc import Set
from math import prod

from generator.extract.words import table

PRIOR, WEIGHT = 0.9, 4.0
"""A rule never judged counts as this precise; the prior weighs as much as this many judged claims."""


def confidence(rule: str, features: Set[str]) -> float:
    """0..1, two decimals."""
    risks = table("extract/risks.yml")
    return round(prod((float(risks.get(feature, 1)) for feature in features), start=precision(rule)), 2)


def precision(rule: str) -> float:
    """(right + WEIGHT × PRIOR) / (judged + WEIGHT): a rule's share of right claims, shrunk to the prior.

    The counts are those of `precision.yml`, which `tests/precision.py` writes.
    """
    measured = (table("extract/precision.yml") or {}).get(rule, {})
    return (float(measured.get("right", 0)) + WEIGHT * PRIOR) / (float(measured.get("judged", 0)) + WEIGHT)
