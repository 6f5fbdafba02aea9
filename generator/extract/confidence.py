"""How sure a claim is: its rule's measured precision, lowered for what was risky about the match."""

from collections.abc import Set
from functools import cache

from generator.extract.words import table

PRIOR, WEIGHT = 0.9, 4.0
"""A rule never judged counts as this precise; the prior weighs as much as this many judged claims."""

FACTORS = {
    "doubtful-date": 0.5,
    "described": 0.95,
    "coreference": 0.98,
    "pronoun": 0.95,
    "focus": 0.93,
    "context": 0.93,
    "leader": 0.95,
    "metonym": 0.95,
    "unlisted": 0.97,
    "guessed": 0.85,  # an organisation only the recogniser takes for one
    "private-office": 0.6,
    "unlisted-office": 0.8,  # few offices of bodies outside every list are of states
}
"""What each risky feature of a match leaves of the rule's precision: tiers, before 500 claims are judged."""


def confidence(rule: str, features: Set[str]) -> float:
    """0..1, two decimals."""
    value = precision(rule)
    for feature in features:
        value *= FACTORS.get(feature, 1.0)
    return round(value, 2)


def precision(rule: str) -> float:
    """(right + WEIGHT × PRIOR) / (judged + WEIGHT): a rule's share of right claims, shrunk to the prior."""
    right, judged = measured().get(rule, (0.0, 0.0))
    return (right + WEIGHT * PRIOR) / (judged + WEIGHT)


@cache
def measured() -> dict[str, tuple[float, float]]:
    """Rule → (right, judged), from `precision.yml`, which `factsheets evaluate --precision` writes."""
    data = table("extract/precision.yml")
    return {rule: (float(counts["right"]), float(counts["judged"])) for rule, counts in (data or {}).items()}
