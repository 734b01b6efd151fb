"""What the answers say: how it goes, where, why, for whom, and what to fix first."""
