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
EMPLOYER_DEFERRED = "03"
EMPLOYER_CLOSED = "04"
EMPLOYER_SEALED = "05"

# Code tables.
BRANCH = "branch"
UNIT_KIND = "unit_kind"
OWNERSHIP = "ownership"
AFFILIATION = "affiliation"
ECONOMIC_TYPE = "economic_type"
INDUSTRY = "industry"
