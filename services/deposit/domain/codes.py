"""National codes of the ledger, and the 摘要 that lines carry."""

# Ledger business kind.
REMITTANCE = "01"

# Ledger transaction type (交易类型).
NORMAL = "0"

# 摘要 codes; their Chinese titles are looked up where people read them.
SUMMARY_REMITTANCE = "1219"
SUMMARY_BANK_PAYMENT = "1213"

SUMMARIES = {
    SUMMARY_REMITTANCE: "汇缴",
    SUMMARY_BANK_PAYMENT: "来款入账",
}

# Employer status.
EMPLOYER_CLOSED = "04"
