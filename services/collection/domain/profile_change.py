"""单位基本资料变更 (manual §5.5): which fields may change where, and what the receipt says before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.collection.domain.employer import Profile
from services.collection.errors import FIELD_NOT_CHANGEABLE
from services.kit.errors import FieldError
from services.kit.idnumbers import ID_TYPE_TITLES_ZH, IdType, mask_id_number, mask_mobile

TITLES = {
    "name": "单位名称",
    "uscc": "统一社会信用代码",
    "address": "单位地址",
    "postcode": "单位邮编",
    "founded_on": "单位设立日期",
    "supervising_department": "主管部门",
    "unit_kind": "单位性质",
    "ownership": "所有制性质",
    "affiliation": "隶属关系",
    "economic_type": "经济类型",
    "industry": "所属行业",
    "legal_representative": "法人代表姓名",
    "legal_representative_id_type": "法人代表证件类型",
    "legal_representative_id_number": "法人代表证件号码",
    "pay_day": "单位发薪日",
    "agent_name": "经办人姓名",
    "agent_mobile": "经办人手机号码",
}

#: The name is on the agreement and on the certificate: only the branch changes it.
ONLY_AT_THE_BRANCH = ("name",)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field as people may see it: codes by their titles, personal data masked."""

    field: str
    title: str
    before: str
    after: str


def faults_of_fields(fields: Sequence[str], *, by_staff: bool) -> Iterator[FieldError]:
    """Fields that do not exist, or that an employer may not change itself."""
    for field in fields:
        if field not in TITLES or (field in ONLY_AT_THE_BRANCH and not by_staff):
            zh = FIELD_NOT_CHANGEABLE.zh
            yield FieldError(f"fields.{field}", FIELD_NOT_CHANGEABLE.code, zh)


def merged(before: Profile, asked: Profile, fields: Sequence[str]) -> Profile:
    """The profile with the named fields as asked."""
    return replace(before, **{field: getattr(asked, field) for field in fields})


def changes(
    before: Profile, after: Profile, *, codes: Mapping[str, Mapping[str, str]]
) -> list[FieldChange]:
    """What differs, in the order of the form."""
    return [
        FieldChange(
            field,
            title,
            _shown(field, getattr(before, field), codes),
            _shown(field, getattr(after, field), codes),
        )
        for field, title in TITLES.items()
        if getattr(before, field) != getattr(after, field)
    ]


def masked(profile: Profile) -> Profile:
    """The profile as it is shown on a screen."""
    return replace(
        profile,
        legal_representative_id_number=mask_id_number(profile.legal_representative_id_number),
        agent_mobile=mask_mobile(profile.agent_mobile),
    )


def _shown(field: str, value: str | int, codes: Mapping[str, Mapping[str, str]]) -> str:
    text = str(value)
    if field == "legal_representative_id_number":
        return mask_id_number(text)
    if field == "agent_mobile":
        return mask_mobile(text)
    if field == "legal_representative_id_type":
        return ID_TYPE_TITLES_ZH[IdType(text)] if text else ""
    if field in codes:
        return codes[field].get(text, text)
    return text
