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


@dataclass(frozen=True)
class ScoreRequest(TraceRequest):
    """Log-probabilities of texts that follow some prompts, as the model is and under each of some forcings.

    It is answered by :class:`~neurontest.types.Activations` ``[prompt, 1 + forcing]``, in nats: the model as it is in
    the first column. Neurons are set from the prompt's last token on, which is where steps are read.

    Attributes
    ----------
    words : tuple of str
        The log-probability that one of these comes first after the prompt. Empty: what the model itself had written
        to the prompt, the mean over its tokens and the prompt's samples.
    forcings : tuple of Forcing
    """

    words: tuple[str, ...] = ()
    forcings: tuple[Forcing, ...] = ()
