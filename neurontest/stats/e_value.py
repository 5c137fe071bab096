"""Whether a rate lies above a limit, or below it, told while its trials come in.

A binomial bound that is looked at after every trial errs more often than it says: one of 99% called a rate above .05 in
25 of 100 sequences of a hundred trials at a rate of .08 that was to pass as harmless. An e-value may be looked at as
often as one likes. It is a likelihood ratio, of a mixture of the rates on one side of the limit against the limit
itself; under any rate of the other side it is a supermartingale that begins at 1, and so ever reaches 20 with a
probability of 1/20 at most (Ville 1939).
"""

from __future__ import annotations

import math

from scipy import special, stats

#: The e-value from which a side is told: the probability of ever telling the wrong one is at most 1/20.
TOLD = 20.0
ERROR = 1 / TOLD
#: The mixture: rates are weighed by Beta(1, 3), as far as they lie on the one side.
_A, _B = 1.0, 3.0


def e_above(hits: int, trials: int, limit: float) -> float:
    """The evidence that a rate is above `limit`: as many hits in so many trials, against all rates up to it."""
    return math.exp(_log_mixture(hits, trials, limit, above=True) - _log_likelihood(hits, trials, limit))


def e_below(hits: int, trials: int, limit: float) -> float:
    """The same that it is below."""
    return math.exp(_log_mixture(hits, trials, limit, above=False) - _log_likelihood(hits, trials, limit))


def _log_mixture(hits: int, trials: int, limit: float, *, above: bool) -> float:
    """Log probability of a sequence, averaged over the mixture's rates on one side."""
    a, b = _A + hits, _B + trials - hits
    share = stats.beta.logsf if above else stats.beta.logcdf
    whole = special.betaln(a, b) - special.betaln(_A, _B)
    return float(whole + share(limit, a, b) - share(limit, _A, _B))


def _log_likelihood(hits: int, trials: int, rate: float) -> float:
    return hits * math.log(rate) + (trials - hits) * math.log1p(-rate)
