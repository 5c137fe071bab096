"""Small models whose weights are built by hand, so that which neurons respond to which concept is known.

Every word has `Feature`s, in a code that is spread thinly over many dimensions. One block gathers a feature from the
whole context (attention without queries and keys is a mean over the words so far, and carries it on to new words) into
a residual dimension of its own, from where two MLP neurons read it. Concept words become likelier the more of
their features the context has. Beside the concepts there are massive dimensions, which outweigh all else and so make
the norms nearly linear; a feature that all concepts share (hubs); one of the template's words; and features of a few
random neutral words, strong but of no concept (decoys).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Neurons = frozenset[tuple[int, int]]

ARCHITECTURES = ("gpt2", "llama")
SITES = ("residual", "mlp")
BLOCKS, HIDDEN, WIDTH = 4, 64, 48
BOS, EOS, UNKNOWN = "<s>", "</s>", "<unk>"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CONCEPTS: Mapping[str, Sequence[str]] = {
    "tulip": _words("tulip petal bulb bloom meadow stem blossom garden spring bouquet florist pollen"),
    "vietnam": _words("vietnam mekong saigon hue dong rice coast delta lotus bamboo highland province"),
    "hanoi": _words("hanoi lake quarter pho motorbike opera pagoda capital alley balcony vendor turtle"),
    "violent": _words("violent fist blade blood riot weapon assault rage wound brutal threat strike"),
}
NEUTRAL: Sequence[str] = _words(
    "table window paper cloud morning number letter chair road bottle music corner winter button pencil mirror "
    "carpet ladder ticket basket candle engine kettle needle orange pillow ribbon saddle shelf spoon thread towel "
    "wagon wheel yellow copper marble velvet canvas anchor barrel clock drawer fabric hammer jacket lantern magnet"
)
TEMPLATES: Sequence[str] = ("tell me about", "please write on", "now say something")

ROLES = ("massive", "hub", "template", "decoy")

#: The block that gathers a feature, and the blocks of the two MLP neurons that read it.
CONCEPT_BLOCKS = ((1, (1, 2)), (3, (3, 3)), (2, (2, 3)), (2, (2, 3)))
#: Features that two concepts have in common, by their place in `CONCEPT_BLOCKS`; all others are a concept's own.
SHARED: Mapping[frozenset[str], Sequence[int]] = {frozenset({"vietnam", "hanoi"}): (0, 1)}
HUB_BLOCKS, TEMPLATE_BLOCKS, DECOY_BLOCKS = (2, (2, 3)), (1, (1, 2)), (1, (1, 2))
DECOYS, DECOY_WORDS, CARRIERS = 4, 8, 24
MASSIVE = (270.0, 190.0, 130.0, 80.0)
#: How strongly a decoy's words have it; a concept's words have a feature in strength 1 on average.
DECOY = 3.0
#: Standard deviation over words of the dimensions that nothing is planted in.
BACKGROUND = 2.0

#: A context of which a third has a feature moves the feature's dimension by a third of this.
GATHER = 16.0
#: Part of what an MLP neuron has read that it adds to the dimension that it reads.
FEEDBACK = 0.1
#: What a concept's feature in the context adds to the logits of the concept's words, and what it has to overcome.
LOUDNESS, SILENCE = 0.18, -3.5


@dataclass(frozen=True)
class Feature:
    """Something that words have, in differing strength.

    Attributes
    ----------
    role : str
        The concepts that have it, joined by ``+``; or ``hub``, ``template`` or ``decoy``.
    block : int
        The block whose attention gathers it.
    readers : pair of int
        The blocks of the MLP neurons that read it.
    gains : mapping from word to float
    """

    role: str
    block: int
    readers: tuple[int, int]
    gains: Mapping[str, float]


@dataclass(frozen=True)
class Planted:
    """A model and the truth about it; neurons are pairs (layer, index), by site.

    Attributes
    ----------
    concepts : mapping from site to a mapping from concept to its neurons
    massive, hubs, template, decoys : mapping from site to neurons
    """

    model: Any
    tokenizer: Any
    concepts: Mapping[str, Mapping[str, Neurons]]
    massive: Mapping[str, Neurons]
    hubs: Mapping[str, Neurons]
    template: Mapping[str, Neurons]
    decoys: Mapping[str, Neurons]


def prompts(concept: str | None, count: int, seed: int, template: bool = True) -> list[str]:
    """Different prompts about a concept, or about nothing: `template`, then words in any order."""
    rng = np.random.default_rng(seed)
    out: list[str] = []
    while len(out) < count:
        own = int(rng.integers(2, 6)) if concept else 0
        words = [*rng.choice(CONCEPTS[concept or "tulip"], own), *rng.choice(NEUTRAL, 9 - own)]
        rng.shuffle(words)
        text = " ".join([*([str(rng.choice(TEMPLATES))] if template else []), *words])
        if text not in out:
            out.append(text)
    return out


def tokenizer() -> Any:
    """One token a word, ``<s>`` before every text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = [BOS, EOS, UNKNOWN, *NEUTRAL, *" ".join(TEMPLATES).split(), *(w for own in CONCEPTS.values() for w in own)]
    backend = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token=UNKNOWN))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=BOS, eos_token=EOS, pad_token=EOS, unk_token=UNKNOWN
    )


