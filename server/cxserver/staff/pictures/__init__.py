"""Charts as files that stand alone: for slides, letters and minutes."""
