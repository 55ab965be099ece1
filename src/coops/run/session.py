"""One study, one run: the object that a notebook opens. Every read and write of a notebook goes through it."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from coops.data import strata as data_strata
from coops.data.units import Data
from coops.delivery import activities as delivery_activities
from coops.diagnosis.assessment import Assessment, assess
from coops.estimation import direction, effects, flow, resampled
from coops.estimation import sample_design as analysis_rows
from coops.estimation.effects import Estimate
from coops.field_data import receive as intake_tables
from coops.field_data import row_ledger
from coops.field_studies.triangulation import FieldStudies, put_together
from coops.impact import multiplicity
from coops.impact import strata as impact_strata
from coops.participants import balance, joint_test, lee_bounds, response_weights
from coops.participants import expected as participants_expected
from coops.robustness import sensitivity as robustness_sensitivity
from coops.run.recorder import Recorder
from coops.run.workspace import repository
from coops.show import results as show_results
from coops.show.exhibits import Gallery
from coops.show.language import Words
from coops.study import data_protection
from coops.study import plan_lock as study_plan_lock
from coops.study.findings import Finding, FindingError, fail, found
from coops.study.labels import study_labels
from coops.study.load import load
from coops.study.study import Plan


class Run(Gallery, Recorder):
    """A study opened by one notebook.

    Parameters
    ----------
    folder, root : str
        The study folder and the folder that the run writes into; from the repository if relative.
    notebook : str
        Name of the notebook that opens it: its number begins the numbers of its exhibits.

    Raises
    ------
    FindingError
        With every finding about the study folder.
    """

    def __init__(self, folder: str, root: str, notebook: str):
        self.root = repository() / root
        self.study = load(repository() / folder)
        data_protection.open_for(self.study, self.study.folder, self.root)
        data_protection.claim_root(self.study, self.root)
        self.notebook, self.number = notebook, int(notebook.split("_")[0])
        self.languages = self.study.contract.study.languages
        self.words = {language: Words(self.study, language) for language in self.languages}
        self._records: list[dict] = []
        self._exhibits: list[dict] = []
        self._forget()

    # -- folders ------------------------------------------------------------------------------

    @property
    def clean_folder(self) -> Path:
        """Clean tables."""
        return self.root / "data" / "clean"

    @property
    def results_folder(self) -> Path:
        """Results and the list of exhibits."""
        return self.root / "data" / "results"

    @property
    def figures_folder(self) -> Path:
        """Exhibits."""
        return self.root / "figures"

    def _forget(self) -> None:
        """Remove what this notebook wrote before: a gap, never an old number."""
        for pattern in (f"fig_{self.number}_*", f"tab_{self.number}_*"):
            for path in self.figures_folder.glob(pattern):
                path.unlink()
        for path in (self._results_file, self._exhibits_file):
            path.unlink(missing_ok=True)

    @property
    def _results_file(self) -> Path:
        return self.results_folder / f"{self.notebook}.csv"

    @property
    def _exhibits_file(self) -> Path:
        return self.results_folder / "exhibits" / f"{self.notebook}.json"

    # -- data ---------------------------------------------------------------------------------

    def received(self) -> intake_tables.Received:
        """Read the raw files; nothing is written."""
        return intake_tables.receive(self.study)

    def receive(self) -> intake_tables.Received:
        """Read the raw files; write what was found, and what is to be mended as a private workbook."""
        from coops.field_data import query_workbook

        received = intake_tables.receive(self.study)
        self.clean_folder.mkdir(parents=True, exist_ok=True)
        for path in self.clean_folder.glob("*.csv"):
            path.unlink()
        lines = [
            {"code": f.code, "file": f.file, "sheet": f.sheet, "row": f.row or "", "column": f.column}
            | {"words": f.text(self.languages[0])}
            for f in received.findings
        ]
        columns = ["code", "file", "sheet", "row", "column", "words"]
        self._clean(pd.DataFrame(lines, columns=columns), "_findings")
        self._clean(received.ledger, "_ledger")
        if received.errors:
            book = query_workbook.workbook(received, self.words_of_sender)
            (data_protection.private_folder(self.root) / "to_mend.xlsx").write_bytes(book)
        return received

    def accept(self, received: intake_tables.Received, partial: bool = False) -> None:
        """Write the clean tables, or stop here.

        Parameters
        ----------
        partial : bool
            Go on without the rows that are put aside; every page then says how many.

        Raises
        ------
        FindingError
            With every error found in the data; nothing is written then.
        """
        aside = int(received.ledger["aside"].sum())
        if received.blocking or (aside and not partial):
            left = (
                [found("E_ROWS_LEFT", rows=aside, first=received.errors[0].line(self.languages[0]))]
                if aside and not received.blocking
                else []
            )
            raise FindingError(*left, *received.errors)
        for name, frame in received.tables.items():
            self._clean(frame, name)
        none = pd.DataFrame(columns=["table", "key", "column", "reason"])
        self._clean(pd.concat([none, *received.reasons]) if received.reasons else none, "_reasons")
        self._clean(row_ledger.rows_out(self.study, received), "_out")

    def _clean(self, frame: pd.DataFrame, name: str) -> None:
        frame.to_csv(self.clean_folder / f"{name}.csv", index=False, lineterminator="\n")

    @property
    def words_of_sender(self) -> Words:
        """The words of those who send the data."""
        return Words(self.study, self.study.contract.study.sender or self.languages[0])

    @property
    def out(self) -> pd.DataFrame:
        """Rows put aside in this run, by table, arm and stratum; empty if it went on with all of them."""
        path = self.clean_folder / "_out.csv"
        if not path.is_file():
            raise fail("E_NOT_RUN", file=f"data/clean/{path.name}")
        return pd.read_csv(path, keep_default_na=False, dtype={"table": str, "arm": str, "stratum": str})

    def field_team(self, received: intake_tables.Received) -> list:
        """Run the checks of the field team; what they flag goes to a private workbook. None if a table is missing."""
        from coops.field_data import field_team as field_data_field_team
        from coops.field_data.field_team import workbook

        if len(received.tables) < len(self.study.contract.tables):
            return []
        none = pd.DataFrame(columns=["table", "key", "column", "reason"])
        reasons = pd.concat([none, *received.reasons]) if received.reasons else none
        checks = field_data_field_team.check(
            self.study, received.tables, reasons, received.findings, study_labels(self.study.folder)
        )
        elsewhere = field_data_field_team.support_elsewhere(self.study, received.tables)
        book = workbook.workbook(checks, elsewhere, self.words_of_sender)
        (data_protection.private_folder(self.root) / "field_team.xlsx").write_bytes(book)
        return checks

    def steps(self, received: intake_tables.Received) -> pd.DataFrame:
        """The way from received rows to the leading estimates."""
        leading = [self.rows(plan) for plan in self.plans(self.study.headline)]
        return flow.steps(self.data, received.ledger, leading)

    @cached_property
    def data(self) -> Data:
        """The clean tables as units.

        Raises
        ------
        FindingError
            ``E_NOT_RUN`` if the intake notebook has not written them.
        """
        clean = {}
        for name in self.study.contract.tables:
            path = self.clean_folder / f"{name}.csv"
            if not path.is_file():
                raise fail("E_NOT_RUN", file=f"data/clean/{path.name}")
            kinds = {column: rows[-1] for column, rows in self.study.codebook.of_table(name).items()}
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            for column, variable in kinds.items():
                text = frame[column].where(frame[column] != "")
                frame[column] = text.astype(float) if variable.numeric else text.astype(object)
            clean[name] = frame
        return Data(self.study, clean)

    def clean_summary(self) -> pd.DataFrame:
        """Rows, variables and share of empty cells of each clean table."""
        lines = [
            {
                "table": name,
                "rows": len(frame),
                "variables": frame.shape[1],
                "missing": float(frame.isna().to_numpy().mean()) if len(frame) else 0.0,
            }
            for name, frame in self.data.tables.items()
        ]
        return pd.DataFrame(lines)

    # -- specifications -----------------------------------------------------------------------

    @property
    def specifications(self) -> list[str]:
        """Names of the specifications, the headline first."""
        names = list(self.study.contract.specifications)
        return sorted(names, key=lambda name: name != self.study.headline)

    def plans(self, name: str) -> list[Plan]:
        """One plan an estimate of a specification."""
        return self.study.plans(name)

    def rows(self, plan: Plan) -> analysis_rows.Rows:
        """The rows of one estimate."""
        return analysis_rows.build(self.data, plan)

    def estimate(self, rows: analysis_rows.Rows) -> list[Estimate]:
        """Estimate from rows, and look at it again by resampling."""
        found = effects.estimate(rows, self.comparable(rows.plan))
        return resampled.again(rows, found, draws=self.study.contract.design.draws, seed=self._seed)

    def families(
        self, rows: list[analysis_rows.Rows], estimates: list[Estimate]
    ) -> tuple[list[multiplicity.Together], list[Estimate]]:
        """Read the families of the study over the estimates of one specification.

        Returns
        -------
        The families, and the estimates with the p that allows for their confirmatory families.
        """
        by = [(one, [e for e in estimates if (e.outcome, e.wave) == (one.plan.outcome, one.plan.wave)]) for one in rows]
        together = [
            multiplicity.of_family(
                name,
                family.outcomes,
                family.confirmatory,
                {outcome: self.study.direction(outcome) for outcome in family.outcomes},
                by,
                draws=self.study.contract.design.draws,
                seed=self._seed,
            )
            for name, family in self.study.contract.families.items()
        ]
        return together, multiplicity.allow_for(estimates, together)

    def retention(self) -> pd.DataFrame:
        """Share of those seen at the start that is used again in the leading estimates, by stratum; empty if none."""
        plan = self.plans(self.study.headline)[0]
        others = [arm for arm in plan.arms if arm != plan.reference]
        followed = len(plan.arm) == 1 and plan.baseline and not self.data.cross_sections()
        if not followed or not plan.strata or len(others) != 1:
            return pd.DataFrame(columns=["opposite"])
        expected = participants_expected.expected(self.data, plan)
        seen, arm = expected["outcome"].notna(), expected["arm"] == others[0]
        stratum = expected["stratum"].map(lambda name: data_strata.merged(name, self.study.contract.release.merge))
        return lee_bounds.retention(seen, arm, expected["cluster"], stratum, level=plan.level)

    def strata(self, rows: analysis_rows.Rows) -> list[impact_strata.Partition]:
        """Estimate within each stratum."""
        release = self.study.contract.release
        least = {"min_groups": release.min_groups, "min_units": self.study.contract.least(rows.level)}
        return impact_strata.by_stratum(rows, release.merge, comparable=self.comparable(rows.plan), **least)

    def ranges(self, plan: Plan) -> list[lee_bounds.Range]:
        """What the loss of units could do to an estimate."""
        return participants_expected.ranges(
            self.data, plan, draws=min(999, self.study.contract.design.draws), seed=self._seed
        )

    def reweighted(self, plan: Plan) -> list[response_weights.Reweighted]:
        """An estimate with weights for who was lost; none where nobody is to be seen twice."""
        if self.data.cross_sections() or len(plan.arm) != 1 or not plan.baseline:
            return []
        expected = participants_expected.expected(self.data, plan)
        known = response_weights.predictors(self.data, plan, expected, self._known_at_start(plan))
        return response_weights.of_rows(self.rows(plan), expected, known)

    def sensitivity(self, plan: Plan) -> list[robustness_sensitivity.Sensitivity]:
        """What would overturn the estimates of a plan, as far as their confirmatory families have not done so."""
        settings = {"draws": self.study.contract.design.draws, "seed": self._seed}
        found = robustness_sensitivity.analyse(self.data, plan, self.comparable, **settings)
        built, p_family = self._leading
        done = []
        for one in found:
            one = replace(one, one=replace(one.one, p_family=p_family.get(one.one.key, float("nan"))))
            if direction.direction(one.one) in ("up", "down"):
                named = [family.outcomes for family in self.study.contract.families.values() if family.confirmatory]
                named = [outcomes for outcomes in named if one.one.key in p_family and one.one.outcome in outcomes]
                shifts = [multiplicity.least_shift(one.one.key, outcomes, built, **settings) for outcomes in named]
                one = robustness_sensitivity.within_family(one, min(shifts)) if shifts else one
            elif direction.held_back(one.one):
                one = robustness_sensitivity.within_family(one, 0.0)
            done.append(one)
        return done

    @cached_property
    def _leading(self) -> tuple[list, dict[str, float]]:
        """Rows and estimates of the headline, and the p of its confirmatory families by key."""
        if not any(family.confirmatory for family in self.study.contract.families.values()):
            return [], {}
        rows = [self.rows(plan) for plan in self.plans(self.study.headline)]
        built = [(one, effects.estimate(one, self.comparable(one.plan))) for one in rows]
        together, estimates = self.families(rows, [one for _, found in built for one in found])
        return built, {one.key: one.p_family for one in estimates}

    def placebos(self) -> list[Estimate]:
        """Estimates of what the programme cannot have changed, as the study marks it."""
        return robustness_sensitivity.placebos(self.data, self.comparable)

    def joint_balance(self) -> list[joint_test.Balance]:
        """Do the arms differ at the start, all variables taken together."""
        plan = self.plans(self.study.headline)[0]
        settings = {"draws": self.study.contract.design.draws, "seed": self._seed}
        return joint_test.at_start(self.data, plan, balance.balance_variables(self.data), **settings)

    @cached_property
    def activities(self) -> delivery_activities.Activities:
        """What was planned and delivered; none if the study does not say."""
        return delivery_activities.read(self.data)

    def worth(self) -> list[delivery_activities.Worth]:
        """What one unit of each leading effect cost."""
        plans = self.plans(self.study.headline)
        built = [(self.rows(plan), self.comparable(plan)) for plan in plans]
        return [
            one for rows, same in built for one in delivery_activities.worth(self.activities, self.data, rows, same)
        ]

    def _known_at_start(self, plan: Plan) -> list:
        return list(dict.fromkeys([*balance.balance_variables(self.data), *plan.covariates]))

    @property
    def _seed(self) -> int:
        return self.study.contract.study.seed

    def comparable(self, plan: Plan) -> bool:
        """Tell whether the question of the outcome was the same at all the waves of a plan."""
        waves = self.study.contract.waves
        versions = [waves[wave].form_version for wave in (*plan.baseline, *plan.waves)]
        asked = list(dict.fromkeys(version for version in versions if version))
        return all(self.study.codebook.comparable(name, asked) for name in self.study.measured_inputs(plan.outcome))

    # -- diagnosis ----------------------------------------------------------------------------

    @cached_property
    def assessment(self) -> Assessment | None:
        """The diagnosis of the units; nothing if the study has no scorecard."""
        return assess(self.data)

    @cached_property
    def field_studies(self) -> FieldStudies | None:
        """What experts found, beside the diagnosis; nothing if the study has neither."""
        return put_together(self.data, self.assessment)

    # -- results ------------------------------------------------------------------------------

    @property
    def results(self) -> show_results.Results:
        """All results recorded so far in this run."""
        return show_results.Results(self.results_folder, self.study)

    @property
    def plan_lock(self) -> study_plan_lock.Lock:
        """What the lock of the plan says: when it was locked, and what was changed since."""
        return study_plan_lock.compare(self.study)

    # -- words of the page --------------------------------------------------------------------

    def fill(self, language: str) -> str:
        """Fill the text of a language: the study's own, else the default text."""
        from coops.report import text

        return text.fill(self, language)

    def preview(self, language: str):
        """Show the filled text of a language as the notebook can show it."""
        from coops.report import text

        return self.say(text.plain(self.fill(language)))

    def to_check(self) -> dict[str, list[str]]:
        """Return, a language, the sections whose English text has changed since they were translated."""
        from coops.report import text, translation

        others = [language for language in self.languages if language != "en"]
        kept = {language: text.source(self, language) for language in ("en", *others)} if others else {}
        return {
            language: translation.to_check(kept["en"][1], kept[language][1])
            for language in others
            if kept[language][0].startswith("text/") == kept["en"][0].startswith("text/")
        }

    def report(self) -> list[Finding]:
        """Write the page; return the finding that refuses it, if any."""
        from coops.report import publish

        if self.study.contract.study.label == "FIELD":
            return [found("E_FIELD_REPORT")]
        publish.write(self)
        return []


__all__ = ["Run", "repository"]
