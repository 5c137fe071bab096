"""Prompts and the tokens of them: what is read is what was asked for, or an error says what would be read."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import TraceError
from neurontest.trace.prompts.encoding import check_apart, check_rows, encode
from neurontest.trace.prompts.rendering import render
from neurontest.types import Generation
from tests import tiny

PLAIN, CHAT = Generation(), Generation(format="chat")
NOW = datetime(2026, 3, 4, 15, 6, 7)
TURN = "{% for m in messages %}<user>CONTENT</user>{% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"
PARTS = "{% for part in m['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}"


def templated(content: str, turn: str = TURN) -> Any:
    tokens = tiny.tokenizer()
    tokens.chat_template = turn.replace("CONTENT", content)
    return tokens


def chat(tokens: Any, *prompts: str) -> dict[str, Any]:
    return encode(tokens, prompts, "chat", config=None, now=NOW)


def processed(single: str) -> Any:
    """The tiny tokenizer with other special tokens around a text."""
    from tokenizers import processors

    tokens = tiny.tokenizer()
    special = [(tiny.BOS, 0), (tiny.EOS, 1)]
    tokens.backend_tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=special)
    return tokens


def words(*known: str, lower: bool = False) -> Any:
    """A tokenizer that knows some words and no others."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.WordLevel({"<unk>": 0, **{word: at + 1 for at, word in enumerate(known)}}, "<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    if lower:
        backend.normalizer = normalizers.Lowercase()
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")  # noqa: S106 - a token of a text


# Chat templates.


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("{{ m['content'] }}", " Hà Nội\n"),
        ("{{ m['content'] | trim }}", "Hà Nội"),
        ("{{ m['content'].lstrip() }}", "Hà Nội\n"),
        ("{{ m['content'].rstrip() }}", " Hà Nội"),
        (PARTS, " Hà Nội\n"),
        ("{% for part in m['content'] %}{{ part.text | trim }}{% endfor %}", "Hà Nội"),
        ("{{ m['content'][0]['text'] }}", " Hà Nội\n"),
        ("{% if m['content'] is string %}{{ raise_exception('parts!') }}{% endif %}" + PARTS, " Hà Nội\n"),
        # The form of text goes first where both do.
        ("{% if m['content'] is string %}{{ m['content'] }}{% else %}wrong" + PARTS + "{% endif %}", " Hà Nội\n"),
    ],
)
def test_a_prompt_stands_in_what_the_template_makes_of_it(content: str, kept: str) -> None:
    tokens = templated(content)
    found = chat(tokens, " Hà Nội\n")[" Hà Nội\n"]
    assert found.text == f"<user>{kept}</user><bot>"
    assert found.text[found.begin : found.end] == kept
    assert tokens.decode(list(found.ids)) == found.text


@pytest.mark.parametrize(
    ("content", "prompt", "shown"),
    [
        ("", "Hanoi", "<user></user><bot>"),
        ("Hello", "Hanoi", "<user>Hello</user><bot>"),
        # The template's own words are not the prompt's.
        ("", "user", "<user></user><bot>"),
        ("{{ m['content'] | lower }}", "Hanoi", "<user>hanoi</user><bot>"),
        ("{% for p in m['content'] %}{{ p.text | lower }}{% endfor %}", "Hanoi", "<user>hanoi</user><bot>"),
        ("{{ m['content'] | upper }}", "Hanoi", "<user>HANOI</user><bot>"),
        ("{{ m['content'][:4] }}", "Hanoi", "<user>Hano</user><bot>"),
        ("{{ m['content'][1:] }}", "Hanoi", "<user>anoi</user><bot>"),
        ("{{ m['content'] | e }}", "a < b", "<user>a &lt; b</user><bot>"),
        ("{{ m['content'] | replace(' ', '') }}", "Ha Noi", "<user>HaNoi</user><bot>"),
        ("{{ m['content'] | reverse }}", "Hanoi", "<user>ionaH</user><bot>"),
        ("{{ m['content'].split() | join(' ') }}", "Ha\tNoi", "<user>Ha Noi</user><bot>"),
        ("{{ m['content'] | truncate(9) }}", "Hanoi in the rain", "<user>Hanoi...</user><bot>"),
    ],
)
def test_a_template_that_changes_the_prompt_is_refused_with_what_it_makes(
    content: str, prompt: str, shown: str
) -> None:
    with pytest.raises(TraceError, match="does not give the prompt") as caught:
        chat(templated(content), prompt)
    assert repr(prompt) in str(caught.value)
    assert shown in str(caught.value)


def test_what_a_template_leaves_as_it_is_is_no_fault_of_it() -> None:
    assert chat(templated("{{ m['content'] | lower }}"), "hanoi")["hanoi"].text == "<user>hanoi</user><bot>"


