"""The only SQL of receipt: documents with their prints, and the register of employers and people."""
