"""Columns to findings: panel, rules, detectors' banks, watch, budget. No I/O, no clock."""
