"""What exists and who did what: the catalog, links and kiosks, the log, the digest."""
