"""Read tables of employers, people, ledger and statement; the job table of exports; the titles of 摘要."""

from alembic import op

from services.kit.jobs import create_job_table
from services.kit.tables import create_kit_tables
from services.query.models import code_title, metadata

revision = "0001"
down_revision = None

# The centre's own table; a centre with other codes changes the rows.
SUMMARIES = {
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
}


def upgrade() -> None:
    create_kit_tables(op.get_bind())
    create_job_table(op.get_bind())
    metadata.create_all(op.get_bind())
    rows = [
        {"list": "summary", "code": code, "title_zh": title} for code, title in SUMMARIES.items()
    ]
    op.bulk_insert(code_title, rows)
