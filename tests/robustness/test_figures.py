"""Figures of checks as they are drawn: where a direction ends, and the specifications in one order."""

from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from coops.robustness.checks import area_shock, specification_curve
from coops.robustness.leading import leading
from coops.robustness.robustness import robustness
from coops.show.drawing import ACCENT
from coops.show.language import Words
from tests import made
from tests.robustness.test_specification_curve import MORE

AREA = '[robustness]\narea = "town"\n'
RELEASE = "[release]\nmin_persons = 1\nmin_groups = 1\n"
TWO = '[families.both]\noutcomes = ["score", "age"]\nconfirmatory = true\n'


def checked(folder, toml: str, names: tuple[str, ...], changed: int = 0):
    """The checks of a made study whose schools with books lie in a town of their own."""
    pupils = made.pupils(14, 4)
    pupils["town"] = pupils["given"].map({0: "hill", 1: "plain"})
    after = pupils["wave"] == "after"
    pupils["age"] = pupils["age"] + 3 * after * pupils["given"] + pupils["school"].str[1:].astype(int) % 3 * after
    pupils["score"] = pupils["score"] + changed * after * pupils["given"]
    book = made.CODEBOOK + "pupils,town,text,,,,,town\n"
    data = made.data(made.study(folder, toml + RELEASE, book, pupils=pupils))
    specifications = data.study.resolve("main")
    lead = leading(data, specifications, lambda specification: True, draws=99, seed=1)
    found = robustness(lead)
    return data.study, [found[name] for name in names]


def marks(axes) -> dict[str, float]:
    """Colour of the face of a mark on the line of zero → where it stands."""
    lines = [line for line in axes.get_lines() if line.get_marker() == "o"]
    return {to_hex(line.get_markerfacecolor()): line.get_xdata()[0] for line in lines}


def test_a_ring_where_the_interval_reaches_zero(tmp_path):
    """Without a family the ring alone, at the lower end of the interval; nothing is named as not drawn."""
    study, (shock,) = checked(tmp_path, made.TOML + AREA, ("area_shock",))
    (settings,) = shock.figures
    words, data = Words(study, "en"), settings["data"]
    (axes,) = area_shock.draw(Figure(), data, words)
    assert marks(axes) == {"#ffffff": data["conf_low"].iloc[0]} and settings["absent"](words) == ""


def test_a_dot_where_the_family_takes_the_direction_back(tmp_path):
    """The adjusted p is too large at a smaller shock: both points are marked, the dot before the ring."""
    toml = (made.TOML + TWO + AREA).replace('["score"]', '["score", "age"]')
    study, (shock,) = checked(tmp_path, toml, ("area_shock",))
    axes = area_shock.draw(Figure(), shock.figures[0]["data"], Words(study, "en"))
    for panel, (_, part) in zip(axes, shock.figures[0]["data"].groupby("outcome", sort=False), strict=True):
        ring, dot = marks(panel)["#ffffff"], marks(panel).get(ACCENT)
        assert ring == part["breakdown_interval"].iloc[0] == part["conf_low"].iloc[0]
        assert dot is None or dot == part["breakdown"].iloc[0] < ring
    assert any(ACCENT in marks(panel) for panel in axes)


def test_what_is_not_drawn_is_named(tmp_path):
    """Scores that the books did not move have no direction to overturn: no panel, but a word."""
    toml = (made.TOML + AREA).replace('["score"]', '["age", "score"]')
    study, (shock,) = checked(tmp_path, toml, ("area_shock",), changed=-5)
    (settings,) = shock.figures
    assert set(settings["data"]["outcome"]) == {"age"}
    assert settings["absent"](Words(study, "en")).endswith(": score.")


def test_one_order_and_the_leading_one_marked(tmp_path):
    """Every panel lists the leading specification first, in bold, then the others as the study has them."""
    study, (curve,) = checked(tmp_path, made.TOML + MORE, ("specification_curve",))
    (settings,) = curve.figures
    data = settings["data"]
    for _, part in data.groupby("outcome"):
        names = part["specification"].to_list()
        assert names[0] == "main" and names == [name for name in study.contract.specifications if name in names]
        assert part["leading"].to_list() == [True] + [False] * (len(names) - 1) and len(names) > 2
        assert part["estimate"].to_list() != sorted(part["estimate"])
    axes = specification_curve.draw(Figure(), data, Words(study, "en"))
    weights = [label.get_fontweight() for label in axes[0].get_yticklabels()]
    assert weights[0] == "bold" and set(weights[1:]) == {"normal"}
