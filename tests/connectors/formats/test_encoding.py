import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.formats.encoding import decode, detect, named_inside
from governance.records.errors import BrokenError

SENTENCE = "이 법은 국민의 권리를 보호하고 복리를 증진하는 것을 목적으로 한다."
JAPANESE = "日本語のテキストはここにあります。文字コードの判定を確かめるための文章です。"
CHINESE = "这是一个用来检查编码判断的中文文本,里面没有韩文,所以不应该当作韩文来读。"
OUTSIDE_EUC_KR = "뷁 똠방각하 펲시 콜라 햏자들이 모여서 이야기를 나누고 있다."


@pytest.mark.parametrize(
    ("what", "data", "codec"),
    [
        ("UTF-8", SENTENCE.encode(), "utf-8"),
        ("UTF-8 with a mark", SENTENCE.encode("utf-8-sig"), "utf-8"),
        ("ASCII", b"plain text", "utf-8"),
        ("UTF-16 with a mark", SENTENCE.encode("utf-16"), "utf-16-le"),
        ("UTF-16 BE with a mark", b"\xfe\xff" + SENTENCE.encode("utf-16-be"), "utf-16-be"),
        ("UTF-16 LE without a mark", SENTENCE.encode("utf-16-le"), "utf-16-le"),
        ("UTF-16 BE without a mark", SENTENCE.encode("utf-16-be"), "utf-16-be"),
        ("UTF-32 with a mark", SENTENCE.encode("utf-32"), "utf-32-le"),
        ("EUC-KR", SENTENCE.encode("euc-kr"), "cp949"),
        ("CP949 beyond EUC-KR", OUTSIDE_EUC_KR.encode("cp949"), "cp949"),
        ("English with stray NULs", b"plain text" + b" and so on\0" * 40, "utf-8"),
        ("Korean with stray NULs", SENTENCE.encode() + b"\0", "utf-8"),
        ("English in UTF-16 without a mark", "plain text".encode("utf-16-le"), "utf-16-le"),
        ("one syllable of CP949", "가".encode("cp949"), "cp949"),
    ],
)
def test_each_encoding_is_recognised(what, data, codec):
    assert detect(data).codec == codec
    assert decode(data).strip("\0").startswith((SENTENCE, OUTSIDE_EUC_KR, "plain text", "가"))


@pytest.mark.parametrize("codec", ["johab", "iso2022_kr"])
@pytest.mark.parametrize("declared", ["auto", None], ids=["found", "declared"])
def test_johab_and_iso_2022_kr_are_named_unsupported(codec, declared):
    with pytest.raises(BrokenError) as error:
        decode(SENTENCE.encode(codec), declared or codec)
    assert error.value.code == "unsupported_encoding"


@pytest.mark.parametrize("length", [20, 100, 1000])
def test_johab_and_cp949_are_told_apart_on_short_slices(length):
    text = "제1조(목적) 이 영은 법률에서 위임된 사항과 그 시행에 필요한 사항을 규정함을 목적으로 한다. " * 30
    for start in range(0, 60, 7):
        piece = text[start : start + length]
        assert detect(piece.encode("cp949")).codec == "cp949"
        with pytest.raises(BrokenError, match="Johab"):
            detect(piece.encode("johab"))


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("cut in a character", "가나다".encode()[:-1]),
        ("a stray byte", "가나다".encode() + b"\xff\xff"),
        ("UTF-8 with CP949 in it", "가나다라마".encode() + "가나다".encode("cp949") + b"\xff"),
        ("binary", bytes(range(256))),
        (
            "Japanese EUC",
            ("日本語のテキストはここにあります。文字コードの判定を確かめるための文章です。" * 3).encode("euc-jp"),
        ),
        ("Chinese GBK", ("这是一个用来检查编码判断的中文文本,里面没有韩文,所以不应该当作韩文来读。" * 3).encode("gbk")),
        ("Chinese Big5", ("這是一個用來檢查編碼判斷的中文文本,裡面沒有韓文,不應該當作韓文來讀。" * 3).encode("big5")),
    ],
)
def test_bytes_that_no_strict_reading_explains_are_bad(what, data):
    with pytest.raises(BrokenError) as error:
        decode(data)
    assert error.value.code == "bad_encoding"


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("text", [SENTENCE + "가", "좋다", "문서 하나의 끝이 잘렸다 그러나 앞은 멀쩡하다"])
def test_utf_8_cut_inside_a_character_is_never_read_as_cp949(text, cut):
    with pytest.raises(BrokenError) as error:
        decode(text.encode()[:-cut])
    assert error.value.code == "bad_encoding"


def test_hanja_in_cp949_is_read():
    assert decode("大韓民國憲法 前文 悠久한 歷史와 傳統에 빛나는 우리 大韓國民은".encode("cp949"))[:4] == "大韓民國"


def test_a_declared_codec_is_obeyed_and_strict():
    assert decode(SENTENCE.encode("cp949"), "euc-kr") == SENTENCE
    assert decode(SENTENCE.encode("utf-16"), "utf-16") == SENTENCE
    assert decode(b"\xef\xbb\xbf" + SENTENCE.encode(), "utf-8") == SENTENCE
    with pytest.raises(BrokenError) as error:
        decode(b"abc" + SENTENCE.encode("cp949"), "utf-8")
    assert (error.value.code, error.value.offset) == ("bad_encoding", 3)


def test_a_hint_decides_only_where_strict_korean_readings_fail():
    french = "déjà vu, café".encode("windows-1252")
    assert decode(french, hint="windows-1252") == "déjà vu, café"
    assert decode(SENTENCE.encode("cp949"), hint="windows-1252") == SENTENCE
    assert decode(SENTENCE.encode(), hint="euc-kr") == SENTENCE


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (b'<meta charset="euc-kr">', "euc-kr"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=ks_c_5601-1987'>", "ks_c_5601-1987"),
        (b'<?xml version="1.0" encoding="EUC-KR"?>', "EUC-KR"),
        (b"<p>charset", ""),
    ],
)
def test_the_codec_a_page_names_is_found(page, name):
    assert named_inside(page) == name


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\x1b\ufeff"), min_size=1))
@example("é")
def test_utf_8_is_always_read_back(text):
    assert decode(text.encode()) == text


@settings(deadline=None)
@given(
    st.text(st.sampled_from("가나다라마바사 이다는의을를에.\n1a"), min_size=2).filter(
        lambda t: any(c in " .\n1a" for c in t)
    )
)
def test_korean_with_a_space_in_utf_16_is_read_back_without_a_mark(text):
    assert decode(text.encode("utf-16-le")) == text
