from hypothesis import given, settings
from hypothesis import strategies as st

from samples.draft import Draft
from samples.grammar import CLOSE, OPEN

words = st.text(st.characters(exclude_characters=OPEN + CLOSE, exclude_categories=("Cs",)), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(words, words), max_size=5), words)
def test_marks_stand_on_the_values_that_were_wrapped(pieces: list[tuple[str, str]], tail: str) -> None:
    text = "".join(f"{before}{OPEN}{value}{CLOSE}" for before, value in pieces) + tail
    draft = Draft.wrapped(text, [("pii", "name", "plain")] * len(pieces))
    assert [draft.value(mark) for mark in draft.marks] == [value for _, value in pieces]
    assert draft.text == "".join(before + value for before, value in pieces) + tail


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=6), st.sampled_from(["\n", " ", ""]))
def test_joining_moves_marks_with_their_text(values: list[str], separator: str) -> None:
    drafts = [Draft.wrapped(f"앞{OPEN}{value}{CLOSE}뒤", [("pii", "name", "plain")]) for value in values]
    joined = Draft.join(separator, drafts)
    assert [joined.value(mark) for mark in joined.marks] == values
