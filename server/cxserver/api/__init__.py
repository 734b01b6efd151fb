"""JSON in and out, for machines: kiosks, apps, an agency's own page."""
