"""What every benchmark here needs: a server of its own, a client that costs little, a table."""
