"""Check what ``study.toml`` says against itself and the codebook: every name that it uses must exist."""

from coops.study import part_checks
from coops.study.faults import Faults
from coops.study.findings import Finding, found, nearest
from coops.study.labels import study_labels
from coops.study.study import RESERVED, Study


def check(study: Study, text: str) -> list[Finding]:
    """Return every finding about names, obligatory parts and words; ``text`` is that of ``study.toml``."""
    faults = Faults(text)
    for part in (_names, _tables, _rules, _design, _samples, _derived, _specifications, _fieldwork):
        part(study, faults)
    for part in (
        part_checks.robustness,
        part_checks.delivery,
        part_checks.diagnosis,
        part_checks.experts,
        _words,
        _label,
    ):
        part(study, faults)
    return faults.all


def _names(study: Study, faults: Faults) -> None:
    """Names are unique over waves, arms, outcomes, specifications and quantities."""
    contract = study.contract
    arms = [name for name in contract.arms] + (list(contract.design.arm) if len(contract.design.arm) > 1 else [])
    kinds = [("waves", contract.waves), ("arms", arms), ("samples", contract.samples)]
    kinds.append(("specifications", contract.specifications))
    seen: dict[str, str] = {name: "–" for name in RESERVED}
    for kind, names in [*kinds, ("outcomes", [one for one in study.outcomes()])]:
        for name in names:
            if name in seen:
                faults.add(
                    "E_NAME_TWICE", kind if kind == "outcomes" else f"{kind}.{name}", name=name, other=seen[name]
                )
            seen[name] = kind
    values: dict[str, str] = {}
    for name, wave in contract.waves.items():
        for value in wave.values or [name]:
            if values.setdefault(value, name) != name:
                faults.add("E_NAME_TWICE", f"waves.{name}.values", name=value, other=f"waves.{values[value]}")
    for name in contract.derived:
        if name in {v.name for v in study.codebook.variables if v.table}:
            faults.add("E_NAME_TWICE", f"derived.{name}", name=name, other="codebook")


def _tables(study: Study, faults: Faults) -> None:
    contract = study.contract
    if not any(table.level in ("person", "group") for table in contract.tables.values()):
        faults.add("E_NO_UNITS", "tables")
    for name, table in contract.tables.items():
        at = f"tables.{name}"
        faults.known(f"{at}.wave", table.wave, contract.waves)
        if table.wave and table.wave_column:
            faults.add("E_WAVE_TWICE", f"{at}.wave")
        known = study.codebook.of_table(name)
        if not known:
            faults.add("E_TABLE_WITHOUT_CODEBOOK", at, table=name)
            continue
        for field, column in [("key", c) for c in table.key] + [
            ("wave_column", table.wave_column),
            ("group", table.group),
        ]:
            faults.known(f"{at}.{field}", column, known)
    for variable in study.codebook.variables:
        _versions(variable, study, faults)
        if variable.table and variable.table not in contract.tables:
            faults.all.append(
                found(
                    "E_CODEBOOK_TABLE",
                    file="codebook.csv",
                    row=variable.row,
                    column="table",
                    key=variable.name,
                    name=variable.table,
                    nearest=nearest(variable.table, contract.tables),
                )
            )


