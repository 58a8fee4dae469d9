"""National codes of accounts and employers, and the names of the code tables that differ by city."""

# Account status.
ACCOUNT_ACTIVE = "01"
ACCOUNT_SEALED = "02"
ACCOUNT_FROZEN = "06"
#: A person may have one account in any of these in the whole city.
ACCOUNT_OPEN = (ACCOUNT_ACTIVE, ACCOUNT_SEALED, ACCOUNT_FROZEN)

# Employer status.
EMPLOYER_NORMAL = "01"
EMPLOYER_OPENED = "02"  # no remittance yet
EMPLOYER_CLOSED = "04"
EMPLOYER_SEALED = "05"

# Code tables.
BRANCH = "branch"
UNIT_KIND = "unit_kind"
OWNERSHIP = "ownership"
AFFILIATION = "affiliation"
ECONOMIC_TYPE = "economic_type"
INDUSTRY = "industry"
SEAL_REASON = "seal_reason"
UNSEAL_KIND = "unseal_kind"
CLOSE_REASON = "close_reason"

ACCOUNT_STATUS_TITLES = {
    "01": "正常",
    "02": "封存",
    "03": "合并销户",
    "04": "外部转出销户",
    "05": "提取销户",
    "06": "冻结",
    "99": "其他",
}

#: 缓缴 forbids nothing: it is leave to pay later, and who has leave to pay later may pay now.
EMPLOYER_STATUS_TITLES = {
    "01": "正常",
    "02": "开户",
    "03": "缓缴",
    "04": "销户",
    "05": "封存",
}
