"""What may be quoted: estimates, counts, means and shares are recorded under their keys."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from coops.delivery import exhibits as delivery_exhibits
from coops.delivery.activities import Activities, Worth
from coops.diagnosis.assessment import Assessment
from coops.disclosure import rows as disclosure_rows
from coops.estimation import method
from coops.estimation import results as estimation_results
from coops.estimation.effects import Estimate
from coops.field_studies.evidence import VERDICTS
from coops.field_studies.triangulation import FieldStudies
from coops.impact.multiplicity import Together
from coops.participants import exhibits as participants_exhibits
from coops.participants.lee_bounds import Range
from coops.participants.response_weights import Reweighted
from coops.robustness import overturn
from coops.robustness.sensitivity import Sensitivity
from coops.show import results as show_results
from coops.show.language import SHARE, Words
from coops.study.findings import fail
from coops.study.study import Study


def _where(row: dict) -> str:
    """Wave and arm in a key; offers together are joined without blanks."""
    return f"{row['wave']}.{row['arm'].replace(' + ', '+')}" if row["arm"] else row["wave"]


class Recorder:
    """Records the results of one notebook of a study; they are written to ``file`` at once."""

    study: Study
    notebook: str
    languages: list[str]
    words: dict[str, Words]
    _records: list[dict]
    _results_file: Path

    def record(self, estimates: list[Estimate], hidden: set = frozenset()) -> None:
        """Record estimates: from now on they can be quoted by their keys; ``hidden``: those of rows that are (c)."""
        words = self.words[self.languages[0]]
        for one in estimates:
            row = estimation_results.of_estimate(one, self.study, method.method(one, words))
            out = (one.outcome, one.wave, one.arm) in hidden
            self._records.append(row | ({"hidden": "yes"} if out else {}))
        self._write_records()

    def record_families(self, together: list[Together]) -> None:
        """Record the indices of families that were estimated."""
        self.record([one for family in together for one in family.indices if one.rows])

    def record_number(
        self,
        key: str,
        value: float,
        *,
        unit: str = "",
        decimals: int = 0,
        persons: int | None = None,
        unit_level: str = "",
        hidden: bool = False,
    ) -> None:
        """Record a count, a mean or a share under its key; ``unit_level``: what is counted, or stands behind it."""
        said = {"unit": unit, "decimals": decimals, "persons": persons, "unit_level": unit_level, "hidden": hidden}
        self._records.append(show_results.of_number(key, value, study=self.study, **said))
        self._write_records()

    def record_flow(self, flow: pd.DataFrame) -> None:
        """Record the counts of the flow: units, groups and clusters seen, by wave and arm, and of all arms together."""
        counts = {"persons": "seen", "groups": "groups", "clusters": "clusters"}
        hidden = disclosure_rows.hidden_rows(participants_exhibits.flow(flow, self.study), self.study)
        for row, out in zip(flow.to_dict("records"), hidden, strict=True):
            for what, column in counts.items() if row["arm"] else ():
                self.record_number(f"{what}.{_where(row)}.flow.count", row[column], hidden=out)
        for wave, part in flow.groupby("wave", sort=False):
            for what, column in counts.items():
                self.record_number(f"{what}.{wave}.flow.count", int(part[column].sum()))

    def record_samples(self) -> None:
        """Record how many units of the population were seen at each wave in each sample of the study."""
        data, units = self.data, self.data.population()
        for name, sample in self.study.contract.samples.items():
            own = [data.measured(one.variable) for one in sample.conditions if not one.wave]
            for wave in [wave for wave in data.waves if all(wave in waves for waves in own)]:
                seen = data.seen(wave, data.level, units).to_numpy()
                inside = data.fulfils(name, wave, data.level, units) & seen
                outside = int(seen.sum() - inside.sum())
                few = 0 < outside < self.study.contract.least(data.level)  # all who were seen are told too
                self.record_number(f"{name}.{wave}.flow.count", int(inside.sum()), hidden=few)

    def record_balance(self, balance: pd.DataFrame, differences: list[Estimate]) -> None:
        """Record the means by arm at the start and their differences."""
        shown = participants_exhibits.balance(balance, differences, self.study)
        hidden = disclosure_rows.hidden_rows(shown, self.study)
        balance = balance.assign(n=shown.data["n"])
        for row, out in zip(balance.to_dict("records"), hidden, strict=True):
            variable = self.study.codebook.get(row["variable"])
            self.record_number(
                f"{row['variable']}.{row['wave']}.{row['arm']}.balance.mean",
                row["mean"],
                unit=variable.unit,
                decimals=variable.decimals,
                persons=None if pd.isna(row["n"]) else int(row["n"]),
                hidden=out,
            )
        rows = zip(balance["variable"], balance["wave"], balance["arm"], strict=True)
        self.record(differences, {row for row, out in zip(rows, hidden, strict=True) if out})

    def record_diagnosis(self, assessment: Assessment, levels: pd.DataFrame) -> None:
        """Record how many units were scored and stand at each level by wave, and the mean score; hidden counts not."""
        level, now = {"unit_level": assessment.level}, assessment.now
        for wave, scores in assessment.scores.items():
            scored = int(scores.overall.notna().sum())
            self.record_number(f"diagnosed.{wave}.diagnosis.count", len(assessment.units), **level)
            self.record_number(f"scored.{wave}.diagnosis.count", scored, **level)
            mean = round(scores.overall.mean(), 2)
            self.record_number(f"overall.{wave}.diagnosis.mean", mean, unit=SHARE, persons=scored, **level)
        for row in levels[levels["level"] != "unscored"].dropna(subset=["count"]).to_dict("records"):
            self.record_number(f"{row['level']}.{row['wave']}.diagnosis.count", row["count"], **level)
        doubt = int(assessment.firm.units["uncertain"].eq(True).sum())
        self.record_number(f"uncertain.{now}.diagnosis.count", doubt, **level)

    def record_attrition(self, attrition: pd.DataFrame, differences: list[Estimate]) -> None:
        """Record the shares lost by arm and their differences, and how many were lost in all."""
        hidden = disclosure_rows.hidden_rows(
            participants_exhibits.attrition(attrition, differences, self.study), self.study
        )
        for row, out in zip(attrition.to_dict("records"), hidden, strict=True):
            said = {"persons": row["expected"], "hidden": out}
            self.record_number(
                f"not_seen.{_where(row)}.attrition.share", row["share"], unit="share", decimals=1, **said
            )
            if row["arm"]:
                self.record_number(f"not_seen.{_where(row)}.attrition.count", row["lost"], **said)
        for wave, part in attrition.groupby("wave", sort=False):
            numbers = {"value": int(part["lost"].sum()), "persons": int(part["expected"].sum())}
            self.record_number(f"not_seen.{wave}.attrition.count", **numbers)
        rows = zip(attrition["wave"], attrition["arm"], strict=True)
        self.record(differences, {("not_seen", *row) for row, out in zip(rows, hidden, strict=True) if out})

    def record_field_studies(self, found: FieldStudies) -> None:
        """Record how many findings experts have, the statements these make, and how many get each verdict."""
        self.record_number("experts.findings.count", int(found.evidence["findings"].sum()))
        self.record_number("experts.statements.count", len(found.evidence))
        for verdict in VERDICTS:
            self.record_number(f"experts.{verdict}.count", int((found.triangulated["verdict"] == verdict).sum()))
        self.record_number("experts.near.count", int(found.triangulated["near"].sum()))

    def _write_records(self) -> None:
        for row in self._records:
            row["notebook"] = self.notebook
        twice = {row["key"] for row in self._records if sum(other["key"] == row["key"] for other in self._records) > 1}
        if twice:
            raise fail("E_KEY_RECORDED_TWICE", key=", ".join(sorted(twice)))
        show_results.write(self._records, self._results_file)

    def record_ranges(self, ranges: list[Range]) -> None:
        """Record what the loss of units could do to an effect: the difference of those seen, and the range printed."""
        for one, others in zip(ranges, participants_exhibits.others_few(ranges, self.study), strict=True):
            if not one.refused:
                ends = {"low": one.interval_low, "high": one.interval_high, "level": one.level}
                ends["losses"] = "differ" if one.lopsided else "alike"
                self._record_again(
                    one, "range", one.difference, ends, None if others else sum(one.seen_by_arm.values()), one.fewest
                )

    def record_reweighted(self, found: list[Reweighted]) -> None:
        """Record effects with weights for who was lost."""
        for one in found:
            if not one.refused:
                ends = {"low": one.low, "high": one.high, "level": one.level, "df": one.df}
                self._record_again(one, "reweighted", one.value, ends, one.seen, one.fewest)

    def record_delivery(self, made: Activities, kinds: pd.DataFrame, spent: pd.DataFrame) -> None:
        """Record what was planned and delivered in all, and its cost in all, for each person and for each group."""
        if kinds.empty:
            return
        total, first = kinds.iloc[-1], made.statuses[0]
        numbers = [("planned.count", total["planned"], "")]
        if first:  # the study says how each was delivered
            numbers += [("full.count", total[f"n {first}"], ""), ("full.share", total[f"share {first}"], SHARE)]
        behind = dict.fromkeys([name for name, *_ in numbers], made.events["unit"].nunique())
        if len(spent):
            whole = spent.iloc[-1]
            numbers += [("study.cost", whole["total"], "money")]
            numbers += [("persons.cost", whole["per_unit"], "money")] if made.persons else []
            numbers += [("groups.cost", whole["per_group"], "money")] if made.groups else []
            behind |= {"study.cost": made.groups, "persons.cost": made.persons, "groups.cost": made.groups}
        for name, value, unit in numbers:
            money = delivery_exhibits.variable(self.study, "cost") if unit == "money" else None
            look = {"unit": money.unit, "decimals": money.decimals} if money else {"unit": unit, "decimals": 1}
            level = "person" if name == "persons.cost" else made.level or "group"
            said = {"persons": behind[name], "unit_level": level, "hidden": bool(pd.isna(value))}
            self.record_number(f"delivery.{name}", value, **look, **said)

    def record_overturning(self, found: list[Sensitivity]) -> None:
        """Record the smallest shock to the area of an arm, and trend, that leave an estimate no direction."""
        for one in found:
            sizes = {"shock": one.shock, "trend": one.trend}
            reach = {"trend": overturn.time_of(one.years)}
            reach |= {"shock": overturn.areas_of(one.exposure)} if one.exposure else {}
            for quantity, part in sizes.items():
                if part and part.value > 0:
                    said = {"level": one.one.level, "unit_level": one.one.unit_level, "reach": reach[quantity]}
                    same = replace(one.one, quantity=quantity)
                    self._record_again(same, quantity, part.value, said, one.one.persons, one.one.fewest)

    def record_worth(self, found: list[Worth]) -> None:
        """Record what one unit of each effect cost."""
        for one in found:
            row = delivery_exhibits.worth_row(one, self.study)
            design = self.study.contract.specifications[one.specification]
            own = {"key": one.key, "quantity": "cost", "unit": row["money"], "decimals": row["money_decimals"]}
            own["hidden"] = "yes" if 0 < one.few < self.study.contract.least(one.unit_level) else ""
            own["assignment"] = design.assignment or self.study.contract.design.assignment
            self._records.append({name: row.get(name, "") for name in show_results.COLUMNS} | own)
        self._write_records()

    def _record_again(self, one, quantity: str, value: float, ends: dict, seen: int | None, few: int) -> None:
        variable, design = self.study.codebook.get(one.outcome), self.study.contract.specifications[one.specification]
        row = show_results.of_number(
            one.key, value, unit=variable.unit, decimals=variable.decimals, persons=seen, few=few, study=self.study
        )
        said = {"outcome": one.outcome, "wave": one.wave, "arm": one.arm, "specification": one.specification}
        assignment = design.assignment or self.study.contract.design.assignment
        self._records.append(row | said | ends | {"quantity": quantity, "assignment": assignment})
        self._write_records()