def _rules(study: Study, faults: Faults) -> None:
    """Rules, forms and conditions on questions name tables and columns that exist, and what their kind needs."""
    contract = study.contract
    for name, form in contract.forms.items():
        for table in form.tables:
            faults.known(f"forms.{name}.tables", table, contract.tables)
    for name, rule in contract.rules.items():
        at = f"rules.{name}"
        if not faults.known(f"{at}.table", rule.table, contract.tables):
            continue
        known = study.codebook.of_table(rule.table)
        for column in [*rule.of, *(one.variable for one in (*rule.when, *rule.then))]:
            if column not in known:
                faults.add("E_RULE_NAME", at, name=column, table=rule.table, nearest=nearest(column, known))
        for field in RULE_NEEDS[rule.kind]:
            if not getattr(rule, field):
                faults.add("E_RULE_FIELD", at, kind=rule.kind, field=field)
        faults.known(f"{at}.other", rule.other, contract.tables)
        if rule.kind in ("constant", "not_falling", "ratio") and not contract.tables[rule.table].wave_column:
            faults.add("E_RULE_WAVE", at, kind=rule.kind, table=rule.table)
    for variable in study.codebook.variables:
        if variable.relevant and variable.relevant[0] not in study.codebook.of_table(variable.table):
            known = study.codebook.of_table(variable.table)
            faults.all.append(
                found(
                    "E_RELEVANT",
                    file="codebook.csv",
                    row=variable.row,
                    column="relevant",
                    key=variable.name,
                    name=variable.relevant[0],
                    table=variable.table,
                    nearest=nearest(variable.relevant[0], known),
                )
            )


RULE_NEEDS = {kind: ("of",) for kind in ("order", "distinct", "one_of", "in_wave", "constant", "not_falling")}
RULE_NEEDS |= {"alone": ("of", "value"), "implies": ("when", "then"), "ratio": ("of",)}
RULE_NEEDS |= {"known": ("of", "other"), "counted": ("of", "other")}


def _versions(variable, study: Study, faults: Faults) -> None:
    """Versions in the codebook are those of the waves; ``comparable`` says what it may say."""
    place = {"file": "codebook.csv", "row": variable.row, "key": variable.name}
    known = study.codebook.versions
    for column in ("version_from", "version_to"):
        version = getattr(variable, column)
        if version and version not in known:
            faults.all.append(
                found("E_UNKNOWN_NAME", **place, column=column, name=version, nearest=nearest(version, known))
            )
    kind, _, name = variable.comparable.partition(":")
    if variable.comparable not in ("", "same", "no") and (
        kind.strip() != "recode" or name.strip() not in study.contract.derived
    ):
        faults.all.append(found("E_COMPARABLE_RECODE", **place, column="comparable"))


def _design(study: Study, faults: Faults) -> None:
    contract, columns = study.contract, study.columns()
    design = contract.design
    for field in ("arm", "strata", "cluster", "assigned", "weights", "status"):
        value = getattr(design, field)
        for name in value if isinstance(value, list) else [value]:
            faults.known(f"design.{field}", name, columns)
    faults.known("design.population", design.population, contract.samples)
    faults.known("design.arm_wave", design.arm_wave, contract.waves)
    for covariate in design.balance:
        faults.known("design.balance", covariate.variable, columns)
        faults.known("design.balance", covariate.wave, contract.waves)
    if design.status and not design.seen:
        faults.add("E_NO_SEEN", "design.seen", status=design.status)
    _arms("design", tuple(design.arm), design.arms, design.reference, study, faults)
    for name, arm in contract.arms.items():
        faults.known(f"arms.{name}.variable", arm.variable, columns)
        if not arm.variable and not design.arm:
            faults.add("E_ARM_VARIABLE", f"arms.{name}", arm=name)


def _arms(at: str, arm: tuple, chosen, reference: str, study: Study, faults: Faults) -> None:
    contract = study.contract
    if len(arm) != 1:
        return
    mine = [n for n, one in contract.arms.items() if (one.variable or (contract.design.arm or [""])[0]) == arm[0]]
    if not mine:
        faults.add("E_NO_ARMS", f"{at}.arm", variable=arm[0])
        return
    for name in chosen:
        faults.known(f"{at}.arms", name, mine)
    if not reference:
        faults.add("E_NO_REFERENCE", f"{at}.reference", known=", ".join(mine))
        return
    if faults.known(f"{at}.reference", reference, mine):
        taken: dict[str, str] = {}
        for name, values in study.arms(arm, chosen, reference).items():
            for value in values:
                if value in taken:
                    faults.add("E_ARMS_OVERLAP", f"{at}.arms", value=value, first=taken[value], second=name)
                taken[value] = name


