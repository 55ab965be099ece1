"""Check what ``study.toml`` says against itself and the codebook; that names exist is in :mod:`references`."""

from coops.study import part_checks, word_checks
from coops.study.estimators import ESTIMATORS
from coops.study.faults import Faults
from coops.study.findings import Finding, nearest
from coops.study.references import unknown
from coops.study.roles import roles
from coops.study.schema import Derived, Outcome, SpecificationTable
from coops.study.study import RESERVED, Study

INPUTS = {"ratio": 2, "log": 1, "recode": 1, "band": 1, "deflate": 1, "standardise": 1, "total": 1}
DERIVED_NEEDS = {"recode": ("values",), "deflate": ("base",), "standardise": ("base",), "total": ("table", "by")}
RULE_NEEDS = {
    "alone": ("of", "value"),
    "implies": ("when", "then"),
    "known": ("of", "other"),
    "counted": ("of", "other"),
}


def check(study: Study, text: str) -> list[Finding]:
    """Return every finding about names, obligatory parts and words; ``text`` is that of ``study.toml``."""
    faults = Faults(text)
    parts = (_names, unknown, _tables, _codebook, _rules, _design, _samples, _derived, _specifications)
    for part in (*parts, *part_checks.PARTS, roles, word_checks.words, word_checks.label):
        part(study, faults)
    return faults.all


def _names(study: Study, faults: Faults) -> None:
    """Names are unique over waves, arms, outcomes, specifications and quantities."""
    contract = study.contract
    arms = [*contract.arms, *(contract.design.arm if len(contract.design.arm) > 1 else [])]
    kinds = {"waves": contract.waves, "arms": arms, "samples": contract.samples}
    kinds |= {"specifications": contract.specifications, "outcomes": study.outcomes()}
    seen: dict[str, str] = dict.fromkeys(RESERVED, "–")
    for kind, names in kinds.items():
        for name in names:
            if name in seen:
                at = kind if kind == "outcomes" else f"{kind}.{name}"
                faults.add("E_NAME_TWICE", at, name=name, other=seen[name])
            seen[name] = kind
    values: dict[str, str] = {}
    for name, wave in contract.waves.items():
        for value in wave.values or [name]:
            if values.setdefault(value, name) != name:
                faults.add("E_NAME_TWICE", f"waves.{name}.values", name=value, other=f"waves.{values[value]}")
    asked = {variable.name for variable in study.codebook.variables if variable.table}
    for name in [name for name in contract.derived if name in asked]:
        faults.add("E_NAME_TWICE", f"derived.{name}", name=name, other="codebook")


def _tables(study: Study, faults: Faults) -> None:
    tables = study.contract.tables
    if not any(table.level in ("person", "group") for table in tables.values()):
        faults.add("E_NO_UNITS", "tables")
    for name, table in tables.items():
        if table.wave and table.wave_column:
            faults.add("E_WAVE_TWICE", f"tables.{name}.wave")
        if not study.codebook.of_table(name):
            faults.add("E_TABLE_WITHOUT_CODEBOOK", f"tables.{name}", table=name)


def _codebook(study: Study, faults: Faults) -> None:
    """What the rows of the codebook name exists: tables, variables that a question depends on, versions."""
    tables, versions = study.contract.tables, study.codebook.versions
    for variable in study.codebook.variables:
        for column in ("version_from", "version_to"):
            if (name := getattr(variable, column)) and name not in versions:
                faults.of_variable("E_UNKNOWN_NAME", variable, column, name=name, nearest=nearest(name, versions))
        if (name := variable.table) and name not in tables:
            faults.of_variable("E_CODEBOOK_TABLE", variable, "table", name=name, nearest=nearest(name, tables))
        known = study.codebook.of_table(variable.table)
        if variable.relevant and (name := variable.relevant[0]) not in known:
            of, near = variable.table, nearest(name, known)
            faults.of_variable("E_RELEVANT", variable, "relevant", name=name, table=of, nearest=near)
        kind, _, name = (part.strip() for part in variable.comparable.partition(":"))
        if kind not in ("", "same", "no") and (kind != "recode" or name not in study.contract.derived):
            faults.of_variable("E_COMPARABLE_RECODE", variable, "comparable")


def _rules(study: Study, faults: Faults) -> None:
    """Rules have what their kind needs."""
    tables = study.contract.tables
    for name, rule in study.contract.rules.items():
        at = f"rules.{name}"
        for field in [field for field in RULE_NEEDS.get(rule.kind, ("of",)) if not getattr(rule, field)]:
            faults.add("E_RULE_FIELD", at, kind=rule.kind, field=field)
        over_waves = rule.kind in ("constant", "not_falling", "ratio")
        if over_waves and rule.table in tables and not tables[rule.table].wave_column:
            faults.add("E_RULE_WAVE", at, kind=rule.kind, table=rule.table)


def _design(study: Study, faults: Faults) -> None:
    design = study.contract.design
    if design.status and not design.seen:
        faults.add("E_NO_SEEN", "design.seen", status=design.status)
    _arms("design", design.arm, design.arms, design.reference, study, faults)
    for name, arm in study.contract.arms.items():
        if not arm.variable and not design.arm:
            faults.add("E_ARM_VARIABLE", f"arms.{name}", arm=name)


