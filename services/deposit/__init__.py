"""Every fen: suspense, personal balances, ledger, journal; the 缴存 businesses (manual 六)."""
