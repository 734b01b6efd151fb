"""What needs a person now: alerts, late comments, silent kiosks, things that end soon."""
