"""The blocks of a page: sections of the default text, which a study replaces one by one in a text of its own.

A text of a study that has blocks, ``{% block NAME %} … {% endblock %}``, replaces those and leaves the others as they
are; ``{{ super() }}`` stands for the default words. An empty block replaces nothing. A text without blocks is the page.
"""

import re
from collections.abc import Iterable

from coops.study.findings import FindingError, fail, finding, nearest
from coops.study.languages import package_text

BLOCK = re.compile(r"(?s)\{%-?\s*block\s+(\w+)\s*-?%\}(.*?)\{%-?\s*endblock\b[^%]*%\}")
ASIDE = re.compile(
    r"(?s)\{#.*?#\}|\{%-?\s*macro\b.*?endmacro\s*-?%\}|\{%-?\s*set\b[^%]*%\}"
)  # may stand between blocks
COMMENT = re.compile(r"(?s)\{#.*?#\}")
DEFAULT = "default text"  # its name as a template


def default_text(language: str) -> str:
    """Return the default text of a language; ``E_NO_DEFAULT_TEXT`` if there is none."""
    text = package_text("report/text", language)
    if text is None:
        raise fail("E_NO_DEFAULT_TEXT", file=f"text/{language}.md", language=language)
    return text


def blocks(text: str) -> dict[str, str]:
    """The blocks of a text that say something: name → words; comments say nothing."""
    return {name: words for name, words in BLOCK.findall(text) if COMMENT.sub("", words).strip()}


def names(text: str) -> list[str]:
    """The names of the blocks of a text, in their order."""
    return [name for name, _ in BLOCK.findall(text)]


def has_blocks(text: str) -> bool:
    """Tell whether a text replaces blocks of the default one, and is no page of its own."""
    return bool(BLOCK.search(text))


def outside(text: str) -> str:
    """What stands in no block; comments say nothing."""
    return _lines(COMMENT, _lines(BLOCK, text))


def child(text: str, file: str, default: str) -> str:
    """Turn a text of blocks into a template that extends the default one; its lines stay where they are.

    Raises
    ------
    FindingError
        ``E_UNKNOWN_BLOCK`` for each block that the page does not have, ``E_OUTSIDE_BLOCKS`` for words in no block.
    """
    known = names(default)
    faults = [
        finding(
            "E_UNKNOWN_BLOCK",
            file=file,
            row=text[: hit.start()].count("\n") + 1,
            key=hit[1],
            nearest=nearest(hit[1], known),
        )
        for hit in BLOCK.finditer(text)
        if hit[1] not in known
    ]
    lost = _lines(ASIDE, _lines(BLOCK, text))
    faults += [
        finding("E_OUTSIDE_BLOCKS", file=file, row=row, what=line.strip()[:60])
        for row, line in enumerate(lost.split("\n"), start=1)
        if line.strip()
    ][:1]
    if faults:
        raise FindingError(*faults)
    kept = blocks(text)
    return f'{{% extends "{DEFAULT}" %}}' + BLOCK.sub(
        lambda hit: hit[0] if hit[1] in kept else "\n" * hit[0].count("\n"), text
    )


def with_places(default: str, places: Iterable[str]) -> str:
    """Leave room for exhibits at the end of some blocks of the default text, whoever writes what stands in them."""
    wanted = set(places)
    return BLOCK.sub(lambda hit: hit[0] + (f"{{{{ placed('{hit[1]}') }}}}" if hit[1] in wanted else ""), default)


def empty(default: str, text: str = "", about: str = "{{# {} #}}") -> str:
    """Add to a text every block of the default one that it does not have, empty, with its heading as a comment."""
    there = names(text)
    lines = [text.rstrip("\n")] if text.strip() else []
    for name, words in BLOCK.findall(default):
        if name not in there:
            heading = next((line.lstrip("# ") for line in words.splitlines() if line.startswith("#")), name)
            lines.append(
                f"{{% block {name} %}}\n{about.format(re.sub(r'[{}]', '', heading).strip())}\n{{% endblock %}}"
            )
    return "\n\n".join(lines) + "\n"


def _lines(pattern: re.Pattern, text: str) -> str:
    """Take out what a pattern finds, but not the ends of its lines."""
    return pattern.sub(lambda hit: "\n" * hit[0].count("\n"), text)