def _samples(study: Study, faults: Faults) -> None:
    columns = study.columns()
    for name, sample in study.contract.samples.items():
        for condition in sample.conditions:
            at = f"samples.{name}.conditions"
            faults.known(at, condition.variable, columns)
            faults.known(at, condition.wave, study.contract.waves)
            asked = [condition.equals, condition.among, condition.between, condition.present]
            if sum(one is not None for one in asked) != 1:
                faults.add("E_CONDITION", at, variable=condition.variable)


def _derived(study: Study, faults: Faults) -> None:
    contract, names = study.contract, study.codebook.names()
    needs = {"ratio": 2, "log": 1, "recode": 1, "band": 1, "deflate": 1, "standardise": 1, "total": 1}
    for name, one in contract.derived.items():
        at = f"derived.{name}"
        if one.kind == "total":
            _total(study, at, one, faults)
        for variable in one.of:
            faults.known(f"{at}.of", variable, names)
        if one.kind in needs and len(one.of) != needs[one.kind]:
            faults.add("E_DERIVED_INPUTS", f"{at}.of", kind=one.kind, number=needs[one.kind])
        faults.known(f"{at}.base", one.base, contract.waves)
        faults.known(f"{at}.arm", one.arm, contract.arms)
        rising = sorted(set(one.bounds)) == one.bounds
        if one.kind == "band" and not (rising and len(set(one.names)) == len(one.names) == len(one.bounds) + 1):
            faults.add("E_BANDS", f"{at}.bounds")
        if one.kind == "recode" and not one.values:
            faults.add("E_MISSING_FIELD", f"{at}.values")
        if one.kind in ("deflate", "standardise") and not one.base:
            faults.add("E_MISSING_FIELD", f"{at}.base")
        if one.kind == "deflate":
            for wave in [w for w, said in contract.waves.items() if said.price_index is None]:
                faults.add("E_MISSING_FIELD", f"waves.{wave}.price_index")
        if name in _reach(contract.derived, name):
            faults.add("E_DERIVED_CIRCLE", f"{at}.of", name=name)


def _total(study: Study, at: str, one, faults: Faults) -> None:
    """The table of a total, its columns, and a table of units that has the same key."""
    for field in ("table", "by"):
        if not getattr(one, field):
            faults.add("E_MISSING_FIELD", f"{at}.{field}")
    if one.table and faults.known(f"{at}.table", one.table, study.contract.tables):
        known = study.codebook.of_table(one.table)
        for column in (one.by, *one.of, *(condition.variable for condition in one.when)):
            faults.known(f"{at}.of", column, known)
    keys = {t.key[0]: t.level for t in study.contract.tables.values() if t.level != "event"}
    if one.by:
        faults.known(f"{at}.by", one.by, keys)


def _reach(derived: dict, start: str) -> set[str]:
    """Return all that a derived variable rests on."""
    seen, todo = set(), list(derived[start].of)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += derived[name].of if name in derived else []
    return seen


