"""The page of one unit in one language: what it may be told, in words and bars."""

from dataclasses import dataclass
from functools import cache
from math import floor, isnan
from pathlib import Path

from coops.diagnosis.assessment import Assessment, groups_variable
from coops.diagnosis.scores import TIE
from coops.diagnosis.unit_report import UnitReport, fewest_others
from coops.show.drawing import ACCENT, LIGHT
from coops.show.language import Words, noun_of_each
from coops.study.languages import ISOLATE, POP, package_text
from coops.study.scorecard import Item

WIDE, HIGH, DENSE = 42, 3.2, 12  # of a bar: millimetres, and dots a millimetre
MARK = "#1d1f21"


@dataclass(frozen=True)
class Row:
    """One line of the table of scores; all but the name as it is shown."""

    name: str
    bar: str
    score: str
    mean: str
    change: str


def title(report: UnitReport, level: str, words: Words) -> str:
    """The noun of the unit and its key: the heading of its page."""
    return f"{_upper(noun_of_each(level, words))} {words.name(report.unit)}"


def markdown(assessment: Assessment, report: UnitReport, words: Words, pictures: Path) -> str:
    """Fill the page of a unit in one language.

    Parameters
    ----------
    assessment : Assessment
        Only its settings and names are used, and no other unit's scores.
    pictures : Path
        Folder that the bars are drawn into; an image is named there by its file name.
    """
    contract, beside = words.study.contract, report.comparison
    changed = bool(report.change.notna().any())
    first = words.said(contract.waves[assessment.waves[0]].label) if len(assessment.waves) > 1 else ""
    groups = groups_variable(assessment.data)
    return _template(words.language).render(
        page=report,
        study=words.said(contract.study.title),
        wave=_upper(words.said(contract.waves[assessment.now].label)),
        mark=words.label(f"mark.{contract.study.label}") if contract.study.label == "DEMONSTRATION" else "",
        level=words.said(assessment.settings.levels[report.level].label) if report.level else "",
        other=words.said(assessment.settings.levels[report.other].label) if report.other else "",
        score=_hundredth(report.scores["overall"], words),
        doubt=report.doubt,
        grouped=bool(assessment.groups[report.unit]),
        kept=words.count(floor(100 * report.kept + TIE)) if report.level else "",
        hundred=words.count(100),
        answered=words.count(report.answered),
        asked=words.count(len(assessment.card.scored)),
        rows=[_row(assessment, report, part, words, pictures) for part in (*assessment.dimensions, "overall")],
        few=beside.why == "few",
        alike=beside.why == "alike",
        fewest=words.count(fewest_others(assessment)),
        number=words.noun(assessment.level, beside.units),
        group=words.name(words.value_label(groups, beside.group)) if beside.group else "",
        withheld=beside.withheld,
        changed=changed,
        first=first,
        compared=words.count(report.compared),
        strengths=[_said(item.label, words) for item in report.strengths],
        steps=[(_said(step.item.step, words), _gain(step.gain, report, words)) for step in report.steps],
        rules=[(_said(item.label, words), met) for item, met in report.rules],
        later=[(_said(item.label, words), met) for item, met in report.later],
        unanswered=_listed(report.unanswered, words),
        persons=_listed(report.few, words),
        noun=words.noun("person") if report.few else "",
        least=words.count(assessment.settings.persons),
        unasked=_listed(report.unasked, words),
        low=_hundredth(report.low, words) if report.level and report.high - report.low > TIE else "",
        high=_hundredth(report.high, words),
        version=words.isolate(assessment.card.version),
    )


@cache
def _template(language):
    from jinja2 import Environment, StrictUndefined

    text = package_text("report/unit", language)
    assert text is not None  # every language of the package has one
    return Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _said(words_of: dict[str, str], words: Words) -> str:
    return _plain(words.said(words_of))


def _plain(text: str) -> str:
    """Words of the study as they are: signs that Markdown knows lose their meaning."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~^$@!" else sign for sign in text)


def _listed(items: list[Item], words: Words) -> str:
    return words.parts([_said(item.label, words) for item in items])


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _hundredth(score: float, words: Words) -> str:
    return words.number(100 * score, 0)


def _signed(points: float, words: Words) -> str:
    """Points with their sign; none where they round to zero."""
    number = words.number(points, 0)
    return words.isolate(f"+{number.strip(ISOLATE + POP)}") if number != "–" and round(points) > 0 else number


def _gain(gain: float, report: UnitReport, words: Words) -> str:
    """What a step would add to the overall score, if there is one; less than half a point is not written."""
    return _signed(100 * gain, words) if report.level and round(100 * gain) else ""


# -- the table of scores ----------------------------------------------------------------------------


def _row(assessment: Assessment, report: UnitReport, part: str, words: Words, pictures: Path) -> Row:
    score, mean = (float(values[part]) for values in (report.scores, report.comparison.means))
    own, others = _hundredth(score, words), _hundredth(mean, words)
    strong = "**" if part == "overall" else ""
    label = words.label("unit_overall") if part == "overall" else _dimension(assessment, part, words)
    return Row(
        name=f"{strong}{label}{strong}",
        bar="–"
        if isnan(score)
        else f"![{_alt(own, others, words)}]({bar(score, mean, words.rtl, pictures)}){{width={WIDE}mm}}",
        score=f"{strong}{own}{strong}" if own != "–" else own,
        mean=others,
        change=_signed(100 * float(report.change[part]), words),
    )


def _dimension(assessment: Assessment, name: str, words: Words) -> str:
    return _said(next(each.label for each in assessment.card.dimensions if each.name == name), words)


def _alt(own: str, others: str, words: Words) -> str:
    return words.label("unit_bar", own=own) if others == "–" else words.label("unit_bar_beside", own=own, others=others)


def bar(score: float, mean: float, rtl: bool, folder: Path) -> str:
    """Draw a score from 0 to 1 as a bar, with a mark at a mean if there is one; return the name of its file.

    It is as long as whole per cents say, as the mean is shown: nothing finer can be measured on it.
    """
    from PIL import Image, ImageDraw

    own, other = round(100 * score), -1 if isnan(mean) else round(100 * mean)
    name = f"{own}_{other}_{'rtl' if rtl else 'ltr'}.png"
    if not (folder / name).is_file():
        wide, high = WIDE * DENSE, round(HIGH * DENSE)
        picture = Image.new("RGB", (wide, high), "white")
        pen, edge = ImageDraw.Draw(picture), high // 6
        pen.rectangle((0, edge, wide - 1, high - 1 - edge), fill=LIGHT)
        if own:
            pen.rectangle((0, edge, round(wide * own / 100) - 1, high - 1 - edge), fill=ACCENT)
        if other >= 0:
            half = DENSE // 4
            place = min(max(round(wide * other / 100), half), wide - half)
            pen.rectangle((place - 2 * half, 0, place + 2 * half - 1, high - 1), fill="white")
            pen.rectangle((place - half, 0, place + half - 1, high - 1), fill=MARK)
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rtl else picture
        part = folder / f"{name}.part"
        picture.quantize(8).save(part, "PNG", optimize=True, dpi=(DENSE * 25.4, DENSE * 25.4))
        part.replace(folder / name)
    return name
