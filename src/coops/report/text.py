"""Fill the text of a page: numbers by key, direction words by their interval, no digit typed."""

import re

from coops.field_data.exhibits import notice
from coops.report import blocks, leading_deviation, plan_deviations, translation
from coops.report.quote import Quote
from coops.show.opened_study import OpenedStudy
from coops.show.results import HIDDEN
from coops.study.findings import Finding, FindingError, fail, finding, nearest
from coops.study.plan_lock import compare
from coops.study.study import QUANTITIES, Study

DIGIT = re.compile(r"[0-9٠-٩۰-۹]+")


def source(run: OpenedStudy, language: str) -> tuple[str, str]:
    """Return the file name and the text of a language: of the study, else the default."""
    own = run.study.folder / "text" / f"{language}.md"
    if own.is_file():
        return f"text/{language}.md", own.read_text(encoding="utf-8-sig")
    return f"default text, {language}", blocks.default_text(language)


def to_check(run: OpenedStudy) -> dict[str, list[str]]:
    """Return, a language, the sections whose English text has changed since they were translated."""
    return changed_texts(run.study)


def changed_texts(study: Study) -> dict[str, list[str]]:
    """Return the same of a study: of its own texts, or of the default ones where it has none of its own in English."""
    languages, own = study.contract.study.languages, study.folder / "text"
    others, texts = [language for language in languages if language != "en"], {}
    for language in ("en", *others) if "en" in languages else ():
        path = own / f"{language}.md"
        texts[language] = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    if not texts.get("en"):
        alike = [language for language in others if not texts.get(language)]
        return {
            language: translation.to_check(blocks.default_text("en"), blocks.default_text(language))
            for language in alike
        }
    return {language: translation.to_check(texts["en"], texts[language]) for language in others}


def typed_digits(text: str, file: str) -> list[Finding]:
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
                prose, row = piece.data, piece.lineno
                hits = [(row + prose[: hit.start()].count("\n"), hit[0]) for hit in DIGIT.finditer(prose)]
            else:
                constants = [*piece.find_all(nodes.Const), *([piece] if isinstance(piece, nodes.Const) else [])]
                hits = [(each.lineno, str(each.value)) for each in constants if type(each.value) in (int, float)]
            faults += [finding("E_TYPED_DIGIT", file=file, row=row, what=number) for row, number in hits]
    return faults


class Path:
    """A key being spelled: ``income.effect``, then what is asked of it: ``income.effect.interval``."""

    def __init__(self, book: "Book", parts: tuple[str, ...]):
        self._book, self._parts = book, parts

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if self._parts[-1] not in QUANTITIES:
            return Path(self._book, (*self._parts, name))
        return getattr(self._book.quote(".".join(self._parts)), name)

    def __str__(self) -> str:
        return str(self._book.quote(".".join(self._parts)))


