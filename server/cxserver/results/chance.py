"""How often chance alone does what was seen: exact tails, and what many looks at once allow. Pure.

No library is needed at run time; the tests hold every number here against scipy and statsmodels.
"""

from collections.abc import Sequence
from math import exp, lgamma, log, log1p
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300


def z(level: float) -> float:
    """How many standard errors a two-sided interval of this level reaches: 1.96 for 0.95."""
    return _NORMAL.inv_cdf((1 + level) / 2)


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function: the share of Beta(a, b) that lies below x."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return exp(front) * _fraction(x, a, b) / a
    return 1 - exp(front) * _fraction(1 - x, b, a) / b


def at_most(hits: float, n: float, share: float) -> float:
    """The chance of `hits` or fewer of `n` when each hits with `share`; n need not be whole."""
    return 1.0 if hits >= n else beta(1 - share, n - hits, hits + 1)


def at_least(hits: float, n: float, share: float) -> float:
    """The chance of `hits` or more of `n` when each hits with `share`; n need not be whole."""
    return 1.0 if hits <= 0 else beta(share, hits, n - hits + 1)


def more_here(inside: int, n: int, elsewhere: int, m: int) -> float:
    """The chance of at least `inside` of `n` when both groups are alike (Fisher's exact test).

    Exact, because the counts that matter are small: the normal curve calls 5 of 30, where 1 was
    to be expected, a thousand times rarer than it is.
    """
    hits, everyone = inside + elsewhere, n + m
    if inside * everyone > hits * n:
        return _tail(inside, n, hits, everyone)
    # Below what was to be expected the other tail is the short one.
    return 1 - _tail(n - inside + 1, n, everyone - hits, everyone)


def differs(inside: int, n: int, elsewhere: int, m: int) -> float:
    """The chance of a difference this large either way: twice the smaller tail, at most 1."""
    fewer = more_here(n - inside, n, m - elsewhere, m)
    return min(1.0, 2 * min(more_here(inside, n, elsewhere, m), fewer))


def adjusted(chances: Sequence[float]) -> list[float]:
    """Each chance, adjusted for all that were looked at (Benjamini and Hochberg).

    Who keeps to those of at most 0.05 is wrong in one of twenty of them; and where nothing at all
    is to be found, something is found in one of twenty tries.
    """
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    least, result = 1.0, [1.0] * len(chances)
    for rank, at in zip(range(len(chances), 0, -1), order, strict=True):
        least = min(least, chances[at] * len(chances) / rank)
        result[at] = least
    return result


def _tail(least: int, n: int, hits: int, everyone: int) -> float:
    # At least `least` hits among `n` drawn out of everyone; `least` lies above the mean.
    if least > min(n, hits):
        return 0.0
    term = exp(_choose(hits, least) + _choose(everyone - hits, n - least) - _choose(everyone, n))
    total = 0.0
    for count in range(least, min(n, hits) + 1):
        total += term
        if term < total * 1e-17:
            break
        # Each term follows from the one before.
        over = (count + 1) * (everyone - hits - n + count + 1)
        term *= (hits - count) * (n - count) / over
    return min(1.0, total)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _fraction(x: float, a: float, b: float) -> float:
    # Lentz's evaluation of the continued fraction; it settles in about sqrt(max(a, b)) steps.
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _off_zero(1 + even * d), _off_zero(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _off_zero(1 + odd * d), _off_zero(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