def _arms(at: str, arm: list[str], chosen: list[str], reference: str, study: Study, faults: Faults) -> None:
    """A variable of the arm has arms, one of them the reference, and no value belongs to two."""
    if len(arm) != 1:
        return
    names = study.arms_of(arm[0])
    if not names:
        faults.add("E_NO_ARMS", f"{at}.arm", variable=arm[0])
    elif not reference:
        faults.add("E_NO_REFERENCE", f"{at}.reference", known=", ".join(names))
    elif reference in names:
        taken: dict[str, str] = {}
        for name, values in study.arms(tuple(arm), chosen, reference).items():
            for value in values:
                if value in taken:
                    faults.add("E_ARMS_OVERLAP", f"{at}.arms", value=value, first=taken[value], second=name)
                taken[value] = name


def _samples(study: Study, faults: Faults) -> None:
    for name, sample in study.contract.samples.items():
        for condition in sample.conditions:
            tests = (condition.equals, condition.among, condition.between, condition.present)
            if sum(test is not None for test in tests) != 1:
                faults.add("E_CONDITION", f"samples.{name}.conditions", variable=condition.variable)


def _derived(study: Study, faults: Faults) -> None:
    for name, derived in study.contract.derived.items():
        at = f"derived.{name}"
        for field in [field for field in DERIVED_NEEDS.get(derived.kind, ()) if not getattr(derived, field)]:
            faults.add("E_MISSING_FIELD", f"{at}.{field}")
        if derived.kind in INPUTS and len(derived.of) != INPUTS[derived.kind]:
            faults.add("E_DERIVED_INPUTS", f"{at}.of", kind=derived.kind, number=INPUTS[derived.kind])
        rising, bands = sorted(set(derived.bounds)) == derived.bounds, derived.names
        if derived.kind == "band" and not (rising and len(set(bands)) == len(bands) == len(derived.bounds) + 1):
            faults.add("E_BANDS", f"{at}.bounds")
        if derived.kind == "deflate":
            for wave in [name for name, wave in study.contract.waves.items() if wave.price_index is None]:
                faults.add("E_MISSING_FIELD", f"waves.{wave}.price_index")
        if name in _inputs(study.contract.derived, name):
            faults.add("E_DERIVED_CIRCLE", f"{at}.of", name=name)


def _inputs(derived: dict[str, Derived], start: str) -> set[str]:
    """Return all that a derived variable rests on."""
    seen: set[str] = set()
    todo = list(derived[start].of)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += derived[name].of if name in derived else []
    return seen


def _specifications(study: Study, faults: Faults) -> None:
    contract, design = study.contract, study.contract.design
    leading = [name for name, specification in contract.specifications.items() if specification.headline]
    if len(leading) > 1:
        faults.add("E_TWO_HEADLINES", f"specifications.{leading[1]}.headline", names=", ".join(leading))
    if contract.specifications[study.headline].placebo:
        faults.add("E_PLACEBO_LEADS", f"specifications.{study.headline}.placebo", name=study.headline)
    for name, specification in contract.specifications.items():
        at, own = f"specifications.{name}", specification.arm is not None
        arm = design.arm if specification.arm is None else specification.arm
        if own and arm != design.arm and specification.assignment is None:
            faults.add("E_ARM_WITHOUT_ASSIGNMENT", f"{at}.assignment", arm=", ".join(arm))
        if (specification.arm, specification.arms, specification.reference) != (None, None, None):
            chosen = specification.arms or ([] if own else design.arms)  # what is not its own is told of [design]
            inherited = specification.reference is None
            reference = design.reference if specification.reference is None else specification.reference
            if own and inherited and len(arm) == 1 and study.arms_of(arm[0]):
                faults.known(f"{at}.reference", reference, study.arms_of(arm[0]))
            _arms(at, arm, chosen, reference, study, faults)
        if ESTIMATORS[specification.estimator].compares_arms and not specification.dose and not arm:
            faults.add("E_NO_ARM", f"{at}.estimator", estimator=specification.estimator)
        for outcome in specification.outcomes:
            if outcome.variable in study.codebook.names():
                _outcome(f"{at}.outcomes", specification, outcome, study, faults)


def _outcome(at: str, specification: SpecificationTable, outcome: Outcome, study: Study, faults: Faults) -> None:
    """An outcome is a number; it has its waves, and those before where its estimator needs them."""
    if not study.codebook.get(outcome.variable).numeric:
        faults.add("E_OUTCOME_TYPE", at, variable=outcome.variable)
    waves, baseline = outcome.waves or specification.waves, outcome.baseline or specification.baseline
    if not waves:
        faults.add("E_NO_OUTCOME_WAVE", at, variable=outcome.variable)
    if ESTIMATORS[specification.estimator].needs_baseline and not baseline:
        faults.add("E_NO_BASELINE", at, variable=outcome.variable, estimator=specification.estimator)
    if set(waves) & set(baseline):
        faults.add("E_WAVE_IS_BASELINE", at, variable=outcome.variable)