class Book:
    """What a text may quote: results, exhibits, names and nouns of the study, in one language."""

    def __init__(self, run: OpenedStudy, language: str):
        self.run, self.words = run, run.exhibits.words[language]
        self.language, self.results, self.exhibits = language, run.results, run.exhibits.listed()
        self.printed: set[str] = set()  # exhibits that stand on the page

    def quote(self, key: str) -> Quote:
        """Return the result of a key."""
        return Quote(self.results[key], self.words, self.results)

    def quotes(self, specification: str, *quantities: str) -> list[Quote]:
        """Return all results of a specification, for texts that loop."""
        return [Quote(record, self.words, self.results) for record in self.results.of(specification, *quantities)]

    def reference(self, name: str) -> str:
        """Return the number of a table or figure, in words."""
        exhibit = self._exhibit(name)
        return self.words.label(f"{exhibit['kind']}_number", number=self.words.isolate(exhibit["number"]))

    def show(self, name: str) -> str:
        """Return a table or figure with its caption and note, as Markdown."""
        exhibit, language = self._exhibit(name), self.language
        self.printed.add(name)
        caption = f"{self.reference(name)}. {exhibit['caption'][language]}"
        note = exhibit["note"][language]
        if exhibit["kind"] == "table":
            block = f"{exhibit['body'][language]}\n\n: {caption}\n"
        else:
            alt = exhibit["alt"][language].replace('"', "”")
            block = f'![{caption}](../figures/{exhibit["file"]}.{language}.png){{alt="{alt}"}}\n'
        return f"\n{block}" + (f"\n::: note\n{note}\n:::\n" if note else "")

    def shown(self, start: str) -> list[str]:
        """Return the names of the exhibits whose name begins so, in their order."""
        return [name for name in self.exhibits if name == start or name.startswith(f"{start}.")]

    def left_over(self, place: str | None = None) -> list[str]:
        """Own exhibits of the study that are not printed yet, of a place or of all of them."""
        own = [name for name, exhibit in self.exhibits.items() if exhibit.get("own") and name not in self.printed]
        return [name for name in own if place in (None, self.exhibits[name]["place"])]

    def _exhibit(self, name: str) -> dict:
        if name not in self.exhibits:
            raise fail("E_UNKNOWN_EXHIBIT", key=name, nearest=nearest(name, self.exhibits))
        return self.exhibits[name]

    def context(self) -> dict:
        """Return the names that a text may use."""
        contract, words = self.run.study.contract, self.words
        study = contract.study
        headline = self.run.study.headline
        leading, level = self.quotes(headline, "effect", "change"), self.run.data.units.level
        if headline and not leading:  # never worded as another design
            raise fail("E_NO_HEADLINE", key=headline)
        return {
            **{
                name: Path(self, (name,))
                for name in (*contract.families, *self.run.study.outcomes(), *contract.samples)
            },
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
                "date": words.date(study.date or ""),
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
                "level": level,
                "plural": words.noun(level),
                "grouped": self._grouped,
            },
            "flow": self.flow(),
            "followed": self.followed(),
            "lost": self.quotes("attrition", "share"),
            "lost_apart": self.quotes("attrition", "difference"),
            "standing": self.standing(),
            "population": words.noun(level, len(self.run.data.units.population())),
        }

    @property
    def _grouped(self) -> bool:
        return "group" in self.run.study.contract.units and self.run.data.units.level == "person"

    def _number(self, level: str, number: float) -> str:
        """A number of units with their noun, as far as it may be shown."""
        return HIDDEN if number != number else self.words.noun(level, int(number))

    def followed(self) -> list[dict]:
        """Who of the first wave was seen again, by later wave, and who was seen then for the first time."""
        level, waves = self.run.data.units.level, []
        for record in [record for record in self.results.of("attrition", "count") if not record.arm]:
            expected, lost = record.n, record.estimate
            again, seen = expected - lost, self.results[f"persons.{record.wave}.flow.count"].estimate
            numbers = {"first": expected, "again": again, "new": seen - again, "lost": lost}
            texts = {name: self._number(level, number) for name, number in numbers.items()}
            waves.append({"wave": self.words.label(record.wave)} | texts)
        return waves

    def standing(self) -> dict:
        """The diagnosis in words: how many were scored, mean scores, how many stand at each level; empty if none."""
        records = {(record.outcome, record.wave): record for record in self.results.of("diagnosis", "count", "mean")}
        waves = [wave for outcome, wave in records if outcome == "diagnosed"]
        study, diagnosis, levels = self.run.study, self.run.study.contract.diagnosis, []
        if not waves or diagnosis is None:
            return {}

        def of(name: str, wave: str) -> str:
            record = records.get((name, wave))
            return str(Quote(record, self.words)) if record else HIDDEN

        for name in diagnosis.levels:
            record = records.get((name, waves[-1]))
            count = self.words.count(record.estimate) if record else HIDDEN
            levels.append({"label": self.words.said(study.scored(name)), "count": count})
        return {
            "wave": self.words.label(waves[-1]),
            "first": self.words.label(waves[0]) if len(waves) > 1 else "",
            **{name: of(name, waves[-1]) for name in ("diagnosed", "scored", "overall", "uncertain")},
            "before": of("overall", waves[0]),
            "levels": levels,
        }

    def flow(self) -> list[dict]:
        """Who was seen, by wave: units and groups over all arms."""
        records = [record for record in self.results.of("flow", "count") if not record.arm]
        counts = {(record.wave, record.outcome): record.estimate for record in records}
        return [
            {
                "wave": self.words.label(wave),
                "persons": self._number(self.run.data.units.level, number),
                "groups": self._number("group", counts[wave, "groups"]) if self._grouped else "",
                "clusters": self.words.count(counts[wave, "clusters"]),
            }
            for (wave, outcome), number in counts.items()
            if outcome == "persons"
        ]


