"""Receipt: posted businesses as PDFs that a bank or an auditor accepts (业务回单, manual 五, 六)."""
