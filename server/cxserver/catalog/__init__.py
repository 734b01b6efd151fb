"""What exists: agencies, services, offices, surveys, clearances, keys."""
