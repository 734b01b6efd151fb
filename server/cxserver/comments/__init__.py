"""What becomes of what people wrote: cases, redactions, alerts, replies (A-11 §280.8)."""
