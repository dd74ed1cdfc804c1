"""Accounts of staff: login and its second step, sessions, invitations, handing over, digest."""
