"""The inventory of ``docs/architecture.md``: every folder and module of the package, and what each says of itself."""

import ast
import re
from pathlib import Path

from coops.run.stored import filled

PACKAGE = Path(__file__).resolve().parents[1]


def write_inventory(repository: Path) -> None:
    """Put the inventory into ``docs/architecture.md``, between its marks."""
    path = repository / "docs" / "architecture.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(filled(text, {"inventory": inventory(text)}), encoding="utf-8")


def inventory(text: str) -> str:
    """Return a table a folder of the package, in the order of the page's picture (a folder at the start of each line).

    Raises
    ------
    ValueError
        If the picture does not have a folder.
    """
    order = re.findall(r"(?m)^ *(\w+)/ ", text)
    folders = sorted((path.parent for path in PACKAGE.glob("*/__init__.py")), key=lambda path: order.index(path.name))
    return "\n\n".join(_table(folder) for folder in folders)


def _table(folder: Path) -> str:
    lines = [
        f"### `{folder.name}/`",
        "",
        first_line(folder / "__init__.py"),
        "",
        "| module | what it is |",
        "|---|---|",
    ]
    for path in sorted(folder.rglob("*.py")):
        if path != folder / "__init__.py":
            module = path.relative_to(folder).as_posix().removesuffix("__init__.py")
            lines.append(f"| `{module}` | {first_line(path).replace('|', '&#124;')} |")
    return "\n".join(lines)


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, as Markdown: names in code marks, references without their kind.

    Raises
    ------
    ValueError
        If the module has no docstring (names it).
    """
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{path.name} does not say what it is.")
    return re.sub(r":\w+:(?=`)", "", docstring.splitlines()[0]).replace("``", "`")
