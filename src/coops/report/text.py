"""Fill the text of a page: numbers by key, direction words by their interval, no digit typed."""

import re

from coops.field_data.exhibits import notice
from coops.report import plan_deviations, translation
from coops.report.quote import Quote
from coops.show.results import HIDDEN, Record
from coops.study.findings import FindingError, fail, found, nearest
from coops.study.languages import package_text
from coops.study.plan_lock import compare
from coops.study.study import QUANTITIES

DIGIT = re.compile(r"[0-9٠-٩۰-۹]+")


def source(run, language: str) -> tuple[str, str]:
    """Return the file name and the text of a language: of the study, else the default."""
    own = run.study.folder / "text" / f"{language}.md"
    if own.is_file():
        return f"text/{language}.md", own.read_text(encoding="utf-8-sig")
    default = package_text("report/text", language)
    if default is None:
        raise fail("E_NO_DEFAULT_TEXT", file=f"text/{language}.md", language=language)
    return f"default text, {language}", default


def to_check(run) -> dict[str, list[str]]:
    """Return, a language, the sections whose English text has changed since they were translated."""
    others = [language for language in run.exhibits.words if language != "en"]
    texts = {language: source(run, language) for language in ("en", *others)} if others else {}
    return {
        language: translation.to_check(texts["en"][1], texts[language][1])
        for language in others
        if texts[language][0].startswith("text/") == texts["en"][0].startswith("text/")
    }


def typed_digits(text: str, file: str) -> list:
    """Find numbers that are typed and not quoted: in the prose and inside the braces.

    A number that a condition compares with (``{% if n == 1 %}``) is not shown, so it may stand.
    """
    from jinja2 import Environment, TemplateSyntaxError, nodes

    try:
        tree = Environment().parse(text)
    except TemplateSyntaxError as error:
        raise fail("E_TEMPLATE", file=file, row=error.lineno, problem=error.message) from None
    faults = []
    for output in tree.find_all(nodes.Output):
        for piece in output.nodes:
            if isinstance(piece, nodes.TemplateData):
                prose = piece.data
                faults += [
                    found("E_TYPED_DIGIT", file=file, row=piece.lineno + prose[: hit.start()].count("\n"), what=hit[0])
                    for hit in DIGIT.finditer(prose)
                ]
            else:
                shown = [one for one in piece.find_all(nodes.Const)] + (
                    [piece] if isinstance(piece, nodes.Const) else []
                )
                faults += [
                    found("E_TYPED_DIGIT", file=file, row=one.lineno, what=str(one.value))
                    for one in shown
                    if isinstance(one.value, int | float) and not isinstance(one.value, bool)
                ]
    return faults


class Path:
    """A key being spelled: ``income.effect``, then what is asked of it: ``income.effect.interval``."""

    def __init__(self, book: "Book", parts: tuple[str, ...]):
        self._book, self._parts = book, parts

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if self._parts[-1] not in QUANTITIES:
            return Path(self._book, (*self._parts, name))
        return getattr(self._quote(), name)

    def _quote(self) -> Quote:
        return self._book.quote(".".join(self._parts))

    def __str__(self) -> str:
        return str(self._quote())


