"""Documents of each register, put together from sentences of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from samples.document import EMPTY, Document
from samples.draft import Draft
from samples.grammar import Grammar
from samples.plant import Fits, Planter

_DOMAINS = ("교통", "환경", "복지", "교육", "문화", "경제", "보건", "안전")


@dataclass
class Studio:
    """What a composer works with: one corpus's chance, the shared grammar and planter, and what its format can hold."""

    grammar: Grammar
    rng: Random
    planter: Planter
    fits: Fits

    def say(self, rule: str) -> str:
        """One sentence."""
        return self.grammar.say(rule, self.rng)

    def paragraphs(self, rule: str, low: int, high: int, *, linked: bool = False) -> list[str]:
        """Between `low` and `high` sentences in paragraphs of two to four, some of them joined by a linking word."""
        sentences = self.grammar.deal(rule, self.rng.randrange(low, high + 1), self.rng)
        lines = []
        while sentences:
            size = self.rng.randrange(2, 5)
            first, *others = sentences[:size]
            lines.append(" ".join([first, *(self._linked(other) if linked else other for other in others)]))
            sentences = sentences[size:]
        return lines

    def _linked(self, sentence: str) -> str:
        return f"{self.say('link')} {sentence}" if self.rng.random() < 0.25 else sentence

    def body(self, lines: list[str], planted: float = 0.3) -> Draft:
        """The lines with plants between them: in a share `planted` of all documents, one or two."""
        drafts = [Draft(line) for line in lines]
        chance = self.rng.random()
        if chance < planted:
            extra = [self.planter.sentence(self.fits) for _ in range(self.rng.randrange(1, 3))]
        elif chance < planted * 1.15 and self.fits("\n"):
            extra = [self.planter.form()]
        elif chance < planted * 1.6:
            extra = [self.planter.negative()]
        else:
            extra = []
        for draft in extra:
            drafts.insert(self.rng.randrange(1, len(drafts) + 1), draft)
        return Draft.join("\n", drafts)

    def date(self) -> str:
        """A date between 2015 and 2024."""
        return f"{self.rng.randrange(2015, 2025)}-{self.rng.randrange(1, 13):02}-{self.rng.randrange(1, 29):02}"

    def domain(self) -> str:
        """A subject heading."""
        return self.rng.choice(_DOMAINS)

    def field(self, plain: str, template: str, kind: str, share: float) -> Draft:
        """A title, author or URL; in a share of documents one that holds a personal value."""
        if self.rng.random() < share:
            return self.planter.field(template, kind, "field")
        return Draft(plain)


Composer = Callable[[Studio, str], Document]


def letter(studio: Studio, native_id: str) -> Document:
    """An official letter: opening, numbered items under headings, closing, the office's footer."""
    lines = [studio.say("office.opening")]
    headings = studio.rng.sample(studio.grammar.rules["office.heading"], studio.rng.randrange(3, 6))
    sentences = studio.grammar.deal("office.sentence", len(headings) * studio.rng.randrange(4, 7), studio.rng)
    share = len(sentences) // len(headings)
    for number, heading in enumerate(headings, 1):
        lines.append(f"{number}. {heading}")
        items = sentences[(number - 1) * share : number * share]
        lines += [f"{mark}. {item}" for mark, item in zip("가나다라마바", items, strict=False)]
    lines += [studio.say("office.closing"), studio.say("office.footer")]
    title = studio.say("office.title")
    return Document(
        native_id,
        studio.body(lines),
        title=studio.field(title, "{} 님 질의에 대한 회신", "name", 0.03),
        author=studio.field(studio.say("office.author"), studio.say("team") + " {}", "name", 0.06),
        url=Draft(f"https://letters.example.org/doc/{native_id}"),
        date=studio.date(),
        domain=studio.domain(),
    )


