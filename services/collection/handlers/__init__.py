"""What collection does, one file per business of the manual: load, decide, save, emit."""
