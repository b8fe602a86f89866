import pytest

from connectors.formats.contract import Limits
from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

LAW = """<?xml version="1.0" encoding="{codec}"?>
<법령 법령키="001">
<기본정보><법령명_한글><![CDATA[가나법]]></법령명_한글><공포일자>20260331</공포일자></기본정보>
<조문><조문단위><조문내용><![CDATA[제1조(목적) 이 법은
]]></조문내용>
  <항><항내용>① 첫 항 <b>굵게</b></항내용><호><호내용><![CDATA[1. 첫 호]]></호내용></호></항>
</조문단위><조문단위><조문내용>제2조</조문내용></조문단위></조문>
<부칙><부칙내용>부칙</부칙내용></부칙>
</법령>"""
SPEC = source(
    format="xml",
    fields={
        "native_id": "@법령키", "text": ["조문내용", "항내용", "호내용"], "title": "기본정보/법령명_한글",
        "published_at": "기본정보/공포일자", "author": "기본정보/소관부처",
    },
    separator="\n",
)  # fmt: skip
OAI = b"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header><identifier>a:1</identifier></header><metadata><dc:dc xmlns:dc="urn:dc">
<dc:description>one</dc:description></dc:dc></metadata></record>
<record><header status="deleted"><identifier>a:2</identifier></header></record>
<record><header><identifier>a:3</identifier></header><metadata><description>three</description></metadata></record>
</ListRecords></OAI-PMH>"""
RECORDS = source(
    format="xml", fields={"native_id": "header/identifier", "text": "description"}, options={"record": "record"}
)


@pytest.mark.parametrize("codec", ["utf-8", "euc-kr", "utf-16"])
def test_articles_are_joined_in_document_order(codec):
    data = LAW.format(codec=codec).encode(codec)
    (document,) = read_bytes(data, SPEC).documents
    assert document["text"] == "제1조(목적) 이 법은\n① 첫 항 굵게\n1. 첫 호\n제2조"
    assert (document["native_id"], document["title"], document["author"]) == ("001", "가나법", None)
    assert str(document["published_at"].date()) == "2026-03-31"
    assert (document["locator"], document["length"]) == ("", len(data))


def test_records_of_any_namespace_are_documents():
    found = read_bytes(OAI, RECORDS)
    assert [(d["native_id"], d["text"], d["locator"]) for d in found.documents] == [
        ("a:1", "one", "#0"),
        ("a:3", "three", "#2"),
    ]
    assert [(b.code, b.locator) for b in found.broken] == [("empty_text", "#1")]


def test_no_file_is_read_through_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a><text>&x;</text></a>'.encode()
    with pytest.raises(BrokenError) as error:
        read_bytes(data, source(format="xml"))
    assert error.value.code == "bad_record"


def test_entities_are_never_expanded():
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a><text>&b;</text></a>'
    with pytest.raises(BrokenError) as error:
        read_bytes(bomb.encode(), source(format="xml"))
    assert error.value.code == "bad_record"
    assert read_bytes(b"<a><text>1 &lt; 2 &amp; &#xAC00;</text></a>", source(format="xml")).texts == ["1 < 2 & 가"]


@pytest.mark.parametrize("data", [OAI[:-30], b"<a><b></a>", b"no xml", b"<a/><b/>"])
def test_a_file_that_is_not_well_formed_is_broken_before_any_document(data):
    with pytest.raises(BrokenError) as error:
        read_bytes(data, RECORDS)
    assert error.value.code == "corrupt"


def test_a_text_without_its_elements_is_empty():
    assert read_bytes(b"<a><b>x</b></a>", source(format="xml")).codes == ["empty_text"]


def test_a_million_nested_elements_are_refused_not_overflowed():
    with pytest.raises(BrokenError):
        read_bytes(b"<a>" * 100_000 + b"</a>" * 100_000, source(format="xml"), limits=Limits())