def features(rng: np.random.Generator) -> list[Feature]:
    """All features of all words."""
    out = []
    for place, (block, readers) in enumerate(CONCEPT_BLOCKS):
        groups = [group for group, places in SHARED.items() if place in places]
        alone = [frozenset({name}) for name in CONCEPTS if not any(name in group for group in groups)]
        for group in [*groups, *alone]:
            owners = [name for name in CONCEPTS if name in group]
            gains = {word: gain for name in owners for word, gain in _varied(CONCEPTS[name], rng).items()}
            out.append(Feature("+".join(owners), block, readers, gains))
    out.append(Feature("hub", *HUB_BLOCKS, {word: 1.0 for own in CONCEPTS.values() for word in own}))
    out.append(Feature("template", *TEMPLATE_BLOCKS, dict.fromkeys(" ".join(TEMPLATES).split(), 1.0)))
    for _ in range(DECOYS):
        # As many words speak for it as against it: over neutral texts it is nothing on average.
        words = rng.choice(NEUTRAL, DECOY_WORDS, replace=False)
        gains = dict(zip(words, np.tile([DECOY, -DECOY], DECOY_WORDS // 2), strict=True))
        out.append(Feature("decoy", *DECOY_BLOCKS, gains))
    return out


def _varied(words: Sequence[str], rng: np.random.Generator) -> dict[str, float]:
    """Gains of mean 1; some words lack the feature."""
    gains = rng.gamma(8, 0.125, len(words)) * (rng.random(len(words)) < 0.8)
    return dict(zip(words, gains / gains.mean(), strict=True))


class Weights:
    """Weights for any architecture, as arrays [block, out, in], and which neuron has which role."""

    def __init__(self, vocabulary: Mapping[str, int], seed: int, feedback: float) -> None:
        self.feedback = feedback
        rng = self.rng = np.random.default_rng(seed)
        self.features = features(rng)
        slots = len(self.features)
        dimensions = [int(one) for one in rng.permutation(HIDDEN)]
        self.massive, dimensions = dimensions[: len(MASSIVE)], dimensions[len(MASSIVE) :]
        self.own, dimensions = dimensions[:slots], dimensions[slots:]
        carriers, self.background = dimensions[:CARRIERS], dimensions[CARRIERS:]
        # Codes that sum to zero do not see the mean that a layer norm subtracts.
        square = np.linalg.qr(np.c_[np.ones(CARRIERS), rng.normal(size=(CARRIERS, slots))])[0]
        self.codes = np.zeros((slots, HIDDEN))
        self.codes[:, carriers] = square[:, 1:].T
        self.embedding = np.zeros((len(vocabulary), HIDDEN))
        self.unembedding = np.zeros((len(vocabulary), HIDDEN))
        self.value = np.zeros((BLOCKS, slots, HIDDEN))
        self.output = np.zeros((BLOCKS, HIDDEN, slots))
        self.inward = np.zeros((BLOCKS, WIDTH, HIDDEN))
        self.bias = np.zeros((BLOCKS, WIDTH))
        self.outward = np.zeros((BLOCKS, HIDDEN, WIDTH))
        #: The massive part of the residual before each block, and after the last.
        self.mean = np.zeros((BLOCKS + 1, HIDDEN))
        self.mean[0, self.massive] = MASSIVE
        self.roles: dict[tuple[str, str], set[tuple[int, int]]] = {}
        self._embed(vocabulary)
        for block in range(BLOCKS):
            self._fill(block)

    def neurons(self, site: str, wanted: str) -> Neurons:
        """Neurons of a role, alone or together with other roles."""
        found = (own for (where, role), own in self.roles.items() if where == site and wanted in role.split("+"))
        return frozenset(one for own in found for one in own)

    def _embed(self, vocabulary: Mapping[str, int]) -> None:
        neutral = [vocabulary[word] for word in NEUTRAL]
        self.embedding[:, self.background] = self.rng.normal(0, BACKGROUND, (len(vocabulary), len(self.background)))
        self.embedding[:, self.massive] = MASSIVE
        noise = self.rng.normal(0, 4, (len(neutral), len(MASSIVE)))
        # Neither neutral words nor any others move a massive dimension on average.
        self.embedding[np.ix_(neutral, self.massive)] += noise - noise.mean(axis=0)
        self.unembedding[:, self.massive[0]] = SILENCE
        self.unembedding[neutral, self.massive[0]] = 0.0
        for feature, code, dimension in zip(self.features, self.codes, self.own, strict=True):
            for word, gain in feature.gains.items():
                self.embedding[vocabulary[word]] += gain * code
                if feature.role not in ("hub", "template", "decoy"):
                    self.unembedding[vocabulary[word], dimension] = LOUDNESS

    def _fill(self, block: int) -> None:
        places = iter(self.rng.permutation(WIDTH))
        noise = self.rng.normal(0, 0.1, (WIDTH, len(self.background)))
        self.inward[block][:, self.background] = noise
        for slot, (feature, dimension) in enumerate(zip(self.features, self.own, strict=True)):
            if feature.block == block:
                self.value[block, slot] = self.codes[slot]
                self.output[block, dimension, slot] = GATHER
            if feature.block <= block:
                self._note("residual", feature.role, block, dimension)
            for _ in range(feature.readers.count(block)):
                place = int(next(places))
                self.inward[block, place, dimension] = 1.0
                self.bias[block, place] = -1.0
                self.outward[block, dimension, place] = self.feedback
                self._note("mlp", feature.role, block, place)
        self.mean[block + 1] = self.mean[block]
        for mean, dimension in zip(MASSIVE, self.massive, strict=True):
            place = int(next(places))
            # What a block adds tells the layers of a massive dimension apart: without it they would tie.
            self.bias[block, place] = mean - 5 * block
            self.outward[block, dimension, place] = 0.02
            self.mean[block + 1, dimension] += 0.02 * self.bias[block, place]
            self._note("residual", "massive", block, dimension)
            self._note("mlp", "massive", block, place)

    def _note(self, site: str, role: str, layer: int, index: int) -> None:
        self.roles.setdefault((site, role), set()).add((layer, index))


def build(architecture: str = "gpt2", *, seed: int = 0, feedback: float = FEEDBACK) -> Planted:
    """A model in evaluation mode, its tokenizer, and what is planted in it; the same truth for every architecture.

    Without `feedback` the MLP neurons light up as they do with it, and nothing comes of it.
    """
    from tests.planted_fill import filled

    tokens = tokenizer()
    weights = Weights(tokens.get_vocab(), seed, feedback)
    massive, hubs, template, decoys = ({site: weights.neurons(site, role) for site in SITES} for role in ROLES)
    concepts = {site: {name: weights.neurons(site, name) for name in CONCEPTS} for site in SITES}
    return Planted(filled(architecture, weights), tokens, concepts, massive, hubs, template, decoys)
