"""The staff pages under /staff: what the answers say, for the people who run the service."""
