from tests.connectors.reading import read_bytes, source

BANK = """# sent_id = A_1-s1
# text = 첫 문장이다.
1	첫	첫	ADJ	mma	_	2	amod	_	_

# sent_id = A_1-s2
# text = 둘째 문장이다.
1	둘째	둘째	ADJ	mma	_	2	amod	_	_

# sent_id = B_2-s1
# text = 다른 글이다.
"""


def test_each_sentence_is_a_document():
    found = read_bytes(BANK.encode(), source(format="conllu"))
    assert [(d["native_id"], d["text"], d["locator"]) for d in found.documents] == [
        ("A_1-s1", "첫 문장이다.", "#0"), ("A_1-s2", "둘째 문장이다.", "#1"), ("B_2-s1", "다른 글이다.", "#2"),
    ]  # fmt: skip


def test_sentences_of_one_text_are_joined_in_order():
    spec = source(format="conllu", options={"document": "group", "group": "^(.+)-s[0-9]+$"}, separator=" ")
    found = read_bytes(BANK.replace("\n", "\r\n").encode(), spec)
    texts = {d["native_id"]: d["text"] for d in found.documents}
    assert texts == {"A_1": "첫 문장이다. 둘째 문장이다.", "B_2": "다른 글이다."}