def _specifications(study: Study, faults: Faults) -> None:
    contract, columns, design = study.contract, study.columns(), study.contract.design
    leading = [name for name, one in contract.specifications.items() if one.headline]
    if len(leading) > 1:
        faults.add("E_TWO_HEADLINES", f"specifications.{leading[1]}.headline", names=", ".join(leading))
    if contract.specifications[study.headline].placebo:
        faults.add("E_PLACEBO_LEADS", f"specifications.{study.headline}.placebo", name=study.headline)
    for name, one in contract.specifications.items():
        at = f"specifications.{name}"
        for field in ("arm", "strata", "cluster", "assigned", "weights"):
            value = getattr(one, field) or []
            for column in value if isinstance(value, list) else [value]:
                faults.known(f"{at}.{field}", column, columns)
        faults.known(f"{at}.sample", one.sample, contract.samples)
        faults.known(f"{at}.arm_wave", one.arm_wave, contract.waves)
        for covariate in one.covariates:
            faults.known(f"{at}.covariates", covariate.variable, columns)
            faults.known(f"{at}.covariates", covariate.wave, contract.waves)
        if one.arm is not None and one.arm != design.arm and one.assignment is None:
            faults.add("E_ARM_WITHOUT_ASSIGNMENT", f"{at}.assignment", arm=", ".join(one.arm))
        if (one.arm, one.arms, one.reference) != (None, None, None):  # else told of [design] already
            _arms(
                at,
                tuple(design.arm if one.arm is None else one.arm),
                one.arms or design.arms if one.arm is None else one.arms or [],
                (design.reference if one.reference is None else one.reference),
                study,
                faults,
            )
        faults.known(f"{at}.dose", one.dose, columns)
        if not one.dose and not one.estimator.startswith("change") and not (design.arm if one.arm is None else one.arm):
            faults.add("E_NO_ARM", f"{at}.estimator", estimator=one.estimator)
        for outcome in one.outcomes:
            _outcome(at, one, outcome, study, faults)
    for name, family in contract.families.items():
        for outcome in family.outcomes:
            faults.known(f"families.{name}.outcomes", outcome, study.outcomes())


def _outcome(at: str, specification, outcome, study: Study, faults: Faults) -> None:
    if not faults.known(f"{at}.outcomes", outcome.variable, study.codebook.names()):
        return
    if not study.codebook.get(outcome.variable).numeric:
        faults.add("E_OUTCOME_TYPE", f"{at}.outcomes", variable=outcome.variable)
    waves, baseline = outcome.waves or specification.waves, outcome.baseline or specification.baseline
    if not waves:
        faults.add("E_NO_OUTCOME_WAVE", f"{at}.outcomes", variable=outcome.variable)
    for wave in [*waves, *baseline]:
        faults.known(f"{at}.outcomes", wave, study.contract.waves)
    if specification.estimator != "level" and not baseline:
        faults.add("E_NO_BASELINE", f"{at}.outcomes", variable=outcome.variable, estimator=specification.estimator)
    if set(waves) & set(baseline):
        faults.add("E_WAVE_IS_BASELINE", f"{at}.outcomes", variable=outcome.variable)


def _fieldwork(study: Study, faults: Faults) -> None:
    """What the field-team checks look at exists, and is what they need."""
    contract, names, says = study.contract, study.codebook.names(), study.contract.fieldwork
    if says is None:
        return

    def known(field: str, value, among) -> None:
        for name in value if isinstance(value, list | dict) else [value]:
            faults.known(f"fieldwork.{field}", name, among)

    known("minors", says.minors, contract.samples)
    known("again_kind", says.again_kind, says.again)
    for field in ("dates", "again", "consent", "guardian", "battery", "money", "pool", "places", "elsewhere"):
        known(field, getattr(says, field), names)
    for field in ("specify", "comments"):
        known(field, getattr(says, field), names)
    for field in ("battery", "money"):
        for name in [one for one in getattr(says, field) if one in names and not study.codebook.get(one).numeric]:
            kind = study.codebook.get(name).type
            faults.add("E_FIELD_VALUE", f"fieldwork.{field}", value=f"{name} ({kind})", expected="number | integer")
    for table, columns in says.unique.items():
        if faults.known("fieldwork.unique", table, contract.tables):
            known("unique", columns, study.codebook.of_table(table))
    own = {"submissions": ("version", "enumerator", "start", "end"), "sample": (), "backchecks": ()}
    for field, columns in own.items():
        table = getattr(says, field)
        if faults.known(f"fieldwork.{field}", table, contract.tables):
            for one in (*columns, "unit", "wave"):
                known(one, getattr(says, one), study.codebook.of_table(table))
            if field == "backchecks":
                known("again", list(says.again.values()), study.codebook.of_table(table))
    needs = [(field, "submissions") for field in own["submissions"]] + [("again", "backchecks"), ("guardian", "minors")]
    needs += [(field, "unit") for field in own]
    needs += [(field, "wave") for field in own if len(contract.waves) > 1]
    for field, other in needs:
        if getattr(says, field) and not getattr(says, other):
            faults.add("E_FIELDWORK_NEEDS", f"fieldwork.{field}", other=f"fieldwork.{other}")
    if says.minutes[0] >= says.minutes[1]:
        faults.add("E_FIELD_VALUE", "fieldwork.minutes", value=str(list(says.minutes)), expected="[5, 120]")
    for hour in says.night:
        if not 0 <= hour <= 24:
            faults.add("E_FIELD_VALUE", "fieldwork.night", value=hour, expected="0 … 24")
    for name, factors in says.money.items():
        if any(factor <= 1 for factor in factors):
            faults.add("E_FIELD_VALUE", f"fieldwork.money.{name}", value=str(factors), expected="> 1")


