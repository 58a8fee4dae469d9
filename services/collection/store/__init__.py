"""The only SQL of collection, by table family: policy and codes, employers, accounts, businesses."""
