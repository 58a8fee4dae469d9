"""Who is in which employer, with which base, rates, status and months: the 归集 businesses (manual 五)."""