def _words(study: Study, faults: Faults) -> None:
    """Every word that a reader will see exists in every language of the study."""
    contract, languages = study.contract, study.contract.study.languages
    shown = {"study.title": contract.study.title}
    for part in ("waves", "arms"):
        shown |= {f"{part}.{name}.label": one.label for name, one in getattr(contract, part).items()}
    for part in ("samples", "specifications", "families"):
        shown |= {f"{part}.{name}.label": one.label for name, one in getattr(contract, part).items() if one.label}
    shown |= {f"derived.{name}.label": one.label for name, one in contract.derived.items()}
    if contract.study.summary:
        shown["study.summary"] = contract.study.summary
    if contract.delivery is not None and contract.delivery.covers:
        shown["delivery.covers"] = contract.delivery.covers
    for at, words in shown.items():
        for language in languages:
            if not (words.get(language) or (len(languages) == 1 and words.get(""))):
                faults.add("E_NO_WORDS", at, language=language)
    for level, nouns in contract.units.items():
        for language in languages:
            if language not in nouns:
                faults.add("E_NO_WORDS", f"units.{level}", language=language)
    compared = {one.variable for one in study.compared_at_start()} if not faults.all else set()
    used = {*study.outcomes(), *compared, contract.robustness.area} if not faults.all else set()
    if contract.delivery is not None and not faults.all:
        says = contract.delivery
        used |= {one for one in (says.amount, says.participants, says.cost, *says.capacities) if one}
    for name in sorted(used & {v.name for v in study.codebook.variables if v.table}):
        variable = study.codebook.get(name)
        for language in languages:
            if not variable.label.get(language):
                faults.all.append(
                    found("E_NO_LABEL", file="codebook.csv", row=variable.row, column=f"label_{language}", key=name)
                )
    own = study_labels(study.folder) if len(languages) > 1 else {}
    units = dict.fromkeys(study.codebook.get(name).unit for name in sorted(used & study.codebook.names()))
    for unit in [unit for unit in units if unit not in ("", "share") and len(languages) > 1]:
        for language in languages:
            if not own.get(f"unit.{unit}", {}).get(language):
                faults.all.append(found("E_NO_UNIT_WORDS", file="labels.csv", key=f"unit.{unit}", language=language))
    levels = {table.level for table in contract.tables.values()} - {"event"}
    for level in sorted(levels - set(contract.units)):
        faults.add("E_NO_NOUN", f"units.{level}", level=level)


def _label(study: Study, faults: Faults) -> None:
    """What each kind of study must state."""
    contract = study.contract
    if contract.study.label == "PUBLIC":
        for field in ("licence", "citation"):
            if not getattr(contract.study, field):
                faults.add("E_PUBLIC_NEEDS", f"study.{field}", field=field)
    if contract.study.label == "FIELD" and contract.data_protection is None:
        faults.add("E_FIELD_NEEDS", "data_protection")
    if contract.data_protection is not None:
        for field in ("receipt", "controller", "purpose", "hosting_country"):
            if not getattr(contract.data_protection, field).strip():
                faults.add("E_FIELD_EMPTY", f"data_protection.{field}", field=field)
