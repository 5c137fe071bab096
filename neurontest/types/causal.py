"""What is asked of a model whose neurons are set to given values: how likely it then finds some texts."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.types.trace import TraceRequest


@dataclass(frozen=True)
class Forcing:
    """Neurons of one site, and what they are set to at every step: ablated, or clamped.

    Attributes
    ----------
    neurons : tuple of int
        Columns of the site's activations, ``layer * width + index``; each once.
    values : tuple of tuples of float
        Values [prompt][neuron], or [1][neuron] if they are the same for all prompts.
    """

    neurons: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]


#: What is measured of a prompt under a forcing, in this order. Of texts: the log-probability, in nats; the mean square
#: of the change of its tokens' log-probabilities; the norm of what the set neurons write to the residual stream, summed
#: over layers, mean over positions. Of words besides: the mean log-probability of their first tokens, and the mean and
#: the variance of the rises of control tokens, which were about as likely.
TEXT_SCORES = ("likelihood", "change", "write")
WORD_SCORES = (*TEXT_SCORES, "first", "controls", "spread")


@dataclass(frozen=True)
class WriteRequest(TraceRequest):
    """How much each neuron of a site writes to the residual stream per unit of its activation.

    It is answered by :class:`~neurontest.types.Activations` ``[1, neuron]``, all in one layer; no prompt is read.
    """


@dataclass(frozen=True)
class ScoreRequest(TraceRequest):
    """How likely texts are that follow some prompts, as the model is and under each of some forcings.

    It is answered by :class:`~neurontest.types.Activations` with a layer for each of :attr:`scores`, in each of them
    ``[prompt, 1 + forcing]``: the model as it is in the first column. Neurons are set from the prompt's last token on,
    which is where steps are read. The first forcing sets its neurons to its values. All others are given its write:
    at each position and layer, what they change is multiplied by the one number with which they write as much to the
    residual stream as the first does there, in norm.

    Attributes
    ----------
    words : tuple of str
        The log-probability that one of these comes first after the prompt. Empty: what the model itself had written
        to the prompt, the mean over its tokens and the prompt's samples.
    forcings : tuple of Forcing
    """

    words: tuple[str, ...] = ()
    forcings: tuple[Forcing, ...] = ()

    @property
    def scores(self) -> tuple[str, ...]:
        """What is measured, in order."""
        return WORD_SCORES if self.words else TEXT_SCORES


#: What is asked of a model once its traces are there.
ModelRequest = ScoreRequest | WriteRequest
