"""Translations of a text: which sections of the English one have changed since each was translated.

A translation begins with a comment that carries, for each section of the English text, the hash that it had when it
was translated: ``{#- translates: head=ab12cd34 what-was-found=ef56ab78 -#}``.
"""

import hashlib
import re

from coops.report import blocks

HEADING = re.compile(r"(?m)^## +(.+?) *$")
COMMENT = re.compile(r"\A\{#- translates:(?P<hashes>[^#]*)-#\}\n?")
HEAD = "head"  # what stands before the first heading


def sections(text: str) -> dict[str, str]:
    """Cut a text into its blocks, or where it has none at its headings of the second level.

    Parameters
    ----------
    text : str, a template in Markdown

    Returns
    -------
    dict, heading to the text from it to the next one; what stands before the first, or outside all blocks, is ``head``
        The comment of a translation belongs to no section; an empty block is none.
    """
    text = COMMENT.sub("", text)
    if blocks.has_blocks(text):
        outside = blocks.outside(text)
        return ({HEAD: outside} if outside.strip() else {}) | blocks.blocks(text)
    hits = list(HEADING.finditer(text))
    starts = [0, *(hit.start() for hit in hits)]
    ends = [*starts[1:], len(text)]
    names = [HEAD, *(hit[1] for hit in hits)]
    return {name: text[start:end] for name, start, end in zip(names, starts, ends, strict=True)}


def hash_of(section: str) -> str:
    """Return the first 8 hex digits of the sha256 of a text whose white space is folded."""
    return hashlib.sha256(" ".join(section.split()).encode("utf-8")).hexdigest()[:8]


def to_check(english: str, translated: str) -> list[str]:
    """Name the English sections that have changed since they were translated.

    Parameters
    ----------
    english, translated : str, the two texts

    Returns
    -------
    list of headings of the English text, in its order; then the names of sections that it no longer has
        A text without the comment has every section to be checked.
    """
    now = {name: hash_of(section) for name, section in sections(english).items()}
    then = _carried(translated)
    written = sections(translated) if blocks.has_blocks(english) else now  # a block that is not there is not translated
    changed = [name for name, current in now.items() if then.get(_short(name)) != current or name not in written]
    return changed + [name for name in then if name not in map(_short, now)]


def stamp(english: str, translated: str) -> str:
    """Write the hashes of the English sections into the comment of a translation: it is up to date from now on."""
    hashes = " ".join(f"{_short(name)}={hash_of(section)}" for name, section in sections(english).items())
    return f"{{#- translates: {hashes} -#}}\n" + COMMENT.sub("", translated)


def _short(heading: str) -> str:
    """Write a heading as one word, for the comment."""
    return "-".join(re.findall(r"\w+", heading.lower()))


def _carried(translated: str) -> dict[str, str]:
    """Read the hashes that a translation carries."""
    comment = COMMENT.match(translated)
    pairs = comment["hashes"].split() if comment else []
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
