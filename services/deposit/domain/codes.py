"""National codes of the ledger, and the 摘要 that lines carry."""

# Ledger business kind.
REMITTANCE = "01"
BACK_PAYMENT = "02"
TRANSFER = "06"
ANNUAL_INTEREST = "09"

# Ledger transaction type (交易类型).
NORMAL = "0"
REVERSED_SAME_DAY = "7"
REVERSED = "8"

# 摘要 codes; their Chinese titles are looked up where people read them.
SUMMARY_TRANSFER_OUT = "1201"
SUMMARY_TRANSFER_IN = "1202"
SUMMARY_BANK_PAYMENT = "1213"
SUMMARY_REMITTANCE = "1219"
SUMMARY_BACK_PAYMENT_FULL = "1220"
SUMMARY_BACK_PAYMENT_ARBITRARY = "1222"
SUMMARY_CORRECTION = "1223"
SUMMARY_INTEREST = "1231"

# Employer status.
EMPLOYER_CLOSED = "04"

# Account status.
ACCOUNT_ACTIVE = "01"