class Book:
    """What a text may quote: results, exhibits, names and nouns of the study, in one language."""

    def __init__(self, run, language: str):
        self.run, self.words = run, run.exhibits.words[language]
        self.language, self.results, self.exhibits = language, run.results, run.exhibits.listed()

    def quote(self, key: str) -> Quote:
        """Return the result of a key."""
        return Quote(self.results[key], self.words, self.results)

    def quotes(self, specification: str, *quantities: str) -> list[Quote]:
        """Return all results of a specification, for texts that loop."""
        return [Quote(one, self.words, self.results) for one in self.results.of(specification, *quantities)]

    def reference(self, name: str) -> str:
        """Return the number of a table or figure, in words."""
        one = self._exhibit(name)
        return self.words.label(f"{one['kind']}_number", number=self.words.isolate(one["number"]))

    def show(self, name: str) -> str:
        """Return a table or figure with its caption and note, as Markdown."""
        one = self._exhibit(name)
        caption = f"{self.reference(name)}. {one['caption'][self.language]}"
        note = one["note"][self.language]
        if one["kind"] == "table":
            block = f"{one['body'][self.language]}\n\n: {caption}\n"
        else:
            alt = one["alt"][self.language].replace('"', "”")
            block = f'![{caption}](../figures/{one["file"]}.{self.language}.png){{alt="{alt}"}}\n'
        return f"\n{block}" + (f"\n::: note\n{note}\n:::\n" if note else "")

    def shown(self, start: str) -> list[str]:
        """Return the names of the exhibits whose name begins so, in their order."""
        return [name for name in self.exhibits if name == start or name.startswith(f"{start}.")]

    def _exhibit(self, name: str) -> dict:
        if name not in self.exhibits:
            raise fail("E_UNKNOWN_EXHIBIT", key=name, nearest=nearest(name, self.exhibits))
        return self.exhibits[name]

    def context(self) -> dict:
        """Return the names that a text may use."""
        contract, words = self.run.study.contract, self.words
        study = contract.study
        headline = self.run.study.headline
        leading = self.quotes(headline, "effect", "change")
        return {
            **{name: Path(self, (name,)) for name in contract.families},
            **{name: Path(self, (name,)) for name in self.run.study.outcomes()},
            **{name: Path(self, (name,)) for name in contract.samples},
            "not_seen": Path(self, ("not_seen",)),
            "persons": Path(self, ("persons",)),
            "delivery": Path(self, ("delivery",)),
            "experts": Path(self, ("experts",)),
            "outcomes": leading,
            "ranges": self.quotes(headline, "range"),
            "costs": self.quotes(headline, "cost"),
            "others": [name for name in self.run.study.specification_names if name != headline],
            "quotes": self.quotes,
            "table": self.reference,
            "figure": self.reference,
            "show": self.show,
            "shown": self.shown,
            "label": words.label,
            "noun": words.noun,
            "said": lambda name: words.said(self.run.study.label(name)) or name,
            "study": {
                "title": words.said(study.title),
                "summary": words.said(study.summary),
                "version": words.name(study.version),
                "date": words.date(study.date),
                "licence": words.name(study.licence),
                "citation": words.name(study.citation),
                "id": study.id,
                "label": words.label(f"label.{study.label}"),
                "kind": study.label,
                "coverage": words.label(f"coverage.{study.coverage}"),
            },
            "design": {
                "assignment": contract.design.assignment,
                "arms": [words.label(name) for name in self.run.study.arms()],
                "reference": words.label(contract.design.reference) if contract.design.reference else "",
                "compared": bool(contract.design.arm),
                "claim": leading[0].claim if leading else "changed",
                "level": words.percent(contract.design.level),
                "waves": [words.label(name) for name in contract.waves],
                "overlap": len(contract.design.arm) > 1,
            },
            "units": {
                "level": self.run.data.units.level,
                "plural": words.noun(self.run.data.units.level),
                "grouped": "group" in contract.units and self.run.data.units.level == "person",
            },
            "flow": self.flow(),
            "followed": self.followed(),
            "lost": self.quotes("attrition", "share"),
            "lost_apart": self.quotes("attrition", "difference"),
            "standing": self.standing(),
            "population": words.noun(self.run.data.units.level, len(self.run.data.units.population())),
        }

    def followed(self) -> list[dict]:
        """Who of the first wave was seen again, by later wave, and who was seen then for the first time."""
        level, waves = self.run.data.units.level, []
        for record in [one for one in self.results.of("attrition", "count") if not one.arm]:
            expected, lost = record.n, record.estimate
            again, seen = expected - lost, self.results[f"persons.{record.wave}.flow.count"].estimate
            numbers = {"first": expected, "again": again, "new": seen - again, "lost": lost}
            said = {name: HIDDEN if n != n else self.words.noun(level, int(n)) for name, n in numbers.items()}
            waves.append({"wave": self.words.label(record.wave)} | said)
        return waves

    def standing(self) -> dict:
        """The diagnosis in words: how many were scored, mean scores, how many stand at each level; empty if none."""
        found = {f"{r.outcome}.{r.wave}": r for r in self.results.of("diagnosis", "count", "mean")}
        waves = [r.wave for r in found.values() if r.outcome == "diagnosed"]
        if not waves:
            return {}
        said, levels = self.run.study.contract.diagnosis, []
        for name in said.levels:
            record = found.get(f"{name}.{waves[-1]}")
            label = self.words.said(self.run.study.scored(name))
            levels.append({"label": label, "count": self.words.count(record.estimate) if record else HIDDEN})

        def of(name: str, wave: str) -> str:
            record = found.get(f"{name}.{wave}")
            return str(Quote(record, self.words)) if record else HIDDEN

        return {
            "wave": self.words.label(waves[-1]),
            "first": self.words.label(waves[0]) if len(waves) > 1 else "",
            "diagnosed": of("diagnosed", waves[-1]),
            "scored": of("scored", waves[-1]),
            "overall": of("overall", waves[-1]),
            "before": of("overall", waves[0]),
            "levels": levels,
            "uncertain": of("uncertain", waves[-1]),
        }

    def flow(self) -> list[dict]:
        """Who was seen, by wave: units and groups over all arms."""
        level, grouped = (
            self.run.data.units.level,
            "group" in self.run.study.contract.units and self.run.data.units.level == "person",
        )
        counts = {(one.wave, one.outcome): one.estimate for one in self.results.of("flow", "count") if not one.arm}

        def noun(of: str, number: float) -> str:
            return HIDDEN if number != number else self.words.noun(of, int(number))

        return [
            {
                "wave": self.words.label(wave),
                "persons": noun(level, number),
                "groups": noun("group", counts[wave, "groups"]) if grouped else "",
                "clusters": self.words.count(counts[wave, "clusters"]),
            }
            for (wave, outcome), number in counts.items()
            if outcome == "persons"
        ]


