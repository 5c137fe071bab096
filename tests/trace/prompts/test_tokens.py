"""Tokens of a word and of a text that is given, on a tokenizer whose every token is known byte by byte."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import TraceError
from neurontest.text import occurrences
from neurontest.trace.prompts.tokens import decoded_spans, new_tokens, tokens_after, word_tokens
from neurontest.trace.scoring import word_after
from neurontest.types import Generation, GivenText
from tests import tiny
from tests.tiny import encode, encoded
from tests.trace.prompts.test_encoding import processed, words

#: How letters with accents may be written.
Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")
PLAIN, CHAT = Generation(), Generation(format="chat")
MERGES = [("Ġ", "V"), ("i", "e"), ("ĠV", "ie"), ("t", "n"), ("ĠVie", "tn"), ("a", "m"), ("tn", "am"), ("s", "e")]


def merging() -> Any:
    """The tiny tokenizer with a few merged pieces: a word is one to seven tokens, with and without its space."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: at for at, token in enumerate([tiny.BOS, tiny.EOS, *letters, *(a + b for a, b in MERGES)])}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=MERGES))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.TemplateProcessing(single=f"{tiny.BOS} $A", special_tokens=[(tiny.BOS, 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=tiny.BOS, eos_token=tiny.EOS, chat_template=tiny.CHAT_TEMPLATE
    )


class WithoutOffsets:
    """A tokenizer that, like those written in Python, knows no offsets."""

    is_fast = False

    def __init__(self, fast: Any) -> None:
        self._fast = fast

    def __call__(self, text: str, **options: Any) -> Any:
        assert "return_offsets_mapping" not in options
        return self._fast(text, **options)

    def __len__(self) -> int:
        return len(self._fast)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)


def prefixing() -> Any:
    """Pieces as SentencePiece cuts them: it puts a space before every text, and one that is there stays."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = ["▁", *"abcdefghijklmnopqrstuvwxyzVH.", "▁Hello", "▁Hellos", "▁Vietnam", "▁is", "s"]
    ranked = [(piece, -1.0 if len(piece) > 1 else -9.0) for piece in dict.fromkeys(pieces)]
    backend = Tokenizer(models.Unigram([(tiny.BOS, 0.0), (tiny.EOS, 0.0), ("<unk>", 0.0), *ranked], unk_id=2))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    backend.post_processor = processors.TemplateProcessing(single=f"{tiny.BOS} $A", special_tokens=[(tiny.BOS, 0)])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=tiny.BOS, eos_token=tiny.EOS)


FAST = merging()
TOKENIZERS = {"offsets": FAST, "decoding": WithoutOffsets(FAST)}


def bytes_of(ids: Any) -> list[bytes]:
    """The bytes of each token; none of a special one."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    back = {letter: byte for byte, letter in bytes_to_unicode().items()}
    tokens = FAST.convert_ids_to_tokens(list(ids))
    return [b"" if token in (tiny.BOS, tiny.EOS) else bytes(back[letter] for letter in token) for token in tokens]


def by_force(ids: Any, word: str, start: int = 0) -> list[bool]:
    """Whether each token has a byte of the word, found in the text that all bytes make up."""
    pieces = bytes_of(ids)
    text = b"".join(pieces).decode()
    ranges = [(len(text[:a].encode()), len(text[:b].encode())) for a, b in occurrences(text, word)]
    ends = np.cumsum([len(piece) for piece in pieces])
    return [
        any(a < end and end - len(piece) < b for a, b in ranges) and bool(piece) and at >= start
        for at, (piece, end) in enumerate(zip(pieces, ends, strict=True))
    ]


TEXTS = st.lists(st.sampled_from(["Vietnam", " Vietnam", "ese", " in", ".", "Việt", " Nam", "🌷", " ", "Viet", "nam"]))


@pytest.mark.parametrize("kind", TOKENIZERS)
@settings(max_examples=150)
@given(before=TEXTS, after=TEXTS, word=st.sampled_from(["Vietnam", "Việt", "Nam", "🌷", "in"]))
def test_match_by_offsets_equals_brute_force(kind: str, before: list[str], after: list[str], word: str) -> None:
    prompt, text = "In" + "".join(before), "".join(after)
    ids = encode(FAST, prompt, PLAIN)
    new = (*FAST(text, add_special_tokens=False)["input_ids"], 1)
    in_prompt, in_text = word_tokens(TOKENIZERS[kind], encoded(FAST, prompt, PLAIN), new, word)
    assert in_prompt.tolist() == [*by_force(ids, word), *[False] * len(new)]
    assert in_text.tolist() == by_force((*ids, *new), word)


