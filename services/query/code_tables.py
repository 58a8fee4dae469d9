"""What codes mean before the centre changes them: the titles that the tables of codes start with."""

from __future__ import annotations

# What a new centre starts with; it changes the rows to its own tables.
_CODES: dict[str, dict[str, str]] = {
    "summary": {
        "1118": "个人开户",
        "1201": "转移转出",
        "1202": "转移转入",
        "1213": "来款入账",
        "1219": "汇缴",
        "1220": "补缴",
        "1222": "不定额补缴",
        "1223": "调账",
        "1231": "年度结息",
        "1233": "销户结息",
    },
    "unit_kind": {
        "10": "国家机关",
        "20": "事业单位",
        "30": "企业",
        "40": "社会团体",
        "50": "民办非企业单位",
        "99": "其他",
    },
    "ownership": {"10": "国有", "20": "集体", "30": "私营", "40": "外商投资", "99": "其他"},
    "affiliation": {
        "10": "中央",
        "20": "省",
        "30": "市",
        "40": "县（区）",
        "50": "乡镇街道",
        "90": "其他",
    },
    "economic_type": {
        "110": "国有经济",
        "120": "集体经济",
        "150": "有限责任公司",
        "160": "股份有限公司",
        "170": "私营经济",
        "190": "其他内资",
        "200": "港澳台投资",
        "300": "外商投资",
        "900": "其他",
    },
    "industry": {
        "A": "农、林、牧、渔业",
        "B": "采矿业",
        "C": "制造业",
        "D": "电力、热力、燃气及水生产和供应业",
        "E": "建筑业",
        "F": "批发和零售业",
        "G": "交通运输、仓储和邮政业",
        "H": "住宿和餐饮业",
        "I": "信息传输、软件和信息技术服务业",
        "J": "金融业",
        "K": "房地产业",
        "L": "租赁和商务服务业",
        "M": "科学研究和技术服务业",
        "N": "水利、环境和公共设施管理业",
        "O": "居民服务、修理和其他服务业",
        "P": "教育",
        "Q": "卫生和社会工作",
        "R": "文化、体育和娱乐业",
        "S": "公共管理、社会保障和社会组织",
        "T": "国际组织",
    },
}


def seeded_titles() -> list[dict[str, str]]:
    """Rows of `code_title`."""
    return [
        {"list": name, "code": code, "title_zh": title}
        for name, entries in _CODES.items()
        for code, title in entries.items()
    ]
