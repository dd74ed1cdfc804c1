"""Figures over the status logs: statuses over time, survival, causes of closing, confirmations."""