def test_a_word_with_its_space_and_without() -> None:
    for prompt, own in ((" Vietnam is", ["ĠVietn", "am"]), ("Vietnam is", ["V", "ie", "tnam"])):
        ids = encode(FAST, prompt, PLAIN)
        assert FAST.convert_ids_to_tokens(list(ids)) == [tiny.BOS, *own, "Ġ", "i", "s"]
        in_prompt, _ = word_tokens(FAST, encoded(FAST, prompt, PLAIN), (), "Vietnam")
        assert in_prompt.tolist() == [False, *[True] * len(own), *[False] * 3]


def test_a_word_across_the_seam_is_the_texts_and_not_the_prompts() -> None:
    ids, new = encode(FAST, "to Viet", PLAIN), tuple(FAST("nam is", add_special_tokens=False)["input_ids"])
    in_prompt, in_text = word_tokens(FAST, encoded(FAST, "to Viet", PLAIN), new, "Vietnam")
    assert not in_prompt.any()
    assert "".join(FAST.convert_ids_to_tokens([*ids, *new])[at] for at in np.flatnonzero(in_text)) == "ĠVietnam"


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("generation", [PLAIN, CHAT], ids=["plain", "chat"])
def test_a_word_is_read_however_its_letters_are_written(kind: str, form: Form, generation: Generation) -> None:
    prompt = unicodedata.normalize(form, "Ở Việt Nam")
    known = encoded(FAST, prompt, generation)
    new = tuple(FAST(unicodedata.normalize(form, ". Việt Nam"), add_special_tokens=False)["input_ids"])
    for other in FORMS:
        word = unicodedata.normalize(other, "Việt Nam")
        in_prompt, in_text = word_tokens(TOKENIZERS[kind], known, new, word)
        ids = [*known.ids, *new]
        read = FAST.decode([ids[at] for at in np.flatnonzero(in_prompt)]).strip()
        assert read == unicodedata.normalize(form, "Việt Nam")
        assert FAST.decode([ids[at] for at in np.flatnonzero(in_text)]).strip().split() == 2 * read.split()


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_prompt_is_found_behind_special_tokens_and_its_own_words(kind: str) -> None:
    tokens = merging()
    tokens.chat_template = "<s>Vietnam{{ eos_token }}{{ messages[0]['content'] }} Vietnam"
    known = encoded(tokens, "in Vietnam", CHAT)
    in_prompt, _ = word_tokens(tokens if kind == "offsets" else WithoutOffsets(tokens), known, (), "Vietnam")
    before = tokens.decode(known.ids[: np.flatnonzero(in_prompt)[0]])
    assert before == "<s>Vietnam</s>in"
    assert tokens.decode([known.ids[at] for at in np.flatnonzero(in_prompt)]) == " Vietnam"


def test_a_text_that_would_be_read_as_another_is_refused() -> None:
    tokens = words("In", "Vietnam", "it", "is")
    known = encoded(tokens, "In Vietnam", PLAIN)
    assert new_tokens(tokens, "In Vietnam", known, GivenText(" it is"), 1) == (3, 4)
    with pytest.raises(TraceError, match=r"for the prompt 'In Vietnam' is not what .* ' it was' becomes 'it <unk>'"):
        new_tokens(tokens, "In Vietnam", known, GivenText(" it was"), 1)


def test_the_token_that_ends_a_prompt_is_in_no_text() -> None:
    tokens = processed("<s> $A </s>")
    known = encoded(tokens, "In", PLAIN)
    new = new_tokens(tokens, "In", known, GivenText(" it is"), 1)
    assert new == tuple(tokens(" it is", add_special_tokens=False)["input_ids"])


def test_words_to_be_written_are_written_as_models_do() -> None:
    word = unicodedata.normalize("NFD", "Nội")
    assert word_after(FAST, word, PLAIN) == word_after(FAST, unicodedata.normalize("NFC", word), PLAIN)
    with pytest.raises(TraceError, match="does not know the word 'tulip'"):
        word_after(words("a"), "tulip", PLAIN)


def test_a_templates_own_words_are_not_the_prompts() -> None:
    prompt = "the user reads"
    ids = encode(FAST, prompt, CHAT)
    in_prompt, _ = word_tokens(FAST, encoded(FAST, prompt, CHAT), (), "user")
    found = np.flatnonzero(in_prompt)
    assert FAST.decode([ids[at] for at in found]) == "user"
    assert FAST.decode(list(ids[: found[0]])) == "[user] the "
    assert not word_tokens(FAST, encoded(FAST, prompt, CHAT), (), "assistant")[0].any()


