"""Employers, accounts with dated terms, worksheets; the policy and code tables a new centre starts with."""

from datetime import date

from alembic import op

from services.collection.models import code, metadata, policy
from services.kit.submissions.models import create_submission_tables
from services.kit.tables import create_kit_tables
from services.kit.worksheet.models import create_worksheet_tables

revision = "0001"
down_revision = None

# A centre maintains these itself; they only make a new one usable at once.
_CODES = {
    "branch": {
        "01": "张家口市住房公积金管理中心桥东管理部",
        "02": "张家口市住房公积金管理中心桥西管理部",
        "03": "张家口市住房公积金管理中心宣化管理部",
    },
    "seal_reason": {
        "01": "与单位终止劳动关系",
        "02": "停薪留职",
        "03": "调出未落实新单位",
        "04": "退休",
        "05": "死亡",
        "99": "其他",
    },
    "unseal_kind": {"01": "正常启封", "02": "辖内转入", "03": "辖外调入", "99": "其他"},
    "close_reason": {
        "01": "单位撤销",
        "02": "单位解散",
        "03": "单位破产",
        "04": "单位合并",
        "99": "其他",
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


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    create_worksheet_tables(op.get_bind())
    create_submission_tables(op.get_bind())
    metadata.create_all(op.get_bind())
    op.bulk_insert(
        code,
        [
            {"list": name, "code": key, "title_zh": title, "position": position}
            for name, entries in _CODES.items()
            for position, (key, title) in enumerate(entries.items(), start=1)
        ],
    )
    op.bulk_insert(
        policy,
        [
            {
                "valid_from": date(2000, 1, 1),
                "base_floor_fen": 150_000,
                "base_ceiling_fen": 2_500_000,
                "rate_floor": 5,
                "rate_ceiling": 12,
                "monthly_floor_fen": 15_000,
                "monthly_ceiling_fen": 600_000,
                "rounding_fen": 1,
                "future_months_allowed": False,
                "row_limit": 2000,
            }
        ],
    )
