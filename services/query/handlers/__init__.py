"""What query answers, one file per screen of manual 四, and how events reach the read tables."""