def directed(quote: Quote, up: str, down: str, uncertain: str) -> str:
    """Choose the word for a direction: by the interval; without one, or where it covers zero, the third."""
    return {"up": up, "down": down}.get(quote.direction, uncertain)


def fill(run: OpenedStudy, language: str) -> str:
    """Fill the text of one language, see :func:`filled`."""
    return filled(Book(run, language))


def filled(book: "Book") -> str:
    """Fill the text of one language; the book then knows which exhibits are printed.

    Raises
    ------
    FindingError
        ``E_TYPED_DIGIT`` for every number typed, ``E_UNKNOWN_KEY`` for a key without a result,
        ``E_TEMPLATE`` for a brace that cannot be read or a name that does not exist.
    """
    from jinja2 import DictLoader, StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    run, language = book.run, book.language
    file, text = source(run, language)
    faults = typed_digits(text, file)
    if faults:
        raise FindingError(*faults)
    places = {exhibit["place"] for exhibit in book.exhibits.values() if exhibit.get("place")}
    if blocks.has_blocks(text):
        default = blocks.default_text(language)
        text = blocks.child(text, file, default) if text != default else blocks.with_places(text, places)
        templates = {blocks.DEFAULT: blocks.with_places(default, places), file: text}
    else:
        templates = {file: text}
    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=DictLoader(templates),
    )
    environment.filters |= {"words": directed, "listed": run.exhibits.words[language].listed}
    try:
        template, context = environment.get_template(file), book.context()
        filled = template.render(context, placed=lambda place: "")  # tells which exhibits the text names
        if places:
            filled = template.render(context, placed=lambda place: "".join(map(book.show, book.left_over(place))))
    except FindingError as error:
        raise FindingError(
            *[finding(fault.code, file=file, key=fault.key, **fault.parameters) for fault in error.findings]
        ) from None
    except TemplateError as error:
        raise fail("E_TEMPLATE", file=file, problem=str(error.message)) from None
    filled = with_lock(filled, book) + further(book)
    filled = with_notice(filled, leading_deviation.notice(leading_deviation.compare(run), book.words))
    return with_notice(filled, notice(run.data.left_out, run.exhibits.words[language]))


def further(book: Book) -> str:
    """The last section: own exhibits that no text names and no place has."""
    names = book.left_over()
    return f"\n## {book.words.label('further_exhibits')}\n" + "".join(map(book.show, names)) if names else ""


def with_lock(text: str, book: Book) -> str:
    """Say by machine, whoever wrote the text, whether the plan was locked and what was changed since.

    Changes are told before the first section; the sentence and the table of changes end the page.
    """
    lock, name = compare(book.run.study), "tab_deviations"
    listed = lock.deviations and name in book.exhibits
    end = [plan_deviations.closing(lock, book.words)] + (
        [book.show(name)] if listed and book.show(name) not in text else []
    )
    text = "\n\n".join(part for part in (text.rstrip(), *end) if part) + "\n"
    return with_notice(text, plan_deviations.notice(lock, book.words, book.reference(name) if listed else ""))


def with_notice(text: str, sentence: str) -> str:
    """Put a notice before the first section, whoever wrote the text: no page is silent about rows that are out."""
    if not sentence:
        return text
    head, section, rest = text.partition("\n## ")
    return f"{head.rstrip()}\n\n{sentence}\n{section}{rest}"


def plain(markdown: str) -> str:
    """Take out what only the page understands: attributes and fences; captions become bold lines."""
    markdown = re.sub(r"\s*\{[#.][^}]*\}|\{alt=\"[^\"]*\"\}", "", markdown)
    markdown = re.sub(r"(?m)^:::.*\n?", "", markdown)
    markdown = re.sub(r"(?m)^: (.+)$", r"**\1**", markdown)
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()
