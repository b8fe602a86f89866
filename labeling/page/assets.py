"""The page and its files, read from the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import Response
from jinja2 import Environment, select_autoescape

from governance.records.errors import NotFoundError
from labeling.lease import PersonalData, SkipReason

TYPES = {"app.js": "text/javascript", "style.css": "text/css", "mark.svg": "image/svg+xml"}

SKIP_REASONS = {
    SkipReason.UNCLEAR: "지침으로 판단하기 어렵습니다",
    SkipReason.BROKEN: "글이 깨졌거나 잘렸습니다",
    SkipReason.LANGUAGE: "읽을 수 없는 언어입니다",
    SkipReason.DISTRESSING: "내용이 힘들어 넘기고 싶습니다",
    SkipReason.CONFLICT: "아는 사람이나 일이라 맡지 않겠습니다",
    SkipReason.OTHER: "그 밖의 까닭",
}

PERSONAL_DATA = {
    PersonalData.UNIQUE_ID: "주민등록번호·여권·면허·외국인등록번호",
    PersonalData.NAME: "사람 이름",
    PersonalData.CONTACT: "전화번호·전자우편·메신저",
    PersonalData.ADDRESS: "집이나 일터의 주소",
    PersonalData.ACCOUNT: "계좌·카드 번호",
    PersonalData.SENSITIVE: "건강·신념·범죄경력 같은 민감정보",
    PersonalData.OTHER: "그 밖의 개인정보",
}


def _read(name: str) -> str:
    return files("labeling.page").joinpath(name).read_text(encoding="utf-8")


@cache
def _page() -> str:
    template = Environment(autoescape=select_autoescape(default=True)).from_string(_read("page.html"))
    return template.render(reasons=SKIP_REASONS, kinds=PERSONAL_DATA)


def page() -> Response:
    """The page; it holds no data, the script asks for all of it."""
    return Response(_page(), media_type="text/html")


def asset(name: str) -> Response:
    """A script, style sheet or picture of the page.

    Raises:
        NotFoundError: the page has no such file.
    """
    if name not in TYPES:
        raise NotFoundError(f"the page has no file {name[:40]!r}")
    return Response(_read(name), media_type=TYPES[name])
