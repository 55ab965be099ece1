"""Check that every word that a reader will see exists in each language, and what each kind of study must state."""

from coops.study.faults import Faults
from coops.study.findings import finding
from coops.study.labels import study_labels
from coops.study.study import Study


def words(study: Study, faults: Faults) -> None:
    """Every word that a reader will see exists in every language of the study."""
    contract, languages = study.contract, study.contract.study.languages
    alone = len(languages) == 1
    for at, texts in _shown(study).items():
        for language in [name for name in languages if not (texts.get(name) or (alone and texts.get("")))]:
            faults.add("E_NO_WORDS", at, language=language)
    used = _used(study) if not faults.all else set()
    for name in sorted(used & {variable.name for variable in study.codebook.variables if variable.table}):
        variable = study.codebook.get(name)
        for language in [language for language in languages if not variable.label.get(language)]:
            faults.of_variable("E_NO_LABEL", variable, f"label_{language}")
    own = {} if alone else study_labels(study.folder)
    units = dict.fromkeys(study.codebook.get(name).unit for name in sorted(used & study.codebook.names()))
    for unit in [unit for unit in units if unit not in ("", "share") and not alone]:
        for language in [language for language in languages if not own.get(f"unit.{unit}", {}).get(language)]:
            faults.all.append(finding("E_NO_UNIT_WORDS", file="labels.csv", key=f"unit.{unit}", language=language))
    levels = {table.level for table in contract.tables.values()} - {"event"}
    for level in sorted(levels - set(contract.units)):
        faults.add("E_NO_NOUN", f"units.{level}", level=level)


def _shown(study: Study) -> dict[str, dict[str, str]]:
    """Words of ``study.toml`` that are shown, by their place; what may have none is only here if it has some."""
    contract = study.contract
    shown: dict[str, dict] = {"study.title": contract.study.title}
    for part in ("waves", "arms", "samples", "specifications", "families", "derived"):
        labels = {f"{part}.{name}.label": entry.label for name, entry in getattr(contract, part).items()}
        may_lack = part in ("samples", "specifications", "families")
        shown |= {at: label for at, label in labels.items() if label or not may_lack}
    optional = {"study.summary": contract.study.summary}
    if contract.delivery is not None:
        optional["delivery.covers"] = contract.delivery.covers
    shown |= {at: words for at, words in optional.items() if words}
    if contract.diagnosis is not None:
        shown |= {f"diagnosis.levels.{name}.label": level.label for name, level in contract.diagnosis.levels.items()}
    return shown | {f"units.{level}": nouns for level, nouns in contract.units.items()}


def _used(study: Study) -> set[str]:
    """Variables whose names or units are shown: outcomes, what is compared at the start, areas, what was delivered."""
    used = {*study.outcomes(), *(covariate.variable for covariate in study.compared_at_start())}
    used.add(study.contract.robustness.area)
    if (delivery := study.contract.delivery) is not None:
        used |= {delivery.amount, delivery.participants, delivery.cost, *delivery.capacities}
    return used - {""}


def label(study: Study, faults: Faults) -> None:
    """What each kind of study must state."""
    contract = study.contract
    if contract.study.label == "PUBLIC":
        for field in [field for field in ("licence", "citation") if not getattr(contract.study, field)]:
            faults.add("E_PUBLIC_NEEDS", f"study.{field}", field=field)
    if contract.study.label == "FIELD" and contract.data_protection is None:
        faults.add("E_FIELD_NEEDS", "data_protection")
    if contract.data_protection is not None:
        for field in ("receipt", "controller", "purpose", "hosting_country"):
            if not getattr(contract.data_protection, field).strip():
                faults.add("E_FIELD_EMPTY", f"data_protection.{field}", field=field)
