"""The fiscal quarter: when it is due, and the files that OMB takes (A-11 §280.14–280.16)."""