def directed(quote, up: str, down: str, uncertain: str) -> str:
    """Choose the word for a direction: by the interval; without one, or where it covers zero, the third."""
    return {"up": up, "down": down}.get(quote.direction, uncertain)


def fill(run, language: str) -> str:
    """Fill the text of one language.

    Raises
    ------
    FindingError
        ``E_TYPED_DIGIT`` for every number typed, ``E_UNKNOWN_KEY`` for a key without a result,
        ``E_TEMPLATE`` for a brace that cannot be read or a name that does not exist.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    file, text = source(run, language)
    faults = typed_digits(text, file)
    if faults:
        raise FindingError(*faults)
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"words": directed, "listed": run.exhibits.words[language].listed}
    try:
        book = Book(run, language)
        filled = environment.from_string(text).render(book.context())
    except FindingError as error:
        raise FindingError(
            *[found(one.code, file=file, key=one.key, **one.parameters) for one in error.findings]
        ) from None
    except TemplateError as error:
        raise fail("E_TEMPLATE", file=file, problem=str(error.message)) from None
    return with_notice(with_lock(filled, book), notice(run.data.left_out, run.exhibits.words[language]))


def with_lock(text: str, book: Book) -> str:
    """Say by machine, whoever wrote the text, whether the plan was locked and what was changed since.

    Changes are told before the first section; the sentence and the table of changes end the page.
    """
    said, name = compare(book.run.study), "tab_deviations"
    listed = said.deviations and name in book.exhibits
    end = [plan_deviations.closing(said, book.words)] + (
        [book.show(name)] if listed and book.show(name) not in text else []
    )
    text = "\n\n".join(part for part in (text.rstrip(), *end) if part) + "\n"
    return with_notice(text, plan_deviations.notice(said, book.words, book.reference(name) if listed else ""))


def with_notice(text: str, said: str) -> str:
    """Put a notice before the first section, whoever wrote the text: no page is silent about rows that are out."""
    if not said:
        return text
    start = text.find("\n## ")
    return f"{text.rstrip()}\n\n{said}\n" if start < 0 else f"{text[:start].rstrip()}\n\n{said}\n{text[start:]}"


def plain(markdown: str) -> str:
    """Take out what only the page understands: attributes and fences; captions become bold lines."""
    markdown = re.sub(r"\s*\{[#.][^}]*\}|\{alt=\"[^\"]*\"\}", "", markdown)
    markdown = re.sub(r"(?m)^:::.*\n?", "", markdown)
    markdown = re.sub(r"(?m)^: (.+)$", r"**\1**", markdown)
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()


__all__ = ["Book", "Record", "directed", "fill", "plain", "source", "typed_digits"]