def notice(studio: Studio, native_id: str) -> Document:
    """A public notice: title line, lead, sections, closing and footer."""
    title = studio.say("notice.title")
    lines = [studio.say("notice.lead")]
    sentences = studio.paragraphs("notice.sentence", 18, 34, linked=True)
    headings = studio.rng.sample(studio.grammar.rules["notice.heading"], 4)
    share = -(-len(sentences) // len(headings))
    for number, heading in enumerate(headings):
        lines += [f"□ {heading}", *sentences[number * share : (number + 1) * share]]
    lines += [studio.say("notice.closing"), studio.say("notice.footer")]
    return Document(
        native_id,
        studio.body(lines),
        title=Draft(title),
        author=Draft(studio.say("office.author")),
        url=Draft(f"https://notice.example.org/view?seq={native_id}"),
        date=studio.date(),
        domain=studio.domain(),
    )


def abstract(studio: Studio, native_id: str) -> Document:
    """A paper's abstract."""
    lines = studio.paragraphs("paper.sentence", 9, 18, linked=True)
    keywords = studio.grammar.deal("paper.keyword", 4, studio.rng)
    return Document(
        native_id,
        studio.body([*lines, "주제어: " + ", ".join(keywords)], planted=0.12),
        title=Draft(studio.say("paper.title")),
        author=studio.field(studio.say("paper.author"), "{} (" + studio.say("paper.author") + ")", "name", 0.3),
        url=Draft(f"https://doi.example.org/10.9999/{native_id}"),
        date=studio.date(),
        domain=studio.rng.choice(("인문", "사회", "자연", "공학", "의약")),
    )


def dialogue(studio: Studio, native_id: str) -> Document:
    """A call between an agent and a customer, one turn a line."""
    turns = studio.rng.randrange(11, 21)
    asked = studio.grammar.deal("talk.customer", turns, studio.rng)
    answered = studio.grammar.deal("talk.agent", turns, studio.rng)
    lines = [f"상담원: {studio.say('talk.greet')}"]
    for question, answer in zip(asked, answered, strict=True):
        lines += [f"고객: {question}", f"상담원: {answer}"]
    lines.append(f"상담원: {studio.say('talk.bye')}")
    return Document(
        native_id,
        studio.body(lines, planted=0.45),
        title=Draft(studio.say("talk.product") + " 상담"),
        author=studio.field("상담원", "상담원 {}", "name", 0.25),
        date=studio.date(),
        domain="상담",
    )


def message(studio: Studio, native_id: str) -> Document:
    """Mail between colleagues."""
    lines = [studio.say("mail.opening"), *studio.paragraphs("mail.sentence", 12, 22), studio.say("mail.closing")]
    return Document(native_id, studio.body(lines, planted=0.4), date=studio.date(), domain="업무")


def review(studio: Studio, native_id: str) -> Document:
    """A shop review on one line."""
    text = " ".join(studio.grammar.deal("review.sentence", studio.rng.randrange(3, 10), studio.rng))
    body = Draft(text)
    if studio.rng.random() < 0.12:
        body = Draft.join(" ", [body, studio.planter.sentence(studio.fits)])
    return Document(native_id, body, title=Draft(studio.say("talk.product")), date=studio.date(), domain="쇼핑")


def page(studio: Studio, native_id: str) -> Document:
    """A web page's article; its site's menus are added where it is written."""
    lines = studio.paragraphs("web.sentence", 18, 32)
    return Document(
        native_id,
        studio.body(lines, planted=0.2),
        title=Draft(studio.say("web.title")),
        author=studio.field("운영진", "글쓴이 {}", "name", 0.15),
        url=Draft(f"https://blog.example.net/{native_id}"),
        date=studio.date(),
        domain="누리집",
    )


def framed(studio: Studio, native_id: str, rule: str) -> Document:
    """A letter of a template family: the frame of `rule` with other facts in it."""
    text = studio.grammar.form(rule, studio.rng, lambda kind: kind)
    return Document(
        native_id, Draft(text), Draft("서식 문서"), Draft(studio.say("office.author")), EMPTY, studio.date(), "행정"
    )
