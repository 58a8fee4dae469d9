"""The only SQL of deposit, by table family: funds, ledger, journal, businesses, books."""