@pytest.mark.parametrize("prompt", ["user", "assistant", "s", "]"])
def test_a_prompt_that_its_template_says_too(prompt: str) -> None:
    ids = encode(FAST, prompt, CHAT)
    in_prompt, _ = word_tokens(FAST, encoded(FAST, prompt, CHAT), (), prompt)
    before = FAST.decode(list(ids[: np.flatnonzero(in_prompt)[0]]), skip_special_tokens=True)
    assert (before, in_prompt.sum()) == ("[user] ", len(FAST(prompt, add_special_tokens=False)["input_ids"]))


@given(st.text(max_size=40), st.integers(0, 5))
def test_spans_are_the_characters_of_the_tokens(text: str, start: int) -> None:
    ids = FAST(text, add_special_tokens=False)["input_ids"]
    start = min(start, len(ids))
    pieces = bytes_of(ids)
    if not (_whole(b"".join(pieces[:start])) and "\ufffd" not in text):
        return
    shown, spans = decoded_spans(FAST, ids, start)
    rest = b"".join(pieces[start:]).decode()
    assert shown == rest
    assert len(spans) == len(ids) - start
    at = 0
    for piece, (a, b) in zip(pieces[start:], spans, strict=True):
        # Every byte of the token is one of a character in its span.
        assert len(rest[:a].encode()) <= at
        assert at + len(piece) <= len(rest[:b].encode())
        assert b - a <= max(1, len(piece))
        at += len(piece)


def _whole(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_tokens_that_are_known_are_taken_and_others_are_found() -> None:
    usual = tuple(FAST(" Vietnam", add_special_tokens=False)["input_ids"])
    # The same text letter by letter: a model may write it so, and no tokenizer would.
    odd = tuple(FAST.convert_tokens_to_ids(list("ĠVietnam")))
    assert odd != usual
    assert new_tokens(FAST, "In", encoded(FAST, "In", PLAIN), GivenText(" Vietnam", odd), 1) == odd
    assert new_tokens(FAST, "In", encoded(FAST, "In", PLAIN), GivenText(" Vietnam"), 1) == usual
    # Another tokenizer's numbers mean something else here, or nothing.
    for foreign in ((5, 6, 7), (10**6,), odd[:-1]):
        assert new_tokens(FAST, "In", encoded(FAST, "In", PLAIN), GivenText(" Vietnam", foreign), 1) == usual
    assert new_tokens(FAST, "In", encoded(FAST, "In", PLAIN), GivenText(" Vietnam", ended=True), 1) == (*usual, 1)
    assert new_tokens(FAST, "In", encoded(FAST, "In", PLAIN), GivenText(" Vietnam", (*odd, 1), ended=True), 1) == (
        *odd,
        1,
    )


def test_a_seam_within_a_token_keeps_the_prompts_tokens() -> None:
    ids = encode(FAST, "to V", PLAIN)
    new = new_tokens(FAST, "to V", encoded(FAST, "to V", PLAIN), GivenText("ietnam"), 1)
    assert FAST.decode([*ids, *new], skip_special_tokens=True) == "to Vietnam"


def test_no_space_is_put_where_a_text_goes_on() -> None:
    tokens = prefixing()
    assert tokens.convert_ids_to_tokens(tokens(" Vietnam", add_special_tokens=False)["input_ids"]) == ["▁", "▁Vietnam"]
    assert tokens.convert_ids_to_tokens(word_after(tokens, "Vietnam", PLAIN)) == ["▁Vietnam"]
    ids = encode(tokens, "Hello", PLAIN)
    for text, pieces in ((" Vietnam is", ["▁Vietnam", "▁is"]), ("s is", ["s", "▁is"])):
        new = new_tokens(tokens, "Hello", encoded(tokens, "Hello", PLAIN), GivenText(text), 1)
        assert tokens.convert_ids_to_tokens(new) == pieces
        assert tokens.decode([*ids, *new], skip_special_tokens=True) == "Hello" + text
    # Others put nothing there.
    assert tokens_after(FAST, " Vietnam") == tuple(FAST(" Vietnam", add_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("generation", [PLAIN, CHAT], ids=["plain", "chat"])
def test_text_is_cut_into_tokens_as_it_stands_after_the_prompt(generation: Generation) -> None:
    ids = encode(FAST, "In", generation)
    new = new_tokens(FAST, "In", encoded(FAST, "In", generation), GivenText(" Vietnam it is"), 1)
    whole = FAST.decode([*ids, *new], skip_special_tokens=True)
    assert whole == FAST.decode(list(ids), skip_special_tokens=True) + " Vietnam it is"