def test_a_rendering_is_shown_bounded_and_cannot_speak_to_a_terminal() -> None:
    with pytest.raises(TraceError) as caught:
        chat(templated("\x1b[31m" + "x" * 9000), "Hanoi")
    assert len(str(caught.value)) < 600
    assert "\x1b" not in str(caught.value)


def test_a_template_that_says_more_around_some_prompts() -> None:
    content = "{% if m['content'] | length > 3 %}a long one: user {% endif %}{{ m['content'] }}"
    found = chat(templated(content), "long", "user")
    assert found["long"].text == "<user>a long one: user long</user><bot>"
    for prompt in ("long", "user"):
        assert found[prompt].text[found[prompt].begin : found[prompt].end] == prompt
    assert found["user"].begin == len("<user>a long one: user ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{{ raise_exception('no users here') }}", "no users here"),
        ("{% for %}", "Expected"),
        ("{{ nothing.at.all }}", "'nothing' is undefined"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ m.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_a_template_that_fails_is_an_error_of_one_sentence(content: str, said: str) -> None:
    with pytest.raises(TraceError, match="cannot put the prompt") as caught:
        chat(templated(content), "Hanoi")
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_template_that_rolls_dice_is_refused() -> None:
    with pytest.raises(TraceError, match="something else each time"):
        chat(templated("{{ range(1000) | random }}{{ m['content'] }}"), "Hanoi")


def test_a_template_that_talks_without_end_is_refused() -> None:
    with pytest.raises(TraceError, match="300019 characters"):
        chat(templated("{{ 'x' * 300000 }}{{ m['content'] }}"), "Hanoi")


@pytest.mark.parametrize(
    ("turn", "opens"),
    [
        (TURN, True),
        # It is opened by the end of the user's turn itself.
        ("{% for m in messages %}[INST] CONTENT [/INST]{% endfor %}", True),
        ("{% for m in messages %}<user>CONTENT\n{% endfor %}", False),
        ("{% for m in messages %}CONTENT{{ eos_token }}{% endfor %}", False),
    ],
)
def test_a_template_that_opens_no_answer_is_told(turn: str, opens: bool) -> None:
    assert chat(templated("{{ m['content'] }}", turn), "Hanoi")["Hanoi"].opens == opens


def test_whether_a_template_looks_at_the_clock() -> None:
    said = "{{ strftime_now('%d %b %Y %H:%M:%S') }} {{ m['content'] }}"
    for content, clock in ((said, True), ("{{ m['content'] }}", False)):
        tokens = templated(content)
        assert render(tokens, ("Hanoi",), NOW).clock is clock
    assert chat(templated(said), "Hanoi")["Hanoi"].text == "<user>04 Mar 2026 15:06:07 Hanoi</user><bot>"
    # The clock of everybody else goes on.
    from transformers.utils import chat_template_utils

    assert chat_template_utils.datetime is datetime


# Tokens around a prompt.


@pytest.mark.parametrize("single", ["$A", "<s> $A", "<s> <s> $A", "$A </s>", "<s> $A </s>", "<s> $A </s> </s>"])
def test_no_text_begins_twice_or_goes_on_after_its_end(single: str) -> None:
    tokens = processed(single)
    own = tiny.tokenizer()("Hanoi", add_special_tokens=False)["input_ids"]
    found = tiny.encoded(tokens, "Hanoi", PLAIN)
    assert list(found.ids) == [0] * ("<s>" in single) + own
    assert found.doubled == ("<s>" if "<s> <s>" in single else "")
    assert found.left_out == ("</s>",) * single.count("</s>")
    # What reads whole texts was trained on texts that end.
    for config in (SimpleNamespace(is_encoder_decoder=True), SimpleNamespace(model_type="bert", is_decoder=False)):
        assert list(tiny.encoded(tokens, "Hanoi", PLAIN, config).ids) == list(found.ids) + [1] * single.count("</s>")
    decoder = SimpleNamespace(model_type="bert", is_decoder=True, is_encoder_decoder=False)
    assert tiny.encoded(tokens, "Hanoi", PLAIN, decoder) == found


def test_a_prompt_that_writes_out_what_the_tokenizer_puts_there() -> None:
    tokens = tiny.tokenizer()
    found = tiny.encoded(tokens, "<s>Hanoi", PLAIN)
    assert found.ids == tiny.encode(tokens, "Hanoi", PLAIN)
    assert (found.doubled, found.special) == ("<s>", "<s>")
    twice = chat(templated("{{ m['content'] }}", "<s><s>" + TURN), "Hanoi")["Hanoi"]
    assert twice.ids == chat(templated("{{ m['content'] }}", "<s>" + TURN), "Hanoi")["Hanoi"].ids
    assert twice.doubled == "<s>"


def test_a_tokenizer_that_puts_a_word_behind_prompts() -> None:
    tokens = processed("$A")
    from tokenizers import processors

    behind = processors.TemplateProcessing(single="$A z", special_tokens=[("z", 91)])
    tokens.backend_tokenizer.post_processor = behind
    with pytest.raises(TraceError, match=r"puts '.' behind the prompt 'Hanoi', which is no special token"):
        tiny.encode(tokens, "Hanoi", PLAIN)


# Whole prompts.


@pytest.mark.parametrize("generation", [PLAIN, CHAT], ids=["plain", "chat"])
def test_what_a_tokenizer_is_set_to_cut_and_fill_is_neither(generation: Generation) -> None:
    want = tiny.encode(tiny.tokenizer(), "Hanoi lies on the river", generation)
    tokens = tiny.tokenizer()
    tokens.backend_tokenizer.enable_truncation(3)
    tokens.backend_tokenizer.enable_padding(length=40, pad_id=1, pad_token=tiny.EOS)
    assert tiny.encode(tokens, "Hanoi lies on the river", generation) == want
    tokens.model_max_length = 4
    assert tiny.encode(tokens, "Hanoi lies on the river", generation) == want


class Cutting:
    """A tokenizer that gives a few tokens of a text, whatever it is told."""

    def __init__(self, tokens: Any, part: slice) -> None:
        self._tokens, self._part = tokens, part

    def __call__(self, text: str, **options: Any) -> Any:
        return {"input_ids": self._tokens(text, **options)["input_ids"][self._part]}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokens, name)


