"""What Prometheus reads: counters of this process, and the state of the installation.

Only built where `CX_METRICS_LISTEN` or `CX_METRICS_TOKEN` is set. Nothing in it is about a person:
no link, no office with its few answers, no words.
"""
