"""Findings to incidents: topology, changes, grouping, cause. Pure; event time only."""