@pytest.mark.parametrize("part", [slice(5), slice(-5, None)])
@pytest.mark.parametrize("generation", [PLAIN, CHAT], ids=["plain", "chat"])
def test_a_tokenizer_that_cuts_all_the_same_is_refused(part: slice, generation: Generation) -> None:
    with pytest.raises(TraceError, match="The tokenizer cuts the prompt 'Hanoi lies on the river'"):
        tiny.encode(Cutting(tiny.tokenizer(), part), "Hanoi lies on the river", generation)


def test_a_prompt_of_which_nothing_is_known() -> None:
    tokens = words("Hanoi", "lies")
    assert tiny.encoded(tokens, "Hanoi lies", PLAIN).unknown == 0
    assert tiny.encoded(tokens, "Hanoi sleeps", PLAIN).unknown == 1
    with pytest.raises(TraceError, match=r"knows nothing of the prompt 'She sleeps': .* is '<unk>'"):
        tiny.encode(tokens, "She sleeps", PLAIN)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hanoi lies", "hanoi lies"), ("Hanoi lies", "Hanoi  lies"), ("hanoi rains", "hanoi sleeps")],
)
def test_two_prompts_that_are_one_to_the_model(one: str, other: str) -> None:
    tokens = words("hanoi", "lies", lower=True)
    found = encode(tokens, (one, other, "lies hanoi"), "plain", config=None, now=NOW)
    with pytest.raises(TraceError, match="are the same to the model") as caught:
        check_apart(found)
    assert repr(one) in str(caught.value)
    assert repr(other) in str(caught.value)
    check_apart({prompt: found[prompt] for prompt in (one, "lies hanoi")})


def test_prompts_that_look_alike_are_told_apart_by_their_letters() -> None:
    from tokenizers import normalizers

    tokens = tiny.tokenizer()
    tokens.backend_tokenizer.normalizer = normalizers.NFC()
    with pytest.raises(TraceError, match=r"'Vi\\u1ec7t' and 'Vie\\u0323\\u0302t'"):
        check_apart(encode(tokens, ("Vi\u1ec7t", "Vie\u0323\u0302t"), "plain", config=None, now=NOW))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(TraceError, match="half a character"):
        tiny.encode(tiny.tokenizer(), "a\ud800", PLAIN)


def test_tokens_beyond_the_models_embedding_are_refused(llama: tuple[Any, Any]) -> None:
    model, tokens = llama
    check_rows(model, tokens, "Hanoi", (0, 257))
    bigger = copy.deepcopy(tokens)
    bigger.add_tokens(["<new>"])
    ids = tiny.encode(bigger, "a <new> word", PLAIN)
    with pytest.raises(
        TraceError, match=r"'a <new> word' or its text has the token '<new>' \(number 258\).* knows 258"
    ):
        check_rows(model, bigger, "a <new> word", ids)


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=30), st.sampled_from([PLAIN, CHAT]))
def test_any_prompt_is_read_whole_or_refused(prompt: str, generation: Generation) -> None:
    tokens = tiny.tokenizer()
    try:
        found = tiny.encoded(tokens, prompt, replace(generation))
    except TraceError:
        assert not prompt.strip() or any("\ud800" <= letter <= "\udfff" for letter in prompt)
        return
    assert found.text[found.begin : found.end] == prompt
    if not any(token in prompt for token in (tiny.BOS, tiny.EOS)):
        shown = tokens.decode(list(found.ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert shown == found.text
