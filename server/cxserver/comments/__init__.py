"""What people wrote: found, acted on, redacted, answered (A-11 §280.8)."""
