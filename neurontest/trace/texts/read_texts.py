"""Texts that are known: one pass over prompt and text, teacher-forced, reads the steps that writing it would take.

So are read the texts that a replay gives, the tokens of a word in what the model has written, and prompts that nothing
is written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import StoreError, TraceError
from neurontest.text import quoted
from neurontest.trace.passes.decoder import Passes
from neurontest.trace.passes.lengths import check_length
from neurontest.trace.prompts.encoding import Encoded, check_rows
from neurontest.trace.prompts.tokens import new_tokens, word_tokens
from neurontest.trace.sites.find import Site
from neurontest.trace.sites.read import SiteReader
from neurontest.trace.sites.tally import counted, padded
from neurontest.trace.store import Store
from neurontest.trace.texts.write import Row, Written, end_of_text, shares_of, unfit
from neurontest.types import GivenText, Positions, TraceGroup, reading_of

#: Tokens of a pass, padding included. All positions of all rows are in memory at once, unlike when a text is written;
#: so many are what the shipped prompts' first pass has in a batch of 128, and processors gain nothing from more.
TOKENS = 4096


@dataclass(frozen=True)
class Known:
    """A text to be read.

    Attributes
    ----------
    new : tuple of int
        Tokens after the prompt; the last of them is no input of any step, and none at all are needed to read prompts.
    where : mapping from positions to int64 array [position]
        What each reading counts, from 0.
    ended : bool
        Whether the last token ends the text.
    """

    row: Row
    new: tuple[int, ...]
    where: dict[Positions, npt.NDArray[np.int64]]
    ended: bool = False

    @property
    def inputs(self) -> tuple[int, ...]:
        """The tokens of the pass."""
        return (*self.row.ids, *self.new[:-1])


def is_known(group: TraceGroup) -> bool:
    """Whether the texts of a group are known before it is traced, and so are not written."""
    return group.generation.replay is not None or bool(group.match) or not group.needs_text


def known_texts(model: Any, tokenizer: Any, store: Store, group: TraceGroup) -> list[Known]:
    """All texts of a group, with the positions that count.

    Raises
    ------
    TraceError
        If a prompt has no text, its text has no tokens or is too long, or the word that is looked for is not in it.
    StoreError
        If a text that the model has written is not in the store.
    """
    found = []
    end = min(end_of_text(model, tokenizer), default=0)
    context = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    for prompt in group.prompts:
        encoded = store.prompts.of(prompt, group.generation)
        check_rows(model, tokenizer, prompt, encoded.ids)
        for sample in range(store.samples(prompt, group.generation) if group.needs_text else 1):
            given = _given(store, group, prompt, sample)
            new = new_tokens(tokenizer, prompt, encoded, given, end) if given else ()
            if given and not new:
                raise TraceError(
                    f"The text given for the prompt {quoted(prompt)} is empty to the tokenizer; write a word."
                )
            check_rows(model, tokenizer, prompt, new)
            where = _where(tokenizer, group, prompt, encoded, new)
            known = Known(Row(prompt, sample, encoded.ids), new, where, given is not None and given.ended)
            check_length(model, prompt, len(known.inputs))
            if isinstance(context, int) and 0 < context < len(known.inputs):
                raise TraceError(
                    f"The prompt {quoted(prompt)} and what follows have {len(known.inputs)} tokens, and the model's "
                    f"context has {context}. Shorten the text."
                )
            found.append(known)
    return found


def _given(store: Store, group: TraceGroup, prompt: str, sample: int) -> GivenText | None:
    if not group.needs_text:
        return None
    if group.generation.replay is not None:
        return store.given(prompt, group.generation)[sample]
    own = store.read_text(store.text_key(prompt, sample, group.generation))
    if own is None:
        raise StoreError(
            f"What the model wrote to the prompt {quoted(prompt)} (sample {sample}) was removed; run again."
        )
    return GivenText(own.text, own.ids, own.ended)


def _where(
    tokenizer: Any, group: TraceGroup, prompt: str, encoded: Encoded, new: Sequence[int]
) -> dict[Positions, npt.NDArray[np.int64]]:
    if not group.match:
        return {where: counted(where, len(encoded.ids), len(new)) for where in group.positions}
    in_prompt, in_text = word_tokens(tokenizer, encoded, new, group.match)
    found = {}
    for where in group.positions:
        is_prompt = reading_of(where).positions == "prompt"
        if is_prompt and not in_prompt.any():
            raise TraceError(
                f"The word {group.match!r} is not in the prompt {quoted(prompt)}, and its tokens are to be read."
            )
        found[where] = counted(where, len(encoded.ids), len(new), in_prompt if is_prompt else in_text)
    return found


def cut(texts: Iterable[Known], batch_size: int, *, padded: bool = True) -> list[list[Known]]:
    """Texts cut into batches, longest first: a function of all texts of a group and of nothing else.

    Unless they may be `padded`, texts of one length alone stand together.
    """
    ordered = sorted(texts, key=lambda text: (-len(text.inputs), text.row.prompt, text.row.sample))
    found: list[list[Known]] = []
    for text in ordered:
        # The first of a batch is its longest, which all others are padded to.
        fits = bool(found) and (padded or len(found[-1][0].inputs) == len(text.inputs))
        if fits and len(found[-1]) < min(batch_size, max(1, TOKENS // len(found[-1][0].inputs))):
            found[-1].append(text)
        else:
            found.append([text])
    return found


def read(model: Any, texts: Sequence[Known], sites: Sequence[Site], positions: Sequence[Positions]) -> list[Written]:
    """Read one batch of texts.

    Raises
    ------
    TraceError
        If an activation is NaN or infinite; the message names prompt, layer and site.
    """
    import torch

    rows = [text.row for text in texts]
    inputs = [text.inputs for text in texts]
    lengths = list(map(len, inputs))
    with torch.inference_mode(), SiteReader(sites, len(texts), model.device, positions) as reader:
        reader.tallies.open({where: padded([text.where[where] for text in texts], lengths) for where in positions})
        Passes(model, inputs, 0, use_cache=False).read()
        reader.end_step(torch.ones(len(texts), dtype=torch.bool, device=model.device))
        if reader.unfit():
            raise unfit(reader, rows)
        values = {where: reader.tallies.result(where) for where in positions}
    shares = shares_of(reader, positions)
    return [
        Written(
            text.row,
            text.new,
            text.ended,
            0,
            {(site.name, where): arrays[n][i] for where, arrays in values.items() for n, site in enumerate(sites)},
            shares[i],
        )
        for i, text in enumerate(texts)
    ]
