"""How likely texts are after their prompts, as the model is and with neurons set: forward passes over whole texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from neurontest.arrays import Floats
from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, writes
from neurontest.trace.passes.halving import Halving, Row
from neurontest.trace.passes.resume import Resume
from neurontest.trace.passes.text import Text, TextPass, read_texts, without_head
from neurontest.trace.sites.find import Site, find_sites
from neurontest.trace.sites.intervene import Forced
from neurontest.trace.sites.writes import Writes
from neurontest.trace.texts.controls import Controls

if TYPE_CHECKING:
    import torch

Job = tuple[int, int]

#: Scored positions times vocabulary of one pass, and of the model as it is: bounds memory to a gigabyte or two.
_LOGITS, _LOGITS_FIRST = 60_000_000, 240_000_000
#: Texts read in one pass, at most; and those whose early blocks are kept.
_ROWS, _KEPT = 256, 64
#: Of what a pass from the first block on and one from a later block on may differ in, in nats a text.
_SAME = 1e-2


@dataclass(frozen=True)
class Scores:
    """What was measured, each as float64 array [1 + forcing, text]; the model as it is comes first.

    Attributes
    ----------
    likelihood : array
        Log-probability of the text, in nats.
    change : array
        Mean square over its tokens of the change of their log-probabilities.
    write : array
        Norm of what the set neurons write, summed over layers, mean over the positions where they are set; 0 if it is
        not measured.
    first, controls, spread : array
        Mean log-probability of the text's `firsts`; mean and variance of the rises of the control tokens. 0 without.
    """

    likelihood: Floats
    change: Floats
    write: Floats
    first: Floats
    controls: Floats
    spread: Floats


def likelihoods(
    model: Any,
    site: Site,
    texts: Sequence[Text],
    forced: Sequence[Sequence[Forced]],
    *,
    on_pass: Callable[[int], None] = lambda done: None,
    halving: Halving | None = None,
    prompt: Callable[[int], str] = str,
    resume: bool = True,
    equal_write: Writes | None = None,
) -> Scores:
    """Log-probabilities of texts after their prompts, as the model is and with neurons set.

    Parameters
    ----------
    texts : sequence of Text
    forced : sequence of sequences of Forced
        For each forcing what it sets in each of the texts, from the last token of the prompt on.
    on_pass : callable
        Called with the number of scores that are done.
    halving : Halving, optional
        Cuts passes that memory does not suffice for.
    prompt : callable
        Says the prompt of a text in an error, by the text's place.
    resume : bool
        False runs all blocks in every pass: slower, same result.
    equal_write : Writes, optional
        Measures writes, and has all forcings but the first write as much as the first does at each position and layer.

    Raises
    ------
    TraceError
        If one of them is not finite, or the model is an encoder or an encoder-decoder, or has no layer of its own that
        gives logits; or memory does not suffice for a single text.
    """
    if is_encoder_decoder(model) or not writes(model):
        raise TraceError(
            f"{type(model).__name__} does not read and write by the same blocks: how likely a text is after a prompt "
            "with neurons set (claims of kind necessary and sufficient) cannot be had of it."
        )
    out = np.zeros((len(fields(Scores)), 1 + len(forced), len(texts)))
    first = min((min(columns) // site.width for rows in forced for columns, _ in rows if len(columns)), default=0)
    blocks = find_sites(model, ("residual",))[0].modules if resume and first else ()
    if model.get_output_embeddings() is None:
        raise without_head(model)
    vocabulary = int(model.get_output_embeddings().weight.shape[0])
    # Texts of one length stand together, so that little is padded; the order is a function of the texts alone.
    order = sorted(range(len(texts)), key=lambda at: (texts[at].size, at))
    halving = halving or Halving(lambda most: None)
    done = 0
    for start in range(0, len(order), _KEPT):
        kept = order[start : start + _KEPT]
        begun = Resume(blocks, first) if blocks else None
        window = _Window(model, site, {at: texts[at] for at in kept}, begun, equal_write)
        logits = vocabulary * max(len(texts[at].after) for at in kept)
        most = max(1, min(_ROWS, _LOGITS // logits))
        at_first = max(1, _LOGITS_FIRST // logits) if blocks else most
        for at, found in zip(kept, chain(*halving.each(_parts(kept, at_first), window.read, prompt)), strict=True):
            out[:, 0, at] = found
        if blocks and not window.resumes(kept[:most], out[0, 0, kept[:most]]):
            blocks = ()
        # The first forcing before all others: what it writes is what they are held to.
        jobs = [[(forcing, at) for forcing in some for at in kept] for some in _first_alone(len(forced))]
        for part, measured in halving.each(
            [part for some in jobs for part in _parts(some, most)],
            partial(window.read_forced, forced),
            lambda job: prompt(job[1]),
        ):
            for job, found in zip(part, measured, strict=True):
                out[:, 1 + job[0], job[1]] = found
            done += len(part)
            on_pass(done)
    if not np.isfinite(out).all():
        raise TraceError(
            "The log-probability of a text is NaN or infinite with neurons set to other values; "
            "say another 'ablate', or use --concept-dtype float32."
        )
    return Scores(*out)


class _Window:
    """Some of the texts, by their places, whose early blocks are kept while neurons are set in the later ones."""

    def __init__(
        self, model: Any, site: Site, texts: Mapping[int, Text], begun: Resume | None, writes: Writes | None
    ) -> None:
        self._model, self._site, self._texts, self._begun, self._writes = model, site, texts, begun, writes
        self._width = max(text.size for text in texts.values())
        self._row = {at: row for row, at in enumerate(texts)}
        #: Log-probabilities of each text's tokens, and the control tokens, while the model is as it is.
        self._tokens: dict[int, Floats] = {}
        self._controls: dict[int, Controls] = {}
        #: By layer, the norms [row, position] of what the first forcing writes.
        self._held: dict[int, torch.Tensor] = {}

    def read(self, part: Sequence[int]) -> list[Floats]:
        """Read the next texts with the model as it is; records what later passes begin with, and compare with."""
        with nullcontext() if self._begun is None else self._begun.recording():
            found = self._pass(part, [((), ())] * len(part), None)
        for at, tokens, opening in zip(part, found.tokens, found.openings, strict=True):
            self._tokens[at] = tokens
            if opening is not None:
                self._controls[at] = Controls.like(self._texts[at].firsts, opening)
        return self._measured(part, found)

    def resumes(self, part: Sequence[int], wanted: Floats) -> bool:
        """Whether this architecture gives the same when begun at a later block; if not, it no longer is."""
        try:
            found = [float(one.sum()) for one in self._pass(part, [((), ())] * len(part), self._begun).tokens]
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError):
            found = None
        if found is None or not np.allclose(found, wanted, rtol=0, atol=_SAME):
            self._begun = None
        return self._begun is not None

    def read_forced(
        self, forced: Sequence[Sequence[Forced]], jobs: Sequence[Job]
    ) -> tuple[Sequence[Job], list[Floats]]:
        """Read texts with neurons set; a job is a forcing and a text."""
        import torch

        part = [at for _, at in jobs]
        places = torch.tensor([self._row[at] for at in part])
        is_first = jobs[0][0] == 0
        held = {} if is_first else {layer: norms[places.to(norms.device)] for layer, norms in self._held.items()}
        found = self._pass(part, [forced[forcing][at] for forcing, at in jobs], self._begun, held)
        if is_first:
            for layer, norms in found.written.items():
                empty = norms.new_zeros(len(self._texts), norms.shape[1])
                self._held.setdefault(layer, empty)[places.to(norms.device)] = norms
        return jobs, self._measured(part, found)

    def _measured(self, part: Sequence[int], found: TextPass) -> list[Floats]:
        """Of each text what :class:`Scores` has."""
        out = []
        for row, (at, tokens, opening) in enumerate(zip(part, found.tokens, found.openings, strict=True)):
            text = self._texts[at]
            write = sum(float(norms[row].double().sum()) for norms in found.written.values())
            change = float(np.square(tokens - self._tokens[at]).mean())
            beside = (0.0, 0.0, 0.0) if opening is None else self._controls[at].measure(opening)
            steps = min(len(text.after) + 1, found.positions + 1 - len(text.prompt))
            out.append(np.array([tokens.sum(), change, write / steps, *beside]))
        return out

    def _pass(
        self,
        part: Sequence[int],
        rows: Sequence[Forced],
        begun: Resume | None,
        held: Mapping[int, torch.Tensor] | None = None,
    ) -> TextPass:
        texts, places = [self._texts[at] for at in part], [self._row[at] for at in part]
        return read_texts(self._model, self._site, texts, rows, self._width, begun, places, self._writes, held)


def _first_alone(count: int) -> tuple[range, range]:
    return range(min(1, count)), range(1, count)


def _parts(rows: Sequence[Row], most: int) -> list[Sequence[Row]]:
    return [rows[at : at + most] for at in range(0, len(rows), most)]
