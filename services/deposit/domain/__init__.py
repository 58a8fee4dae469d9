"""Pure rules of money: no clock, no store, no framework."""
