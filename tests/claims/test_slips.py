from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.claims.base import Kind
from neurontest.claims.grammar import SentenceError, parse, render
from neurontest.claims.slips import cause
from neurontest.kinds import kinds

from .test_grammar import QUICK, claims


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Hanoi overlaps Vietnam more than violent",
            "names of concepts are written in small letters; did you mean 'hanoi overlaps vietnam more than violent'?",
        ),
        ("hanoi overlap vietnam more then violent", "did you mean 'hanoi overlaps vietnam more than violent'?"),
        (
            "red tulip has consistent neurons",
            "a concept's name is one word; did you mean 'red-tulip has consistent neurons'?",
        ),
        (
            "Red Tulip has consistant neurons",
            "names of concepts are written in small letters, and a concept's name is one word; did you mean"
            " 'red-tulip has consistent neurons'?",
        ),
        ("a, b, c and d has distict neurons", "did you mean 'a, b, c and d have distinct neurons'?"),
        ("harbor has distinct neurons", "it is about two concepts or more, and names one"),
        ("Neuron L1.mlp[2] is specific to Hanoi against tulip", None),
        ("tulip is consistent", ""),
        ("x " * 200, ""),
    ],
)
def test_a_slip_is_named_with_the_sentence_that_may_be_meant(text: str, said: str | None) -> None:
    with pytest.raises(SentenceError) as caught:
        parse(text, kinds())
    if said is None:
        assert cause(caught.value).endswith("did you mean 'neuron L1.mlp[2] is specific to hanoi against tulip'?")
    else:
        assert cause(caught.value) == said


@QUICK
@given(claims(), st.randoms())
def test_a_sentence_that_is_offered_is_one(
    claim: tuple[Kind, dict[str, str | float | tuple[str, ...]]], random: Random
) -> None:
    words = render(*claim).split()
    at = random.randrange(len(words))
    words[at] = random.choice([words[at].upper(), words[at][:-1], words[at] + " " + words[at]])
    try:
        parse(" ".join(words), kinds())
    except SentenceError as error:
        if "did you mean" in cause(error):
            parse(cause(error).rsplit("did you mean ", 1)[1][1:-2], kinds())
